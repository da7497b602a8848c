//! What is told to `CloudWatch` of the calls to a host.

use reqwest::header::HeaderMap;

use super::Host;
use crate::metrics::{Metric, SalesforceFailure};

/// Tells of a call that failed, if what came is a failure.
pub(super) fn record_failure(host: &Host, failure: Option<SalesforceFailure>) {
    if let Some(failure) = failure {
        record(host, Metric::SalesforceFailures(failure));
    }
}

/// Tells how much of its REST calls an org has used up, if the answer says so.
pub(super) fn record_used(host: &Host, answer: &HeaderMap) {
    let used = answer.get("sforce-limit-info").and_then(|value| value.to_str().ok()).and_then(used_percent);
    if let Some(percent) = used {
        record(host, Metric::SalesforceApiUsedPercent(percent));
    }
}

fn record(host: &Host, metric: Metric) {
    tracing::info_span!("salesforce", salesforceHost = host.as_str()).in_scope(|| metric.record());
}

/// From `api-usage=25/5000; per-app-api-usage=17/250(appName=x)`, of which the second part may be missing.
fn used_percent(limit_info: &str) -> Option<f64> {
    let usage = limit_info.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = usage.split_once('/')?;
    let (used, limit): (u32, u32) = (used.trim().parse().ok()?, limit.trim().parse().ok()?);
    (limit > 0).then(|| f64::from(used) / f64::from(limit) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::tests::lines_of;

    #[test]
    fn the_calls_of_the_org_are_read_and_not_those_of_an_app() {
        for (limit_info, percent) in [
            ("api-usage=25/5000", Some(0.5)),
            ("api-usage=10018/10000", Some(100.18)),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=x)", Some(0.5)),
            ("per-app-api-usage=17/250(appName=x); api-usage=1/4", Some(25.0)),
            ("per-app-api-usage=17/250(appName=x)", None),
        ] {
            assert_eq!(used_percent(limit_info), percent, "{limit_info}");
        }
    }

    #[test]
    fn what_is_no_usage_is_not_told() {
        for odd in ["", "api-usage=", "api-usage=1", "api-usage=1/0", "api-usage=-1/5", "api-usage=a/b", "usage=1/2"] {
            assert_eq!(used_percent(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_line_names_the_host_beside_the_figure() {
        let host = Host::parse_salesforce("acme", false).unwrap();
        let lines = lines_of(None, || record_failure(&host, Some(SalesforceFailure::Limited)));
        assert_eq!(lines[0]["salesforceHost"], "acme.my.salesforce.com");
        assert_eq!(lines[0]["Kind"], "limited");
        assert_eq!(lines_of(None, || record_failure(&host, None)).len(), 0);
    }
}

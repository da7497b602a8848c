//! What `CloudWatch` counts, in its embedded metric format: each figure is a line of the log, which `CloudWatch` reads.
//!
//! A figure is told where the fact becomes true, after the write that makes it so. One that is counted is told at most once: it
//! is missing if the process dies, or if the write's answer is lost, between the two. No dimension names an organisation or an
//! escalation; the line names them beside the figure, as far as they are known.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::escalation::Status;

/// The namespace of all figures.
pub const NAMESPACE: &str = "Fullview/Escalations";
/// Marks, among the events of `tracing`, those that are figures.
pub const TARGET: &str = "metrics";

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// An escalation was accepted and stored. A repeated request is no new one.
    Accepted,
    /// An escalation became stuck: it needs a person. One that is driven on and becomes stuck again counts again.
    Stuck,
    /// How many escalations are stuck now, as a run of recovery finds it; at most [`crate::store::MAX_STUCK_COUNTED`]. It lags by
    /// about a minute.
    StuckNow(u32),
    /// Seconds since the oldest escalation was accepted that has neither outcome nor human, is not stuck, and was due in this run of recovery;
    /// 0 if none was. Such an escalation is due at least every 15 minutes, or every hour while its org's daily quota is used up: only
    /// the highest of so long tells how old the oldest is.
    OldestOpenSeconds(u32),
    /// Seconds by which the most overdue work was late when a run of recovery began; 0 if none was due. Work that waits for an
    /// org that is left alone is not late.
    OverdueSeconds(u32),
    /// An escalation came to its outcome, which never changes: `caseCreated` or `ended`.
    Outcomes(Status),
    /// How much of an org's REST calls in 24 hours is used up, in percent, as each of its answers tells it. The highest is that of
    /// the org that is closest to its limit.
    SalesforceApiUsedPercent(f64),
    /// A call to Salesforce brought no result.
    SalesforceFailures(SalesforceFailure),
    /// A hint was not sent. Recovery hints again: many of them mean delay, not loss.
    HintsLost,
    /// A run of recovery came to its end: each minute, and now and then in between.
    RecoveryRuns,
}

/// How a call to Salesforce failed. That something is not there, is there already, or that a token has run out is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SalesforceFailure {
    /// The sign-in was refused: an admin must change something.
    LoginRefused,
    /// A limit of the org is reached.
    Limited,
    /// Salesforce was not reached, or had no time: nothing was done.
    Unavailable,
    /// No usable answer came: what was asked may have been done.
    UnknownOutcome,
    /// Understood and refused.
    Refused,
}

impl Metric {
    /// Tells it to `CloudWatch`.
    pub fn record(self) {
        let (metric, unit, value) = (self.name(), self.unit(), self.value());
        let (dimension, of) = self.dimension().unzip();
        tracing::info!(target: TARGET, metric, unit, value, dimension, of);
    }

    /// Its name in `CloudWatch`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Stuck => "Stuck",
            Self::StuckNow(_) => "StuckNow",
            Self::OldestOpenSeconds(_) => "OldestOpenSeconds",
            Self::OverdueSeconds(_) => "OverdueSeconds",
            Self::Outcomes(_) => "Outcomes",
            Self::SalesforceApiUsedPercent(_) => "SalesforceApiUsedPercent",
            Self::SalesforceFailures(_) => "SalesforceFailures",
            Self::HintsLost => "HintsLost",
            Self::RecoveryRuns => "RecoveryRuns",
        }
    }

    /// Its dimension in `CloudWatch` and the value of that, if it has one.
    #[must_use]
    pub fn dimension(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Outcomes(status) => Some(("Status", status.as_str())),
            Self::SalesforceFailures(failure) => Some(("Kind", failure.as_str())),
            _ => None,
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::OldestOpenSeconds(_) | Self::OverdueSeconds(_) => "Seconds",
            Self::SalesforceApiUsedPercent(_) => "Percent",
            _ => "Count",
        }
    }

    fn value(self) -> f64 {
        match self {
            Self::StuckNow(value) | Self::OldestOpenSeconds(value) | Self::OverdueSeconds(value) => value.into(),
            Self::SalesforceApiUsedPercent(percent) => percent,
            _ => 1.0,
        }
    }
}

impl SalesforceFailure {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::LoginRefused, Self::Limited, Self::Unavailable, Self::UnknownOutcome, Self::Refused];

    /// Its word in `CloudWatch`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginRefused => "loginRefused",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::UnknownOutcome => "unknownOutcome",
            Self::Refused => "refused",
        }
    }
}

/// Makes the fields of a figure's event a document in the embedded metric format; the others stay beside it.
pub(crate) fn embed(mut line: Map<String, Value>, now: DateTime<Utc>) -> Map<String, Value> {
    let mut take = |name: &str| line.remove(name).unwrap_or_default();
    let (metric, unit, value) = (take("metric"), take("unit"), take("value"));
    let (dimension, of) = (take("dimension"), take("of"));
    let dimensions: Vec<_> = dimension.as_str().into_iter().collect();
    let directive = json!({
        "Namespace": NAMESPACE,
        "Dimensions": [dimensions],
        "Metrics": [{ "Name": metric, "Unit": unit }],
    });
    line.extend(dimension.as_str().map(|name| (name.to_owned(), of)));
    line.extend(metric.as_str().map(|name| (name.to_owned(), value)));
    line.insert("_aws".into(), json!({ "Timestamp": now.timestamp_millis(), "CloudWatchMetrics": [directive] }));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::tests::lines_of;

    fn all() -> Vec<Metric> {
        let plain = [
            Metric::Accepted,
            Metric::Stuck,
            Metric::StuckNow(0),
            Metric::OldestOpenSeconds(12),
            Metric::OverdueSeconds(3),
            Metric::SalesforceApiUsedPercent(0.5),
            Metric::HintsLost,
            Metric::RecoveryRuns,
        ];
        let outcomes = Status::ALL.into_iter().filter(|status| status.is_final()).map(Metric::Outcomes);
        let failures = SalesforceFailure::ALL.into_iter().map(Metric::SalesforceFailures);
        plain.into_iter().chain(outcomes).chain(failures).collect()
    }

    #[test]
    fn a_figure_is_a_document_in_the_embedded_metric_format() {
        let lines = lines_of(None, || Metric::StuckNow(7).record());
        let directive = json!({ "Namespace": "Fullview/Escalations", "Dimensions": [[]],
                                "Metrics": [{ "Name": "StuckNow", "Unit": "Count" }] });
        assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"], json!([directive]));
        assert!(lines[0]["_aws"]["Timestamp"].is_i64() || lines[0]["_aws"]["Timestamp"].is_u64());
        assert_eq!(lines[0]["StuckNow"], 7.0);
    }

    #[test]
    fn a_dimension_is_named_and_has_its_value_beside_the_figure() {
        let lines = lines_of(None, || Metric::Outcomes(Status::CaseCreated).record());
        let line = &lines[0];
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Status"]]));
        assert_eq!((&line["Status"], &line["Outcomes"]), (&"caseCreated".into(), &1.0.into()));
    }

    #[test]
    fn nothing_of_a_figure_s_event_is_left_beside_it() {
        for metric in all() {
            let lines = lines_of(None, || metric.record());
            let names: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
            let dimension = metric.dimension().map(|(name, _)| name);
            let mut expected: Vec<_> = ["_aws", "function", "level", "timestamp", metric.name()].into();
            expected.extend(dimension);
            expected.sort_unstable();
            assert_eq!(names, expected, "{metric:?}");
        }
    }

    /// All that the template says about a figure of ours and that is not so: its alarms would never go off.
    fn mistakes(template: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if template["Namespace"] == NAMESPACE {
            let name = template["MetricName"].as_str().unwrap_or_default();
            let dimensions: Vec<_> = template["Dimensions"].as_array().into_iter().flatten().collect();
            let is_told = all().into_iter().any(|metric| {
                let own = metric.dimension().map(|(name, value)| json!({ "Name": name, "Value": value }));
                metric.name() == name && dimensions == own.iter().collect::<Vec<_>>()
            });
            found.extend((!is_told).then(|| format!("{name} {dimensions:?}")));
        }
        match template {
            Value::Object(members) => found.extend(members.values().flat_map(mistakes)),
            Value::Array(elements) => found.extend(elements.iter().flat_map(mistakes)),
            _ => {}
        }
        found
    }

    #[test]
    fn the_template_s_alarms_are_on_figures_that_are_told() {
        let template: Value = serde_saphyr::from_str(include_str!("../../infra/template.yaml")).unwrap();
        assert_eq!(mistakes(&template), [""; 0]);
        assert_eq!(template["Globals"]["Function"]["LoggingConfig"]["LogFormat"], "JSON", "no figure is told");
    }

    #[test]
    fn an_alarm_on_what_nobody_tells_is_found() {
        let on = |name: &str, dimensions: Value| {
            json!({ "Metrics": [{ "MetricStat": { "Metric":
            { "Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions } } }] })
        };
        let dimension = |name: &str, value: &str| json!([{ "Name": name, "Value": value }]);
        for (name, dimensions) in [
            ("Stuck", json!([])),
            ("Stuck", Value::Null),
            ("Outcomes", dimension("Status", "ended")),
            ("SalesforceFailures", dimension("Kind", "limited")),
        ] {
            assert_eq!(mistakes(&on(name, dimensions)), [""; 0], "{name}");
        }
        for (name, dimensions) in [
            ("Stick", json!([])),
            ("Stuck", dimension("Organisation", "acme")),
            ("Outcomes", json!([])),
            ("Outcomes", dimension("Status", "stuck")),
            ("SalesforceFailures", dimension("Status", "limited")),
        ] {
            assert_eq!(mistakes(&on(name, dimensions)).len(), 1, "{name}");
        }
    }
}

//! An organisation's escalations, newest first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat};
use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt as _};
use serde_json::json;
use shared::authentication::require_organisation;
use shared::escalation::{EscalationView, Status};
use shared::http_api::Answer;
use shared::problem::{FieldError, Problem};
use shared::store::Filter;
use uuid::Uuid;

use crate::EscalationIntake;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;

/// What of an organisation's escalations is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of which status.
    pub filter: Filter,
    /// 1 to 100.
    pub limit: usize,
    /// The list key after which the page starts.
    pub after: Option<String>,
}

pub(crate) async fn list(
    intake: &EscalationIntake,
    request: &Request,
    organisation_id: &str,
) -> Result<Answer, Problem> {
    let parameters = request.query_string_parameters();
    let query = parse(|name| parameters.first(name).map(str::to_owned)).map_err(Problem::invalid)?;
    require_organisation(&intake.store, organisation_id).await?;
    let page = intake.store.list(organisation_id, query.filter, query.limit, query.after.as_deref()).await?;
    let escalations: Vec<_> = page.escalations.iter().map(EscalationView::without_timeline).collect();
    let cursor = page.next.map(|next| URL_SAFE_NO_PAD.encode(next));
    Ok(Answer::json(StatusCode::OK, json!({ "escalations": escalations, "cursor": cursor })))
}

/// Reads the query parameters `status`, `limit` and `cursor`.
///
/// # Errors
/// Every wrong parameter, with its name as the pointer.
pub fn parse(parameter: impl Fn(&str) -> Option<String>) -> Result<Query, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut reject = |name: &str, detail: String| errors.push(FieldError { pointer: format!("/{name}"), detail });
    let filter = parameter("status").map_or(Some(Filter::All), |word| filter(&word));
    if filter.is_none() {
        let words: Vec<_> = Status::ALL.into_iter().map(Status::as_str).collect();
        reject("status", format!("must be one of {}, open", words.join(", ")));
    }
    let limit = parameter("limit").map_or(Some(DEFAULT_LIMIT), |digits| limit(&digits));
    if limit.is_none() {
        reject("limit", format!("must be a whole number from 1 to {MAX_LIMIT}"));
    }
    let after = parameter("cursor").map(|cursor| decode(&cursor));
    if after == Some(None) {
        reject("cursor", "must be the cursor of an earlier page".into());
    }
    match (filter, limit) {
        (Some(filter), Some(limit)) if errors.is_empty() => Ok(Query { filter, limit, after: after.flatten() }),
        _ => Err(errors),
    }
}

fn filter(word: &str) -> Option<Filter> {
    let status = Status::ALL.into_iter().find(|status| status.as_str() == word);
    status.map(Filter::Status).or_else(|| (word == "open").then_some(Filter::Open))
}

fn limit(digits: &str) -> Option<usize> {
    digits.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
}

/// A cursor is a list key: a time and an escalation's id. Which organisation is listed, it does not say.
fn decode(cursor: &str) -> Option<String> {
    let key = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (time, id) = key.split_once('#')?;
    let time = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
    let id: Uuid = id.parse().ok()?;
    let is_ours = key == format!("{}#{id}", time.to_rfc3339_opts(SecondsFormat::Millis, true));
    is_ours.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(parameters: &[(&str, &str)]) -> Result<Query, Vec<String>> {
        let find = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        parse(find).map_err(|errors| errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn without_parameters_it_lists_25_of_all() {
        let query = parsed(&[]).ok().unwrap();
        assert_eq!((query.filter, query.limit, query.after), (Filter::All, 25, None));
    }

    #[test]
    fn each_status_and_open_is_known() {
        for status in Status::ALL {
            assert_eq!(parsed(&[("status", status.as_str())]).ok().unwrap().filter, Filter::Status(status));
        }
        assert_eq!(parsed(&[("status", "open")]).ok().unwrap().filter, Filter::Open);
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let errors = parsed(&[("status", "lost"), ("limit", "101"), ("cursor", "Z2Fy")]).err().unwrap();
        assert_eq!(errors, ["/status", "/limit", "/cursor"]);
        assert_eq!(parsed(&[("limit", "0")]).err().unwrap(), ["/limit"]);
    }

    #[test]
    fn a_cursor_leads_on_from_its_page() {
        let key = "2026-11-20T09:14:03.000Z#00000000-0000-4000-8000-000000000000";
        let cursor = URL_SAFE_NO_PAD.encode(key);
        assert_eq!(parsed(&[("cursor", &cursor)]).ok().unwrap().after.unwrap(), key);
    }

    #[test]
    fn a_cursor_is_written_as_we_write_it() {
        for key in [
            "2026-11-20T09:14:03Z#00000000-0000-4000-8000-000000000000",
            "2026-11-20T09:14:03.000+00:00#00000000-0000-4000-8000-000000000000",
            "2026-11-20T09:14:03.000Z#{00000000-0000-4000-8000-000000000000}",
            &format!("2026-11-20T09:14:03.{}Z#00000000-0000-4000-8000-000000000000", "0".repeat(5_000)),
            "#",
        ] {
            assert_eq!(parsed(&[("cursor", &URL_SAFE_NO_PAD.encode(key))]), Err(vec!["/cursor".into()]), "{key}");
        }
    }
}

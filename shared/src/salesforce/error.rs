//! Why Salesforce did not do what we asked, in variants that a caller acts on.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::TransportError;
use crate::metrics::SalesforceFailure;

/// Why a REST call brought no result.
///
/// Salesforce's own messages are dropped, because they can quote what a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SalesforceError {
    /// The access token is expired or revoked: 401 `INVALID_SESSION_ID`.
    #[error("the session is expired or invalid")]
    SessionExpired,
    /// The org accepts no more calls for now.
    #[error("the org's {0:?} limit is reached")]
    Limited(LimitKind),
    /// Understood and refused: nothing was done.
    #[error("refused: {}", codes(.0))]
    Refused(Vec<Refusal>),
    /// It was not reached, or said that it had no time: nothing was done.
    #[error("not available ({0})")]
    Unavailable(u16),
    /// No usable answer: a time-out, a broken connection, a 5xx of whatever stood in between. What was asked may have been done.
    #[error("no usable answer ({0})")]
    UnknownOutcome(&'static str),
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Calls in 24 hours.
    Daily,
    /// Long calls at the same time.
    Concurrent,
}

/// Errors of one answer that are looked at: they become texts in a log and in the escalation's item.
pub(super) const MAX_REFUSALS: usize = 50;
const MAX_FIELDS: usize = 50;
const MAX_NAME_BYTES: usize = 120;
/// What stands for a code that is none.
const UNREADABLE_CODE: &str = "UNREADABLE_CODE";

/// One `errorCode` with the fields that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For example `REQUIRED_FIELD_MISSING`; `UNREADABLE_CODE` for what is no code.
    pub code: String,
    /// API names of fields.
    pub fields: Vec<String>,
    /// Which part of a composite request was refused, by its reference id.
    pub reference_id: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        let mut fields = error.fields;
        fields.extend(named_in_text(&error.code, &error.message));
        fields.retain(|field| is_name(field));
        fields.truncate(MAX_FIELDS);
        let code = match error.code {
            _ if error.message.contains(LOCKED) => LOCKED.to_owned(),
            code if is_name(&code) => code,
            _ => UNREADABLE_CODE.to_owned(),
        };
        Self { code, fields, reference_id: None }
    }
}

/// Whether a text is a code, a field's name or a reference id, in none of which people write; what else stands there is not repeated.
pub(super) fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Two codes name their field only in their text: "No such column 'X' on sobject of type Case" and "duplicate value found: X
/// duplicates value on record with id: …".
fn named_in_text(code: &str, message: &str) -> Option<String> {
    let (before, after) = match code {
        "INVALID_FIELD" => ("No such column '", '\''),
        "DUPLICATE_VALUE" => ("duplicate value found: ", ' '),
        _ => return None,
    };
    let (_, rest) = message.split_once(before)?;
    let (name, _) = rest.split_once(after)?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| name.to_owned())
}

impl SalesforceError {
    /// Whether time can cure it, so that the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::SessionExpired | Self::Limited(_) | Self::Unavailable(_) | Self::UnknownOutcome(_) => true,
            Self::Refused(refusals) => refusals.iter().any(|refusal| TRANSIENT.contains(&refusal.code.as_str())),
        }
    }

    /// Whether the request may have been carried out all the same.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::UnknownOutcome(_))
    }

    /// What it counts as, if it is a failure: not if it only tells that something is not there, is there already, or that the session
    /// has expired.
    pub(super) fn failure(&self) -> Option<SalesforceFailure> {
        let is_answer = |refusal: &Refusal| ANSWERS.contains(&refusal.code.as_str());
        match self {
            Self::SessionExpired => None,
            Self::Refused(refusals) if refusals.iter().any(is_answer) => None,
            Self::Refused(_) => Some(SalesforceFailure::Refused),
            Self::Limited(_) => Some(SalesforceFailure::Limited),
            Self::Unavailable(_) => Some(SalesforceFailure::Unavailable),
            Self::UnknownOutcome(_) => Some(SalesforceFailure::UnknownOutcome),
        }
    }

    /// From an answer that is not a success.
    #[must_use]
    pub fn from_answer(status: StatusCode, body: &[u8]) -> Self {
        let refusals = refusals(body);
        let limit = body_limit(&refusals, body);
        match (status, limit) {
            (_, Some(limit)) => Self::Limited(limit),
            (StatusCode::UNAUTHORIZED, _) => Self::SessionExpired,
            (status, _) if status.is_server_error() => Self::UnknownOutcome("a server error"),
            (status, _) if is_busy(status, refusals.is_empty()) => Self::Unavailable(status.as_u16()),
            (status, _) if refusals.is_empty() => {
                let code = format!("HTTP_{}", status.as_u16());
                Self::Refused(vec![Refusal { code, fields: Vec::new(), reference_id: None }])
            }
            _ => Self::Refused(refusals),
        }
    }
}

/// A row is locked by another transaction; a trigger's failure wraps it in a text of its own.
const LOCKED: &str = "UNABLE_TO_LOCK_ROW";

/// Codes that answer a question.
const ANSWERS: [&str; 3] = ["NOT_FOUND", "HTTP_404", "DUPLICATE_VALUE"];

/// Codes that say "not now".
const TRANSIENT: [&str; 4] = [LOCKED, "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"];

/// An edge that is busy or in maintenance answers so before Salesforce sees the request: 420 is its provisioning page, and
/// a 403 that is no error array is not the REST API's.
fn is_busy(status: StatusCode, is_no_error_array: bool) -> bool {
    matches!(status.as_u16(), 408 | 420 | 429) || (status == StatusCode::FORBIDDEN && is_no_error_array)
}

/// Reads the error array; an object or a text is accepted too, as some edges answer so.
#[must_use]
pub(super) fn refusals(body: &[u8]) -> Vec<Refusal> {
    let errors = match serde_json::from_slice(body) {
        Ok(Value::Array(errors)) => errors,
        Ok(error @ Value::Object(_)) => vec![error],
        _ => Vec::new(),
    };
    let errors = errors.into_iter().filter_map(|error| serde_json::from_value::<WireError>(error).ok());
    errors.take(MAX_REFUSALS).map(Refusal::from).collect()
}

fn body_limit(refusals: &[Refusal], body: &[u8]) -> Option<LimitKind> {
    refusals.iter().find(|refusal| refusal.code == "REQUEST_LIMIT_EXCEEDED")?;
    let is_concurrent = String::from_utf8_lossy(body).contains("ConcurrentRequests");
    Some(if is_concurrent { LimitKind::Concurrent } else { LimitKind::Daily })
}

fn codes(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| refusal.code.as_str()).collect::<Vec<_>>().join(", ")
}

impl From<TransportError> for SalesforceError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Connect => Self::Unavailable(0),
            TransportError::Timeout => Self::UnknownOutcome("time-out"),
            TransportError::Broken => Self::UnknownOutcome("connection lost"),
            TransportError::TooLarge => Self::UnknownOutcome("an answer that is too large"),
        }
    }
}

impl From<reqwest::Error> for SalesforceError {
    fn from(error: reqwest::Error) -> Self {
        TransportError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> SalesforceError {
        SalesforceError::from_answer(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn a_refusal_is_permanent_and_keeps_nothing_the_customer_wrote() {
        let error = error(400, r#"[{"message":"secret words","errorCode":"STRING_TOO_LONG","fields":["Subject"]}]"#);
        assert!(!error.is_transient());
        assert_eq!(error.to_string(), "refused: STRING_TOO_LONG");
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn a_code_and_a_field_that_are_none_are_not_repeated() {
        let body = r#"[{"message":"","errorCode":"secret words","fields":["secret words","Subject"]}]"#;
        let refusal = Refusal { code: "UNREADABLE_CODE".into(), fields: vec!["Subject".into()], reference_id: None };
        assert_eq!(error(400, body), SalesforceError::Refused(vec![refusal]));
    }

    #[test]
    fn an_error_stays_short_however_much_is_refused() {
        let one =
            serde_json::json!({ "message": "", "errorCode": "A".repeat(120), "fields": vec!["B".repeat(120); 500] });
        let refused = error(400, &Value::Array(vec![one; 500]).to_string());
        assert!(refused.to_string().len() < 10_000);
        let SalesforceError::Refused(refusals) = refused else { panic!() };
        assert_eq!((refusals.len(), refusals[0].fields.len()), (MAX_REFUSALS, MAX_FIELDS));
    }

    #[test]
    fn an_expired_session_is_known_by_its_status() {
        assert_eq!(error(401, r#"[{"message":"","errorCode":"INVALID_SESSION_ID"}]"#), SalesforceError::SessionExpired);
    }

    #[test]
    fn a_request_limit_is_transient_although_its_status_is_403() {
        let daily = error(403, r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#);
        assert_eq!(daily, SalesforceError::Limited(LimitKind::Daily));
        assert!(daily.is_transient());
        let concurrent = error(
            403,
            r#"[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
        );
        assert_eq!(concurrent, SalesforceError::Limited(LimitKind::Concurrent));
    }

    #[test]
    fn whatever_a_server_error_says_the_request_may_have_been_carried_out() {
        for status in [500, 502, 503, 504] {
            assert!(error(status, "<html>").is_outcome_unknown(), "{status}");
            assert!(error(status, "<html>").is_transient(), "{status}");
        }
    }

    #[test]
    fn a_busy_edge_is_waited_for() {
        for (status, body) in [(408, ""), (420, "<html>Stay tuned"), (429, "[]"), (403, "<html>")] {
            assert_eq!(error(status, body), SalesforceError::Unavailable(status), "{status}");
        }
        let forbidden = r#"[{"message":"","errorCode":"API_DISABLED_FOR_ORG"}]"#;
        assert!(!error(403, forbidden).is_transient());
    }

    #[test]
    fn a_locked_row_is_transient() {
        assert!(error(400, r#"[{"message":"","errorCode":"UNABLE_TO_LOCK_ROW"}]"#).is_transient());
    }

    #[test]
    fn a_lock_inside_a_trigger_s_failure_is_transient() {
        let wrapped =
            r#"[{"message":"Trg: UNABLE_TO_LOCK_ROW, unable","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}]"#;
        assert!(error(400, wrapped).is_transient());
        let other = r#"[{"message":"Trg: no","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}]"#;
        assert!(!error(400, other).is_transient());
    }

    #[test]
    fn an_unknown_field_is_named_although_only_the_text_has_it() {
        let fields = |message: &str| {
            let body = serde_json::json!([{ "message": message, "errorCode": "INVALID_FIELD" }]).to_string();
            refusals(body.as_bytes())[0].fields.clone()
        };
        assert_eq!(fields("No such column 'Plan__c' on sobject of type Case"), ["Plan__c"]);
        assert_eq!(fields("WHERE Email = 'ada' ^ No such column 'Email' on entity 'Contact'"), ["Email"]);
        for quoting in ["bad 'words' there", "No such column 'some words' there", "No such column 'words"] {
            assert!(fields(quoting).is_empty(), "{quoting}");
        }
    }

    #[test]
    fn the_field_of_a_duplicate_is_named_although_only_the_text_has_it() {
        let body = br#"[{"message":"duplicate value found: Order__c duplicates value on record with id: 500xx","errorCode":"DUPLICATE_VALUE","fields":[]}]"#;
        assert_eq!(refusals(body)[0].fields, ["Order__c"]);
        let unnamed =
            br#"[{"message":"duplicate value found: <unknown> duplicates value","errorCode":"DUPLICATE_VALUE"}]"#;
        assert!(refusals(unnamed)[0].fields.is_empty());
    }

    #[test]
    fn an_answer_that_is_not_json_is_still_a_refusal() {
        assert_eq!(error(404, "<html>").to_string(), "refused: HTTP_404");
        assert_eq!(error(400, r#"{"errorCode":"X","message":"y"}"#).to_string(), "refused: X");
    }

    #[test]
    fn what_only_answers_a_question_is_no_failure() {
        let refused = |code: &str| error(400, &format!(r#"[{{"message":"m","errorCode":"{code}"}}]"#)).failure();
        for answer in ["NOT_FOUND", "DUPLICATE_VALUE"] {
            assert_eq!(refused(answer), None, "{answer}");
        }
        assert_eq!((error(404, "").failure(), SalesforceError::SessionExpired.failure()), (None, None));
        assert_eq!(refused("STRING_TOO_LONG"), Some(SalesforceFailure::Refused));
        assert_eq!(refused("REQUEST_LIMIT_EXCEEDED"), Some(SalesforceFailure::Limited));
        assert_eq!(error(503, "<html>").failure(), Some(SalesforceFailure::UnknownOutcome));
        assert_eq!(error(429, "").failure(), Some(SalesforceFailure::Unavailable));
    }
}

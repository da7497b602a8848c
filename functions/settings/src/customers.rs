//! Erases what is kept of one customer of an organisation.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use lambda_http::http::StatusCode;
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Serialize;
use shared::authentication::{Caller, require_organisation};
use shared::escalation::{CaseReference, Escalation, Messaging};
use shared::escalation_request::MAX_NAME_CHARACTERS;
use shared::http_api::Answer;
use shared::problem::{Code, FieldError, Problem};
use shared::store::{Erased, StoreError, Traces};
use uuid::Uuid;

use crate::SettingsApi;
use crate::audit::erasure_entry;

/// How far back the table can be restored.
const BACKUPS_LAST: TimeDelta = TimeDelta::days(35);
/// Open escalations that are named.
const MAX_NAMED: usize = 100;

/// What became of what was kept of a customer.
#[derive(Serialize, JsonSchema)]
pub struct Erasure {
    /// How much there was.
    deleted: Erased,
    /// What is not deleted.
    kept: Elsewhere,
}

/// What is not ours or not within reach.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Elsewhere {
    /// Cases in the company's org.
    cases: Vec<CaseReference>,
    /// Conversations in the company's org, by the identifier that they have there.
    conversations: Vec<Uuid>,
    /// Backups of the table hold what was deleted until then.
    backups_until: DateTime<Utc>,
}

/// `DELETE …/customers/{customerId}`. A customer of whom nothing is kept is no error, so that a repetition is safe: after a crash, it
/// goes on.
pub(crate) async fn erase(
    api: &SettingsApi,
    caller: &Caller,
    organisation_id: &str,
    customer_id: &str,
) -> Result<Answer, Problem> {
    let customer_id = decoded(customer_id)?;
    require_organisation(&api.store, organisation_id).await?;
    let found = api.store.escalations_of_customer(organisation_id, &customer_id).await?;
    let escalations = load(api, &found).await?;
    refuse_open(&escalations)?;
    refuse_followed(api, &found).await?;
    let mut deleted = Erased::default();
    for traces in &found {
        deleted += api.store.erase(traces).await?;
    }
    api.store.forget_customer(&found, &erasure_entry(api, caller)).await?;
    let kept = Elsewhere::of(&escalations, api.clock.now());
    Ok(Answer::json(StatusCode::OK, Erasure { deleted, kept }))
}

/// A segment of a path, percent-decoded as the REST API leaves it.
fn decoded(segment: &str) -> Result<String, Problem> {
    let wrong = |detail: &str| Problem::invalid_field("/customerId", detail);
    let is_escape = |after: &str| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !segment.split('%').skip(1).all(is_escape) {
        return Err(wrong("must be percent-encoded"));
    }
    let id = percent_decode_str(segment).decode_utf8().map_err(|_| wrong("must be UTF-8"))?;
    if id.is_empty() || id.chars().count() > MAX_NAME_CHARACTERS {
        return Err(wrong("must have 1 to 255 characters"));
    }
    Ok(id.into_owned())
}

async fn load(api: &SettingsApi, found: &[Traces]) -> Result<Vec<Escalation>, StoreError> {
    let mut escalations = Vec::new();
    for traces in found {
        escalations.extend(api.store.stored_escalation(traces).await?);
    }
    Ok(escalations)
}

/// What is driven on needs what would be erased.
fn refuse_open(escalations: &[Escalation]) -> Result<(), Problem> {
    let errors: Vec<_> = escalations.iter().filter_map(what_is_open).take(MAX_NAMED).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(Code::EscalationOpen).with_detail("nothing was deleted: repeat this after their end");
    Err(Problem { errors, ..problem })
}

/// Who is still told of the end may write of it.
async fn refuse_followed(api: &SettingsApi, found: &[Traces]) -> Result<(), Problem> {
    let now = api.clock.now();
    for traces in found {
        let id = traces.escalation_id;
        if let Some(until) = api.store.feed(id).await?.followed_until(now) {
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            let detail = format!("the chat of escalation {id} is connected, until {until} at the latest");
            let problem = Problem::new(Code::EscalationOpen).with_detail("nothing was deleted: repeat this after that");
            return Err(Problem { errors: vec![FieldError { pointer: "/customerId".into(), detail }], ..problem });
        }
    }
    Ok(())
}

fn what_is_open(escalation: &Escalation) -> Option<FieldError> {
    let (id, status) = (escalation.escalation_id, escalation.status.as_str());
    let detail = match (escalation.status.is_final(), escalation.next_due()) {
        (true, None) => return None,
        (true, Some(_)) => format!("escalation {id} is {status}, but its conversation is not closed yet"),
        (false, _) => format!("escalation {id} is {status}"),
    };
    Some(FieldError { pointer: "/customerId".into(), detail })
}

impl Elsewhere {
    fn of(escalations: &[Escalation], now: DateTime<Utc>) -> Self {
        let cases = escalations.iter().flat_map(|escalation| [&escalation.case, &escalation.flow_case]);
        let may_be_there = |escalation: &&Escalation| escalation.messaging.as_ref().is_some_and(was_attempted);
        let conversations = escalations.iter().filter(may_be_there);
        Self {
            cases: cases.flatten().cloned().collect(),
            conversations: conversations.map(|escalation| escalation.escalation_id).collect(),
            backups_until: now + BACKUPS_LAST,
        }
    }
}

fn was_attempted(messaging: &Messaging) -> bool {
    messaging.create_attempted_at.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::escalation::By;

    use super::*;

    fn escalation(id: u128) -> Escalation {
        Escalation::accepted(Uuid::from_u128(id), "acme", "c", 1, DateTime::UNIX_EPOCH)
    }

    fn with_case(id: u128) -> Escalation {
        let mut escalation = escalation(id);
        let case = CaseReference { id: "500000000000001AAA".into(), number: None, by: By::Us };
        escalation.case_created(case, DateTime::UNIX_EPOCH);
        escalation
    }

    #[test]
    fn an_id_is_percent_encoded_utf_8_of_limited_length() {
        for (segment, id) in [
            ("cus_1", "cus_1"),
            ("a%2Fb%23c%20d", "a/b#c d"),
            ("%C3%A6", "æ"),
            ("50%25", "50%"),
            ("%2541", "%41"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(decoded(segment).unwrap(), id);
        }
        assert!(decoded(&"%C3%A6".repeat(255)).is_ok());
        for wrong in ["", "%", "50%", "%4", "%zz", "%FF", &"a".repeat(256), &"%C3%A6".repeat(256)] {
            let problem = decoded(wrong).unwrap_err();
            assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::InvalidRequest, "/customerId"));
        }
    }

    #[test]
    fn each_escalation_that_is_open_is_named() {
        let problem = refuse_open(&[with_case(1), escalation(2), escalation(3)]).unwrap_err();
        let named: Vec<_> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
        assert_eq!(problem.code, Code::EscalationOpen);
        assert_eq!(named, [2, 3].map(|id| format!("escalation {} is received", Uuid::from_u128(id))));
        assert!(refuse_open(&[with_case(1)]).is_ok() && refuse_open(&[]).is_ok());
    }

    #[test]
    fn the_company_s_cases_are_told_and_how_long_backups_last() {
        let kept = Elsewhere::of(&[with_case(1)], DateTime::UNIX_EPOCH);
        assert_eq!(
            serde_json::to_value(kept).unwrap(),
            json!({
                "cases": [{ "id": "500000000000001AAA", "number": null, "by": "us" }],
                "conversations": [], "backupsUntil": "1970-02-05T00:00:00Z",
            })
        );
    }
}

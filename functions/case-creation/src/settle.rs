//! Looks for our Case: by the external-id field, or by the reference in its Subject.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use shared::case_fields::EXTERNAL_ID_FIELD;
use shared::escalation::{By, CaseAttempt, CaseReason, CaseReference, Escalation, Mechanism};
use shared::salesforce::{Org, OrgError, soql_literal};
use uuid::Uuid;

use crate::description::subject_reference;
use crate::trouble::Trouble;

/// How far the org's clock may be behind ours. The reference is unique; the date only makes the query cheap.
const CLOCK_SKEW: TimeDelta = TimeDelta::days(1);
/// Salesforce gives up on a request after ten minutes; after one more, nothing of it can appear any longer.
const LATE_COMMIT: TimeDelta = TimeDelta::minutes(11);

/// Looks for the Case of an attempt.
pub(crate) async fn find(
    org: &Org<'_>,
    attempt: &CaseAttempt,
    escalation_id: Uuid,
) -> Result<Option<CaseReference>, Trouble> {
    let record = match attempt.mechanism {
        Mechanism::ExternalIdField => by_external_id(org, escalation_id).await,
        Mechanism::SubjectReference => by_subject(org, escalation_id, attempt.at).await,
    };
    Ok(record?.as_ref().and_then(reference))
}

/// Until when an attempt that was not found forbids another one: uniqueness protects the field, only time the Subject.
pub(crate) fn forbids_another_until(attempt: &CaseAttempt) -> DateTime<Utc> {
    match attempt.mechanism {
        Mechanism::ExternalIdField => attempt.at,
        Mechanism::SubjectReference => late_commit_until(attempt),
    }
}

/// From when on nothing of an attempt can appear any longer.
pub(crate) fn late_commit_until(attempt: &CaseAttempt) -> DateTime<Utc> {
    attempt.at + LATE_COMMIT
}

async fn by_external_id(org: &Org<'_>, escalation_id: Uuid) -> Result<Option<Value>, OrgError> {
    let value = escalation_id.to_string();
    org.call(async |salesforce, session| {
        salesforce.case_by_external_id(session, EXTERNAL_ID_FIELD, &value, "Id,CaseNumber").await
    })
    .await
}

async fn by_subject(
    org: &Org<'_>,
    escalation_id: Uuid,
    attempted_at: DateTime<Utc>,
) -> Result<Option<Value>, OrgError> {
    let soql = subject_query(escalation_id, attempted_at);
    let records = org.call(async |salesforce, session| salesforce.query(session, &soql).await).await?;
    Ok(records.into_iter().next())
}

fn subject_query(escalation_id: Uuid, attempted_at: DateTime<Utc>) -> String {
    let since = (attempted_at - CLOCK_SKEW).to_rfc3339_opts(SecondsFormat::Secs, true);
    let pattern = soql_literal(&format!("%{}", subject_reference(escalation_id)));
    format!("SELECT Id, CaseNumber FROM Case WHERE CreatedDate >= {since} AND Subject LIKE {pattern} LIMIT 1")
}

fn reference(record: &Value) -> Option<CaseReference> {
    let id = record["Id"].as_str()?.to_owned();
    Some(CaseReference { id, number: record["CaseNumber"].as_str().map(str::to_owned), by: By::Us })
}

/// The Case that the org's own flow gave to the messaging session of a conversation that ended unanswered, if the session is
/// known and may be read.
pub(crate) async fn flow_case(org: &Org<'_>, escalation: &Escalation) -> Result<Option<CaseReference>, OrgError> {
    let session_id = escalation.messaging.as_ref().and_then(|messaging| messaging.session_id.as_deref());
    let Some(session_id) = session_id.filter(|_| escalation.reason == Some(CaseReason::EndedUnanswered)) else {
        return Ok(None);
    };
    let soql = format!("SELECT CaseId FROM MessagingSession WHERE Id = {} LIMIT 1", soql_literal(session_id));
    let sessions = org.call(async |salesforce, session| salesforce.query(session, &soql).await).await;
    let Some(id) = unless_refused(sessions)?.and_then(|sessions| case_id(sessions.first()?)) else { return Ok(None) };
    let number = org.call(async |salesforce, session| salesforce.case_number(session, &id).await).await;
    let number = unless_refused(number)?.flatten();
    Ok(Some(CaseReference { id, number, by: By::SalesforceFlow }))
}

/// What was read; `None` if we may not read it.
fn unless_refused<T>(read: Result<T, OrgError>) -> Result<Option<T>, OrgError> {
    match read {
        Err(error) if is_refused(&error) => Ok(None),
        read => read.map(Some),
    }
}

fn case_id(session: &Value) -> Option<String> {
    session["CaseId"].as_str().map(str::to_owned)
}

/// The customer's Contact, if exactly one has the address.
pub(crate) async fn contact(org: &Org<'_>, email: &str) -> Result<Option<String>, OrgError> {
    let soql = format!("SELECT Id FROM Contact WHERE Email = {} LIMIT 2", soql_literal(email));
    let records = org.call(async |salesforce, session| salesforce.query(session, &soql).await).await?;
    let [only] = records.as_slice() else { return Ok(None) };
    Ok(only["Id"].as_str().map(str::to_owned))
}

/// Whether the lookup itself was refused, so that the Case is made without a Contact.
pub(crate) fn is_refused(error: &OrgError) -> bool {
    matches!(error, OrgError::Salesforce(_)) && !error.is_transient()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attempt(mechanism: Mechanism) -> CaseAttempt {
        CaseAttempt { mechanism, host: "acme.my.salesforce.com".into(), at: "2026-11-20T09:14:03Z".parse().unwrap() }
    }

    #[test]
    fn the_subject_is_searched_from_well_before_the_attempt() {
        assert_eq!(
            subject_query(Uuid::nil(), attempt(Mechanism::SubjectReference).at),
            "SELECT Id, CaseNumber FROM Case WHERE CreatedDate >= 2026-11-19T09:14:03Z \
             AND Subject LIKE '%[FV-00000000-0000-0000-0000-000000000000]' LIMIT 1"
        );
    }

    #[test]
    fn a_session_without_a_case_names_none() {
        assert_eq!(case_id(&json!({ "CaseId": null })), None);
        assert_eq!(case_id(&json!({ "CaseId": "500x" })).as_deref(), Some("500x"));
    }

    #[test]
    fn without_the_field_there_is_no_other_insert_for_eleven_minutes() {
        let at = attempt(Mechanism::SubjectReference).at;
        assert_eq!(forbids_another_until(&attempt(Mechanism::SubjectReference)), at + TimeDelta::minutes(11));
        assert_eq!(forbids_another_until(&attempt(Mechanism::ExternalIdField)), at);
    }
}

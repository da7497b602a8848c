//! The escalations tokens: what an organisation's org shows when it calls back.
//!
//! Their values are stored before the table refers to them; what comes of two changes at once is as if one came after the other.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use lambda_http::Request;
use lambda_http::http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use shared::authentication::{Caller, require_organisation};
use shared::digest::sha256_hex;
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::{Code, FieldError, Problem};
use shared::secrets::SecretsError;
use shared::store::{AuditEntry, Audited, EscalationsToken, EscalationsTokens, StoreError};
use uuid::Uuid;

use crate::SettingsApi;
use crate::audit::entry;
use crate::bodies::{EscalationsTokenList, EscalationsTokenView};

pub(crate) const MAX_OVERLAP_HOURS: u64 = 720;
const MAX_VALID_TOKENS: usize = 10;
/// A change that finds another one in its way is made anew so many times.
const MAX_TRIES: usize = 5;

type Values = BTreeMap<Uuid, SecretString>;

pub(crate) async fn list(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let stored = api.store.escalations_tokens(organisation_id).await?;
    let values = values(api, organisation_id, &stored).await?;
    let mut tokens = Vec::new();
    for token in stored.valid(api.clock.now()).rev() {
        let Some(accepted) = api.store.accepted_token(&token.digest).await? else { continue };
        tokens.extend(values.get(&token.id).map(|value| view(token, value, accepted.last_used_at)));
    }
    Ok(Answer::json(StatusCode::OK, EscalationsTokenList { tokens }))
}

pub(crate) async fn create(
    api: &SettingsApi,
    caller: &Caller,
    request: &Request,
    organisation_id: &str,
) -> Result<Answer, Problem> {
    let overlap = overlap(&json_body(request)?).map_err(Problem::invalid)?;
    require_organisation(&api.store, organisation_id).await?;
    for _ in 0..MAX_TRIES {
        let before = api.store.escalations_tokens(organisation_id).await?;
        let value = api.ids.key();
        let token = EscalationsToken {
            id: api.ids.uuid(),
            digest: sha256_hex(value.expose_secret()),
            created_at: api.clock.now(),
            valid_until: None,
        };
        let after = rotated(&before, token.clone(), overlap)?;
        let entry = entry(api, caller, Audited::EscalationsTokenCreated, token.id);
        if replace(api, organisation_id, (&before, after), &value, &entry).await? {
            return Ok(Answer::json(StatusCode::CREATED, view(&token, &value, None)));
        }
    }
    Err(Problem::new(Code::Unavailable))
}

pub(crate) async fn retire(
    api: &SettingsApi,
    caller: &Caller,
    organisation_id: &str,
    token_id: &str,
) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let not_found = || Problem::new(Code::NotFound).with_detail("there is no such escalations token");
    let token_id = token_id.parse().map_err(|_| not_found())?;
    for _ in 0..MAX_TRIES {
        let before = api.store.escalations_tokens(organisation_id).await?;
        let after = without(&before, token_id, api.clock.now()).ok_or_else(not_found)?;
        let entry = entry(api, caller, Audited::EscalationsTokenRetired, token_id);
        match api.store.replace_escalations_tokens(organisation_id, &before, &after, &entry).await {
            Err(StoreError::Conflict) => {}
            outcome => return Ok(outcome.map(|()| Answer::no_content())?),
        }
    }
    Err(Problem::new(Code::Unavailable))
}

/// Stores the values of the tokens that stay and of the new one, which is the last, and then the change; `false` if
/// another change was first.
async fn replace(
    api: &SettingsApi,
    organisation_id: &str,
    (before, mut after): (&EscalationsTokens, EscalationsTokens),
    value: &SecretString,
    entry: &AuditEntry,
) -> Result<bool, Problem> {
    let mut kept = values(api, organisation_id, before).await?;
    kept.retain(|id, _| after.tokens.iter().any(|token| token.id == *id));
    kept.extend(after.tokens.last().map(|token| (token.id, value.clone())));
    let version = api.ids.uuid().to_string();
    let stored = api.secrets.put_escalations_tokens(organisation_id, &kept, &version).await;
    after.secret_version = stored.map_err(|error| unavailable(&error, organisation_id))?;
    match api.store.replace_escalations_tokens(organisation_id, before, &after, entry).await {
        Err(StoreError::Conflict) => Ok(false),
        outcome => Ok(outcome.map(|()| true)?),
    }
}

async fn values(api: &SettingsApi, organisation_id: &str, stored: &EscalationsTokens) -> Result<Values, Problem> {
    if stored.tokens.is_empty() {
        return Ok(Values::new());
    }
    let values = api.secrets.escalations_tokens(organisation_id, &stored.secret_version).await;
    values.map_err(|error| unavailable(&error, organisation_id))
}

fn unavailable(error: &SecretsError, organisation_id: &str) -> Problem {
    tracing::error!(%error, organisationId = organisation_id, "escalations tokens neither read nor stored");
    Problem::new(Code::Unavailable)
}

fn view(token: &EscalationsToken, value: &SecretString, last_used_at: Option<DateTime<Utc>>) -> EscalationsTokenView {
    EscalationsTokenView {
        id: token.id,
        token: value.expose_secret().to_owned(),
        created_at: token.created_at,
        last_used_at,
        valid_until: token.valid_until,
    }
}

/// Reads how long the tokens before a new one stay valid.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn overlap(body: &Value) -> Result<TimeDelta, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut reader = JsonReader::new(body, &mut errors);
    let hours = reader.object().and_then(|_| reader.required("overlapHours")?.integer(0, MAX_OVERLAP_HOURS));
    let hours = hours.and_then(|hours| i64::try_from(hours).ok());
    hours.and_then(TimeDelta::try_hours).ok_or(errors)
}

/// The tokens with a new one; the others stay valid for `overlap` at most.
fn rotated(
    before: &EscalationsTokens,
    token: EscalationsToken,
    overlap: TimeDelta,
) -> Result<EscalationsTokens, Problem> {
    let now = token.created_at;
    let end = now + overlap;
    let ending = before.valid(now).map(|other| EscalationsToken {
        valid_until: Some(other.valid_until.map_or(end, |earlier| earlier.min(end))),
        ..other.clone()
    });
    let mut after = EscalationsTokens { revision: before.revision + 1, tokens: ending.collect(), ..before.clone() };
    after.tokens = after.valid(now).cloned().collect();
    if after.tokens.len() >= MAX_VALID_TOKENS {
        let detail = format!("at most {MAX_VALID_TOKENS} tokens are valid at a time: delete one, or choose 0");
        return Err(Problem::invalid_field("/overlapHours", detail));
    }
    after.tokens.push(token);
    Ok(after)
}

/// The tokens without one of them; `None` if it is not among those that are valid.
fn without(before: &EscalationsTokens, token_id: Uuid, now: DateTime<Utc>) -> Option<EscalationsTokens> {
    before.valid(now).find(|token| token.id == token_id)?;
    let tokens = before.valid(now).filter(|token| token.id != token_id).cloned().collect();
    Some(EscalationsTokens { revision: before.revision + 1, tokens, ..before.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + hours * 3600, 0).unwrap()
    }

    fn token(id: u128, created_at: DateTime<Utc>) -> EscalationsToken {
        EscalationsToken { id: Uuid::from_u128(id), digest: id.to_string(), created_at, valid_until: None }
    }

    fn rotated_at(before: &EscalationsTokens, id: u128, hours: i64, overlap: i64) -> EscalationsTokens {
        rotated(before, token(id, at(hours)), TimeDelta::hours(overlap)).unwrap()
    }

    fn ends(tokens: &EscalationsTokens) -> Vec<(u128, Option<DateTime<Utc>>)> {
        tokens.tokens.iter().map(|token| (token.id.as_u128(), token.valid_until)).collect()
    }

    #[test]
    fn a_new_token_ends_the_others_after_the_overlap_and_never_later_than_they_would() {
        let first = rotated_at(&EscalationsTokens::default(), 1, 0, 24);
        assert_eq!((first.revision, ends(&first)), (1, vec![(1, None)]));
        let second = rotated_at(&first, 2, 1, 10);
        assert_eq!(ends(&second), [(1, Some(at(11))), (2, None)]);
        let third = rotated_at(&second, 3, 2, 720);
        assert_eq!(ends(&third), [(1, Some(at(11))), (2, Some(at(722))), (3, None)]);
        let fourth = rotated_at(&third, 4, 11, 5);
        assert_eq!((fourth.revision, ends(&fourth)), (4, vec![(2, Some(at(16))), (3, Some(at(16))), (4, None)]));
    }

    #[test]
    fn without_an_overlap_the_others_end_at_once() {
        let before = rotated_at(&rotated_at(&EscalationsTokens::default(), 1, 0, 0), 2, 1, 24);
        assert_eq!(ends(&rotated_at(&before, 3, 2, 0)), [(3, None)]);
    }

    #[test]
    fn at_most_ten_tokens_are_valid_at_a_time() {
        let ten = (1..=10).fold(EscalationsTokens::default(), |before, id| rotated_at(&before, id, 0, 720));
        let refused = rotated(&ten, token(11, at(1)), TimeDelta::hours(1)).unwrap_err();
        assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::InvalidRequest, "/overlapHours"));
        assert_eq!(ends(&rotated_at(&ten, 11, 1, 0)), [(11, None)]);
        assert_eq!(ends(&rotated_at(&ten, 11, 720, 1)).len(), 2, "those that have ended do not count");
    }

    #[test]
    fn only_a_valid_token_can_be_retired() {
        let before = rotated_at(&rotated_at(&EscalationsTokens::default(), 1, 0, 0), 2, 0, 5);
        assert_eq!(ends(&without(&before, Uuid::from_u128(2), at(0)).unwrap()), [(1, Some(at(5)))]);
        assert!(without(&before, Uuid::from_u128(1), at(4)).is_some());
        assert!(without(&before, Uuid::from_u128(1), at(5)).is_none());
        assert!(without(&before, Uuid::from_u128(3), at(0)).is_none());
    }

    #[test]
    fn the_overlap_is_required_and_at_most_thirty_days() {
        assert_eq!(overlap(&json!({ "overlapHours": 0 })), Ok(TimeDelta::zero()));
        assert_eq!(overlap(&json!({ "overlapHours": 720 })), Ok(TimeDelta::days(30)));
        for wrong in [json!(null), json!(-1), json!(721), json!(1.5), json!("1")] {
            assert_eq!(overlap(&json!({ "overlapHours": wrong })).unwrap_err()[0].pointer, "/overlapHours", "{wrong}");
        }
        assert_eq!(overlap(&json!([])).unwrap_err()[0].pointer, "");
    }
}

//! An organisation's escalations tokens: a list that names the secret's version, and one item for each accepted digest.
//!
//! A transaction moves both, so that a token that is listed is accepted, and one that is not listed is not. The tokens
//! themselves are in Secrets Manager alone.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::unless_conflict;
use super::{AuditEntry, Item, Key, Store, StoreError, number, text};

/// A use is noted this long after the one that was noted last.
const USE_IS_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// An organisation's escalations tokens, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscalationsTokens {
    /// Grows with each change, which is conditional on the one it has read; 0 before the first.
    pub revision: u64,
    /// The version, in Secrets Manager, that has the values.
    pub secret_version: String,
    /// Oldest first. Those that have ended stay until the next change.
    pub tokens: Vec<EscalationsToken>,
}

/// One escalations token, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscalationsToken {
    /// Its public name.
    pub id: Uuid,
    /// SHA-256 of the value, in hex.
    pub digest: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is not accepted; `None` if it has no end.
    pub valid_until: Option<DateTime<Utc>>,
}

/// What a callback's token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedToken {
    /// Whose token it is.
    pub organisation_id: String,
    /// From when on it is not accepted; `None` if it has no end.
    #[serde(default)]
    pub valid_until: Option<DateTime<Utc>>,
    /// When a use was last noted.
    #[serde(default)]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl EscalationsTokens {
    /// Those that are accepted at `now`, oldest first.
    #[must_use]
    pub fn valid(&self, now: DateTime<Utc>) -> impl DoubleEndedIterator<Item = &EscalationsToken> {
        self.tokens.iter().filter(move |token| is_before(now, token.valid_until))
    }
}

impl AcceptedToken {
    /// Whether it opens the callbacks of this organisation at `now`.
    #[must_use]
    pub fn opens(&self, organisation_id: &str, now: DateTime<Utc>) -> bool {
        self.organisation_id == organisation_id && is_before(now, self.valid_until)
    }

    /// Whether a use at `now` is worth a write.
    #[must_use]
    pub fn is_use_to_be_noted(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|last| now - last >= USE_IS_NOTED_EVERY)
    }
}

fn is_before(now: DateTime<Utc>, end: Option<DateTime<Utc>>) -> bool {
    end.is_none_or(|end| now < end)
}

fn list_key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "ESCALATIONS_TOKENS")
}

fn digest_key(digest: &str) -> Key {
    Key::alone("ESCALATIONS_TOKEN", digest)
}

impl Store {
    /// An organisation's escalations tokens; none before the first was made.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn escalations_tokens(&self, organisation_id: &str) -> Result<EscalationsTokens, StoreError> {
        let item = self.get(list_key(organisation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?.unwrap_or_default())
    }

    /// What stands for a digest, ended or not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accepted_token(&self, digest: &str) -> Result<Option<AcceptedToken>, StoreError> {
        let item = self.get(digest_key(digest)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Replaces an organisation's tokens by `after`, whose revision is the next one, and accepts what it lists, with the audit's
    /// entry: all or nothing.
    ///
    /// # Errors
    /// `Conflict` if the tokens were changed since `before` was read.
    pub async fn replace_escalations_tokens(
        &self,
        organisation_id: &str,
        before: &EscalationsTokens,
        after: &EscalationsTokens,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(after)?;
        item.extend(list_key(organisation_id).item());
        let list = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR revision = :before")
            .expression_attribute_values(":before", number(before.revision))
            .build();
        let accepted = after.tokens.iter().filter(|token| !before.tokens.contains(token));
        let accepted = accepted.map(|token| self.accept_token(organisation_id, token));
        let is_gone = |token: &&EscalationsToken| after.tokens.iter().all(|kept| kept.id != token.id);
        let forgotten = before.tokens.iter().filter(is_gone).map(|token| self.forget_token(token));
        let list = list.map(|put| TransactWriteItem::builder().put(put).build());
        let entry = self.put_audit(organisation_id, entry)?;
        self.transact([list, Ok(entry)].into_iter().chain(accepted).chain(forgotten).collect()).await
    }

    /// An update, not a put: the last use stays.
    fn accept_token(&self, organisation_id: &str, token: &EscalationsToken) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(digest_key(&token.digest).item()))
            .expression_attribute_values(":organisation", text(organisation_id));
        let update = match token.valid_until {
            None => update.update_expression("SET organisationId = :organisation"),
            Some(end) => update
                .update_expression("SET organisationId = :organisation, validUntil = :end, expiresAt = :expiry")
                .expression_attribute_values(":end", text(end.to_rfc3339()))
                .expression_attribute_values(":expiry", number(end.timestamp() + 1)),
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn forget_token(&self, token: &EscalationsToken) -> Result<TransactWriteItem, BuildError> {
        let key = digest_key(&token.digest).item();
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Notes that a token was used, unless it was retired meanwhile.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_token_use(&self, digest: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(digest_key(digest).item()))
            .update_expression("SET lastUsedAt = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", text(now.to_rfc3339()));
        unless_conflict(request.send().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn accepted(valid_until: Option<DateTime<Utc>>, last_used_at: Option<DateTime<Utc>>) -> AcceptedToken {
        AcceptedToken { organisation_id: "acme".into(), valid_until, last_used_at }
    }

    #[test]
    fn a_token_opens_its_own_organisation_until_its_end() {
        let ending = accepted(Some(at(10)), None);
        assert!(ending.opens("acme", at(9)));
        assert!(!ending.opens("acme", at(10)));
        assert!(!ending.opens("other", at(9)));
        assert!(accepted(None, None).opens("acme", at(1_000_000)));
    }

    #[test]
    fn a_use_is_noted_at_most_once_a_minute() {
        assert!(accepted(None, None).is_use_to_be_noted(at(0)));
        assert!(!accepted(None, Some(at(0))).is_use_to_be_noted(at(59)));
        assert!(accepted(None, Some(at(0))).is_use_to_be_noted(at(60)));
    }

    #[test]
    fn what_has_ended_is_not_listed_as_valid() {
        let token = |id: u128, valid_until| EscalationsToken {
            id: Uuid::from_u128(id),
            digest: id.to_string(),
            created_at: at(0),
            valid_until,
        };
        let tokens = vec![token(1, Some(at(5))), token(2, Some(at(6))), token(3, None)];
        let tokens = EscalationsTokens { revision: 3, secret_version: "v".into(), tokens };
        let valid: Vec<_> = tokens.valid(at(5)).map(|token| token.id.as_u128()).collect();
        assert_eq!(valid, [2, 3]);
        let item: serde_dynamo::Item = serde_dynamo::to_item(&tokens).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, EscalationsTokens>(item).unwrap(), tokens);
    }
}

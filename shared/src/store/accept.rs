//! Accepting an escalation: all of it in one transaction.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::escalations::record;
use super::{Item, Key, Store, StoreError, number, read_text, text};
use crate::digest::sha256_hex;
use crate::escalation::Escalation;
use crate::metrics::Metric;

/// How long a key is remembered: longer than any escalation.
const MEMORY: TimeDelta = TimeDelta::days(400);

/// What was accepted under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The escalation that it made.
    pub escalation_id: Uuid,
    /// SHA-256 of the canonical body, in hex.
    pub body_digest: String,
}

/// What one acceptance writes.
#[derive(Clone, Debug)]
pub struct Acceptance<'a> {
    /// The new escalation.
    pub escalation: &'a Escalation,
    /// The key of the request.
    pub idempotency_key: &'a str,
    /// SHA-256 of the canonical body, in hex.
    pub body_digest: &'a str,
    /// The final escalation, if any, that the key stands for until now.
    pub replaces_key_of: Option<Uuid>,
    /// The final escalation, if any, that the conversation had before.
    pub replaces_conversation_of: Option<Uuid>,
    /// The compressed request, if it is small enough to be written here.
    pub transcript: Option<&'a [u8]>,
}

/// Keys and ids of callers are hashed, so that any text of theirs can be part of a key.
fn hashed(kind: &str, organisation_id: &str, value: &str) -> Key {
    Key::alone(kind, format!("{organisation_id}#{}", sha256_hex(value)))
}

fn idempotency_key(organisation_id: &str, key: &str) -> Key {
    hashed("IDEMPOTENCY", organisation_id, key)
}

fn conversation_key(organisation_id: &str, conversation_id: &str) -> Key {
    hashed("CONVERSATION", organisation_id, conversation_id)
}

fn read_id(item: &Item) -> Result<Uuid, StoreError> {
    read_text(item, "escalationId")?.parse().map_err(|_| StoreError::Corrupt("escalationId".into()))
}

impl Store {
    /// What was accepted under an idempotency key of an organisation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn idempotency_record(
        &self,
        organisation_id: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let Some(item) = self.get(idempotency_key(organisation_id, key)).await? else { return Ok(None) };
        Ok(Some(IdempotencyRecord { escalation_id: read_id(&item)?, body_digest: read_text(&item, "bodyDigest")? }))
    }

    /// The latest escalation of a caller's conversation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn escalation_of_conversation(
        &self,
        organisation_id: &str,
        conversation_id: &str,
    ) -> Result<Option<Uuid>, StoreError> {
        let item = self.get(conversation_key(organisation_id, conversation_id)).await?;
        item.as_ref().map(read_id).transpose()
    }

    /// Stores an escalation, its idempotency record, its conversation's mark and a small transcript: all or nothing.
    ///
    /// # Errors
    /// `Conflict` if the key or the conversation got another escalation meanwhile.
    pub async fn accept(&self, acceptance: &Acceptance<'_>) -> Result<(), StoreError> {
        let escalation = acceptance.escalation;
        let organisation = &escalation.organisation_id;
        let idempotency = idempotency_key(organisation, acceptance.idempotency_key);
        let conversation = conversation_key(organisation, &escalation.conversation_id);
        let digest = [("bodyDigest".to_owned(), text(acceptance.body_digest))];
        let mut puts = vec![
            self.put_new(escalation)?,
            self.put_mark(&idempotency, escalation, acceptance.replaces_key_of, digest)?,
            self.put_mark(&conversation, escalation, acceptance.replaces_conversation_of, [])?,
        ];
        if let Some(transcript) = acceptance.transcript {
            puts.push(self.put_transcript(escalation.escalation_id, transcript)?);
        }
        let items = puts.into_iter().map(|put| TransactWriteItem::builder().put(put).build()).collect();
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await?;
        record(escalation, Metric::Accepted);
        Ok(())
    }

    fn put_mark(
        &self,
        key: &Key,
        escalation: &Escalation,
        replaces: Option<Uuid>,
        more: impl IntoIterator<Item = (String, aws_sdk_dynamodb::types::AttributeValue)>,
    ) -> Result<Put, StoreError> {
        let mut item = key.item();
        item.extend(more);
        item.insert("escalationId".into(), text(escalation.escalation_id.to_string()));
        item.insert("expiresAt".into(), number(expiry(escalation.accepted_at)));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match replaces {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(id) => put
                .condition_expression("escalationId = :replaced")
                .expression_attribute_values(":replaced", text(id.to_string())),
        };
        put.build().map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

fn expiry(accepted_at: DateTime<Utc>) -> i64 {
    (accepted_at + MEMORY).timestamp()
}

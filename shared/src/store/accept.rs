//! Accepting an escalation: all of it in one transaction.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use uuid::Uuid;

use super::error::while_contended;
use super::escalations::record;
use super::kept::Traces;
use super::{Item, Key, Store, StoreError, number, read_text, text};
use crate::digest::sha256_hex;
use crate::escalation::{Escalation, FoundBy};
use crate::metrics::Metric;

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
    /// The caller's id of the customer, if it was sent.
    pub customer_id: Option<&'a str>,
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
pub(super) fn idempotency_key(organisation_id: &str, digest: &str) -> Key {
    Key::alone("IDEMPOTENCY", format!("{organisation_id}#{digest}"))
}

pub(super) fn conversation_key(organisation_id: &str, digest: &str) -> Key {
    Key::alone("CONVERSATION", format!("{organisation_id}#{digest}"))
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
        let Some(item) = self.get(idempotency_key(organisation_id, &sha256_hex(key))).await? else { return Ok(None) };
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
        let item = self.get(conversation_key(organisation_id, &sha256_hex(conversation_id))).await?;
        item.as_ref().map(read_id).transpose()
    }

    /// Stores an escalation, its idempotency record, its conversation's mark, its place in its customer's list and a small
    /// transcript: all or nothing.
    ///
    /// # Errors
    /// `Conflict` if the key or the conversation got another escalation meanwhile.
    pub async fn accept(&self, acceptance: &Acceptance<'_>) -> Result<(), StoreError> {
        let found_by = FoundBy {
            idempotency_key: sha256_hex(acceptance.idempotency_key),
            customer: acceptance.customer_id.map(sha256_hex),
        };
        let escalation = &Escalation { found_by, ..acceptance.escalation.clone() };
        let traces = Traces::of(escalation);
        let [idempotency, conversation] = traces.marks();
        let digest = [("bodyDigest".to_owned(), text(acceptance.body_digest))];
        let mut puts = vec![
            self.put_new(escalation)?,
            self.put_mark(&idempotency, escalation, acceptance.replaces_key_of, digest)?,
            self.put_mark(&conversation, escalation, acceptance.replaces_conversation_of, [])?,
        ];
        if let Some(place) = traces.place() {
            puts.push(self.put_mark(&place, escalation, None, serde_dynamo::to_item::<_, Item>(&traces)?)?);
        }
        if let Some(transcript) = acceptance.transcript {
            puts.push(self.put_transcript(escalation, transcript)?);
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
        let expires_at = self.retention.end_of_marks(escalation.accepted_at);
        let mut item = key.item();
        item.extend(more);
        item.insert("escalationId".into(), text(escalation.escalation_id.to_string()));
        item.insert("expiresAt".into(), number(expires_at.timestamp()));
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

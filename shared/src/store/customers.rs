//! The escalations of a customer, listed under a digest of the customer's id, so that all that is kept of the customer can be erased.
//!
//! A list is read consistently, and an escalation's place in it is erased last: what a crash leaves is found again.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::error::{unless_conflict, while_contended};
use super::kept::Traces;
use super::{AuditEntry, Key, Store, StoreError, escalations, guest_tokens, transcripts};
use crate::digest::sha256_hex;
use crate::escalation::Escalation;

/// Places that are erased in the transaction that writes the audit's entry.
const LAST_PLACES: usize = 50;

/// How much was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Erased {
    /// Escalations with their outcomes and timelines.
    pub escalations: usize,
    /// Conversations as they were handed over.
    pub transcripts: usize,
    /// Events of conversations: messages of both sides, and who came and went.
    pub events: usize,
    /// Files that the customer sent.
    pub files: usize,
}

impl std::ops::AddAssign for Erased {
    fn add_assign(&mut self, other: Self) {
        self.escalations += other.escalations;
        self.transcripts += other.transcripts;
        self.events += other.events;
        self.files += other.files;
    }
}

fn list_of(organisation_id: &str, customer: &str) -> String {
    Key::alone("CUSTOMER", format!("{organisation_id}#{customer}")).pk
}

/// An escalation's place in the list of the customer of this digest.
pub(super) fn place(organisation_id: &str, customer: &str, escalation_id: Uuid) -> Key {
    Key { pk: list_of(organisation_id, customer), sk: format!("ESCALATION#{escalation_id}") }
}

impl Store {
    /// The escalations of a customer, of which something may be kept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn escalations_of_customer(
        &self,
        organisation_id: &str,
        customer_id: &str,
    ) -> Result<Vec<Traces>, StoreError> {
        let query = self.query(list_of(organisation_id, &sha256_hex(customer_id)), "pk = :pk");
        Ok(serde_dynamo::from_items(self.query_all(query).await?)?)
    }

    /// An escalation's item, expired or not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn stored_escalation(&self, traces: &Traces) -> Result<Option<Escalation>, StoreError> {
        let item = self.get(escalations::key(traces.escalation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Erases all that is kept of a final escalation but its place in its customer's list. Whatever others write needs its item or
    /// its feed, which go first, and the feed only if nobody follows it.
    ///
    /// # Errors
    /// See [`StoreError`], or [`StoreError::Conflict`] if somebody has come to follow it; a repetition goes on.
    pub async fn erase(&self, traces: &Traces) -> Result<Erased, StoreError> {
        let id = traces.escalation_id;
        let escalation = escalations::key(id);
        let (has_escalation, has_transcript) =
            (self.has(&escalation).await?, self.has(&transcripts::key(id, 0)).await?);
        for mark in traces.marks() {
            self.delete_mark(&mark, id).await?;
        }
        self.delete_all(&[guest_tokens::key(id), escalation]).await?;
        self.delete_feed(id).await?;
        let kept = self.kept(traces).await?;
        self.delete_all(&kept.beside).await?;
        self.delete_all(&kept.log).await?;
        Ok(Erased {
            escalations: has_escalation.into(),
            transcripts: has_transcript.into(),
            events: kept.events,
            files: kept.files,
        })
    }

    /// Erases the list of a customer whose escalations are erased, with the audit's entry.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn forget_customer(&self, erased: &[Traces], entry: &AuditEntry) -> Result<(), StoreError> {
        let Some(organisation_id) = erased.first().map(|traces| &traces.organisation_id) else { return Ok(()) };
        let places: Vec<_> = erased.iter().filter_map(Traces::place).collect();
        let (last, others) = places.split_at(places.len().min(LAST_PLACES));
        self.delete_all(others).await?;
        let deletes = last.iter().map(|place| {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(place.item())).build()?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        });
        let entry = self.put_audit(organisation_id, entry)?;
        self.transact(deletes.chain([Ok(entry)]).collect()).await
    }

    pub(super) async fn has(&self, key: &Key) -> Result<bool, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.item()));
        let request = request.consistent_read(true).projection_expression("pk");
        while_contended(|| async { Ok(request.clone().send().await?.item.is_some()) }).await
    }

    /// Deletes a mark, unless it leads to a later escalation.
    async fn delete_mark(&self, mark: &Key, escalation_id: Uuid) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(mark.item()));
        let request = request.condition_expression("escalationId = :id");
        let request = request.expression_attribute_values(":id", AttributeValue::S(escalation_id.to_string()));
        unless_conflict(while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await)
    }
}

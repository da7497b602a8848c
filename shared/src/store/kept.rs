//! All that is kept of an escalation beside its own item: found together, to be extended while it is open and to be erased.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{unless_conflict, while_contended};
use super::{
    Item, Key, Store, StoreError, accept, conversation_log, customers, due, feed, files, number, read_number,
    read_text, text, transcripts,
};
use crate::digest::sha256_hex;
use crate::escalation::Escalation;

/// Items that one request deletes.
const MAX_BATCH: usize = 25;

/// What must be known of an escalation to find all that is kept of it, even if its own item is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traces {
    /// The escalation.
    pub escalation_id: Uuid,
    pub(super) organisation_id: String,
    idempotency_key: String,
    conversation: String,
    customer: Option<String>,
    chunks: u32,
}

/// What is kept of a conversation, by its keys.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What the log leads to, and what stands beside it.
    pub(super) beside: Vec<Key>,
    /// The log, with its marks.
    pub(super) log: Vec<Key>,
    /// How many events the log has.
    pub(super) events: usize,
    /// How many files the customer has sent.
    pub(super) files: usize,
}

impl Traces {
    pub(super) fn of(escalation: &Escalation) -> Self {
        Self {
            escalation_id: escalation.escalation_id,
            organisation_id: escalation.organisation_id.clone(),
            idempotency_key: escalation.found_by.idempotency_key.clone(),
            conversation: sha256_hex(&escalation.conversation_id),
            customer: escalation.found_by.customer.clone(),
            chunks: escalation.transcript.chunks,
        }
    }

    /// The marks that lead to this escalation, unless they lead to a later one by now.
    pub(super) fn marks(&self) -> [Key; 2] {
        let organisation = &self.organisation_id;
        [
            accept::idempotency_key(organisation, &self.idempotency_key),
            accept::conversation_key(organisation, &self.conversation),
        ]
    }

    /// Its place in its customer's list.
    pub(super) fn place(&self) -> Option<Key> {
        let customer = self.customer.as_ref();
        customer.map(|customer| customers::place(&self.organisation_id, customer, self.escalation_id))
    }
}

impl Store {
    /// Extends the time of all that is kept of an escalation that has been open for half of that time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn extend(&self, escalation: &Escalation) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_due =
            |escalation: &Escalation| due::extends_from(escalation, self.retention).is_some_and(|at| at <= now);
        if !is_due(escalation) {
            return Ok(());
        }
        let traces = Traces::of(escalation);
        let kept = self.kept(&traces).await?;
        for key in kept.beside.iter().chain(&kept.log) {
            self.set_expiry(key, self.retention.end_of_transcript(now), None).await?;
        }
        for key in traces.marks().iter().chain(&traces.place()) {
            self.set_expiry(key, self.retention.end_of_marks(now), Some(traces.escalation_id)).await?;
        }
        let extended = self.change(traces.escalation_id, |escalation| {
            let is_due = is_due(escalation);
            if is_due {
                escalation.extended_at = Some(now);
            }
            is_due
        });
        extended.await.map(drop)
    }

    /// What is kept of a conversation but its token, which ends by itself.
    pub(super) async fn kept(&self, traces: &Traces) -> Result<Kept, StoreError> {
        let id = traces.escalation_id;
        let mut kept = Kept::default();
        kept.beside.extend((0..traces.chunks).map(|chunk| transcripts::key(id, chunk)));
        kept.beside.push(feed::key(id));
        let query =
            self.query(conversation_log::record_key(id, 0).pk, "pk = :pk").projection_expression("pk, sk, chunks");
        self.query_all(query).await?.iter().try_for_each(|item| kept.add(id, item))?;
        Ok(kept)
    }

    /// Sets when an item expires, if it is there and leads to `escalation_id`, if it has to.
    pub(super) async fn set_expiry(
        &self,
        key: &Key,
        at: DateTime<Utc>,
        escalation_id: Option<Uuid>,
    ) -> Result<(), StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.item()));
        let request = request.update_expression("SET expiresAt = :at");
        let request = request.expression_attribute_values(":at", number(at.timestamp()));
        let request = match escalation_id {
            None => request.condition_expression("attribute_exists(pk)"),
            Some(id) => request
                .condition_expression("escalationId = :id")
                .expression_attribute_values(":id", text(id.to_string())),
        };
        unless_conflict(while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await)
    }

    /// Deletes items, whether they are there or not.
    pub(super) async fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        for batch in keys.chunks(MAX_BATCH) {
            let mut left = batch.iter().map(delete_request).collect::<Result<Vec<_>, _>>()?;
            while !left.is_empty() {
                left = while_contended(|| self.delete_some(&left)).await?;
            }
        }
        Ok(())
    }

    /// Deletes at least one of these; which are left.
    async fn delete_some(&self, deletes: &[WriteRequest]) -> Result<Vec<WriteRequest>, StoreError> {
        let request = self.client.batch_write_item().request_items(&self.table, deletes.to_vec());
        let unprocessed = request.send().await?.unprocessed_items;
        let left = unprocessed.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        if left.len() < deletes.len() { Ok(left) } else { Err(StoreError::Contended("UnprocessedItems".into())) }
    }
}

impl Kept {
    fn add(&mut self, escalation_id: Uuid, item: &Item) -> Result<(), StoreError> {
        let key = Key { pk: read_text(item, "pk")?, sk: read_text(item, "sk")? };
        if let Some(digest) = files::digest_of(&key.sk) {
            let chunks: u32 = read_number(item, "chunks")?;
            self.beside.extend((0..chunks).map(|chunk| files::key(escalation_id, digest, chunk)));
            self.files += 1;
        }
        self.events += usize::from(conversation_log::is_record(&key.sk));
        self.log.push(key);
        Ok(())
    }
}

fn delete_request(key: &Key) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder().set_key(Some(key.item())).build();
    let delete = delete.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

//! The durable log of a live conversation: each entry is stored once, by its identifier, with the next number.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Key, Store, StoreError, number, read_number, read_text, text};
use crate::salesforce::messaging::Entry;

/// Entries outlive every escalation that can still need them.
const MEMORY: TimeDelta = TimeDelta::days(400);
/// Entries of a transaction, which holds at most 100 items; each entry needs two.
const BATCH: usize = 40;

/// The log as it is stored.
#[derive(Default)]
pub struct ConversationLog {
    /// In the order of their numbers.
    pub entries: Vec<Entry>,
    /// The number of the last entry; 0 if there is none.
    pub last: u64,
}

fn key(escalation_id: Uuid, sk: String) -> Key {
    Key { pk: format!("CONVERSATION_LOG#{escalation_id}"), sk }
}

fn entry_key(escalation_id: Uuid, number: u64) -> Key {
    key(escalation_id, format!("ENTRY#{number:010}"))
}

impl Store {
    /// Everything that was said and happened, as far as it is stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn conversation_log(&self, escalation_id: Uuid) -> Result<ConversationLog, StoreError> {
        let mut log = ConversationLog::default();
        let mut after = None;
        loop {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND begins_with(sk, :entry)")
                .expression_attribute_values(":pk", text(key(escalation_id, String::new()).pk))
                .expression_attribute_values(":entry", text("ENTRY#"))
                .set_exclusive_start_key(after);
            let page = while_contended(|| async { Ok(request.clone().send().await?) }).await?;
            for item in page.items() {
                log.last = read_number(item, "number")?;
                log.entries.push(read(item)?);
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(log);
            }
        }
    }

    /// Adds the entries that are not in the log yet, and returns it with them.
    ///
    /// Two writers at once both succeed: whoever loses reads the log again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn append_to_conversation_log(
        &self,
        escalation_id: Uuid,
        mut log: ConversationLog,
        entries: Vec<Entry>,
        now: DateTime<Utc>,
    ) -> Result<ConversationLog, StoreError> {
        let mut entries = entries;
        loop {
            entries.retain(|entry| log.entries.iter().all(|known| known.identifier != entry.identifier));
            let batch: Vec<_> = entries.iter().take(BATCH).cloned().collect();
            if batch.is_empty() {
                return Ok(log);
            }
            match self.append(escalation_id, log.last, &batch, now).await {
                Ok(()) => log.extend(batch),
                Err(StoreError::Conflict) => log = self.conversation_log(escalation_id).await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn append(
        &self,
        escalation_id: Uuid,
        last: u64,
        batch: &[Entry],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let expires_at = (now + MEMORY).timestamp();
        let items = (last + 1..).zip(batch).flat_map(|(place, entry)| {
            let mark = key(escalation_id, format!("IDENTIFIER#{}", entry.identifier));
            let mut item = entry_key(escalation_id, place).item();
            item.insert("number".into(), number(place));
            item.insert("entry".into(), text(entry.kept().to_string()));
            [item, mark.item()]
        });
        let items = items.map(|mut item| {
            item.insert("expiresAt".into(), number(expires_at));
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            Ok(TransactWriteItem::builder().put(put.condition_expression("attribute_not_exists(pk)").build()?).build())
        });
        self.transact(items.collect()).await
    }
}

impl ConversationLog {
    fn extend(&mut self, batch: Vec<Entry>) {
        self.last += batch.len() as u64;
        self.entries.extend(batch);
    }
}

fn read(item: &Item) -> Result<Entry, StoreError> {
    let corrupt = || StoreError::Corrupt("entry".into());
    let source = serde_json::from_str(&read_text(item, "entry")?).map_err(|_| corrupt())?;
    Entry::read(source).ok_or_else(corrupt)
}

//! The durable log of a conversation: each event is stored once, with the next number, before anybody is told of it.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Key, Store, StoreError, number, read_number, read_text, text};
use crate::conversation::{CustomerMessage, LogEvent, Record};
use crate::salesforce::messaging::Entry;

/// Events of a transaction, which holds at most 100 items and 4 MB; an event needs at most two, and a condition one.
const BATCH: usize = 40;
const IS_NEW: &str = "attribute_not_exists(pk)";

/// The log as it is stored, or its end.
#[derive(Default)]
pub struct ConversationLog {
    /// In the order of their numbers.
    pub records: Vec<Record>,
    /// The number of the last record; 0 if there is none.
    pub last: u64,
}

/// What became of a customer's message.
pub enum Accepted {
    /// It is in the log, now or from an earlier request.
    Stored(Record),
    /// The conversation takes no more messages.
    Ended,
}

pub(super) fn key(escalation_id: Uuid, sk: String) -> Key {
    Key { pk: format!("CONVERSATION_LOG#{escalation_id}"), sk }
}

pub(super) fn record_key(escalation_id: Uuid, number: u64) -> Key {
    key(escalation_id, format!("RECORD#{number:010}"))
}

/// Whether a sort key of the log is that of an event.
pub(super) fn is_record(sk: &str) -> bool {
    sk.starts_with("RECORD#")
}

fn identity_key(escalation_id: Uuid, identity: &str) -> Key {
    key(escalation_id, format!("IDENTITY#{identity}"))
}

impl Store {
    /// The records after a number.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn conversation_log(&self, escalation_id: Uuid, after: u64) -> Result<ConversationLog, StoreError> {
        let mut log = ConversationLog { records: Vec::new(), last: after };
        let query = self
            .query(record_key(escalation_id, 0).pk, "pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", text(record_key(escalation_id, after.saturating_add(1)).sk))
            .expression_attribute_values(":last", text(key(escalation_id, "RECORD#~".to_owned()).sk));
        for item in self.query_all(query).await? {
            log.push(read(&item)?);
        }
        Ok(log)
    }

    /// Adds the events that the log does not have yet; `log` is all of it as it was read, and is read on if somebody else wrote.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn append_once(
        &self,
        escalation_id: Uuid,
        log: &mut ConversationLog,
        mut events: Vec<LogEvent>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        loop {
            events.retain(|event| !log.holds(event));
            let batch: Vec<_> = events.iter().take(BATCH).cloned().collect();
            if batch.is_empty() {
                return Ok(());
            }
            match self.append(escalation_id, log.last, &batch, None, now).await {
                Ok(()) => log.extend(batch),
                Err(StoreError::Conflict) => log.append(self.conversation_log(escalation_id, log.last).await?),
                Err(error) => return Err(error),
            }
        }
    }

    /// Stores what the customer said, unless the conversation takes no more messages: from the moment at which a Case is chosen,
    /// nothing is accepted that the Case would lack. A repetition finds the first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accept_customer_message(
        &self,
        escalation_id: Uuid,
        message: CustomerMessage,
        now: DateTime<Utc>,
    ) -> Result<Accepted, StoreError> {
        let event = LogEvent::Customer(message);
        loop {
            if let Some(record) = self.record_of(escalation_id, &event).await? {
                return Ok(Accepted::Stored(record));
            }
            let stored = self.escalation(escalation_id).await?;
            let Some(stored) = stored.filter(|stored| stored.status.takes_messages()) else {
                return Ok(Accepted::Ended);
            };
            let last = self.last_number(escalation_id).await?;
            let mut owing = stored.clone();
            owing.has_customer_messages = true;
            owing.owe_forwarding(last + 1, now);
            owing.revision += 1;
            let owed = self.put_of(&owing, stored.revision)?.build();
            match self.append(escalation_id, last, std::slice::from_ref(&event), owed.ok(), now).await {
                Ok(()) => return Ok(Accepted::Stored(Record { number: last + 1, event })),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn last_number(&self, escalation_id: Uuid) -> Result<u64, StoreError> {
        let request = self
            .query(record_key(escalation_id, 0).pk, "pk = :pk AND begins_with(sk, :record)")
            .expression_attribute_values(":record", text("RECORD#"))
            .scan_index_forward(false)
            .limit(1);
        let page = while_contended(|| async { Ok(request.clone().send().await?) }).await?;
        page.items().first().map_or(Ok(0), |item| read_number(item, "number"))
    }

    async fn record_of(&self, escalation_id: Uuid, event: &LogEvent) -> Result<Option<Record>, StoreError> {
        let Some(identity) = event.identity() else { return Ok(None) };
        let Some(mark) = self.get(identity_key(escalation_id, &identity)).await? else { return Ok(None) };
        let item = self.get(record_key(escalation_id, read_number(&mark, "number")?)).await?;
        item.as_ref().map(read).transpose()
    }

    async fn append(
        &self,
        escalation_id: Uuid,
        last: u64,
        batch: &[LogEvent],
        other: Option<Put>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let expires_at = self.retention.end_of_transcript(now);
        let items = (last + 1..).zip(batch).flat_map(|(place, event)| items(escalation_id, place, event, expires_at));
        let items: Vec<_> = items.collect();
        if let ([item], None) = (items.as_slice(), &other) {
            return self.put_new_item(item.clone()).await;
        }
        let puts = items.into_iter().map(|item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            Ok(TransactWriteItem::builder().put(put.condition_expression(IS_NEW).build()?).build())
        });
        let other = other.map(|put| Ok(TransactWriteItem::builder().put(put).build()));
        self.transact(puts.chain(other).collect()).await
    }

    /// A single put costs half of a transaction, and less time.
    async fn put_new_item(&self, item: Item) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item)).condition_expression(IS_NEW);
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }
}

/// What stores an event: its record, and for a customer's message a mark by which a repetition finds it.
///
/// Other events need none: whoever appends one has read the whole log, and of two who do, the second finds its number taken.
fn items(escalation_id: Uuid, place: u64, event: &LogEvent, expires_at: DateTime<Utc>) -> Vec<Item> {
    let mut record = record_key(escalation_id, place).item();
    record.insert("event".into(), text(event.to_json().to_string()));
    let identity = event.identity().filter(|_| matches!(event, LogEvent::Customer(_)));
    let mark = identity.map(|identity| identity_key(escalation_id, &identity).item());
    let mut items: Vec<_> = [Some(record), mark].into_iter().flatten().collect();
    for item in &mut items {
        item.insert("number".into(), number(place));
        item.insert("expiresAt".into(), number(expires_at.timestamp()));
    }
    items
}

impl ConversationLog {
    /// Salesforce's entries, in the order in which it stored them.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entries = self.records.iter().filter_map(|record| match &record.event {
            LogEvent::Entry(entry) => Some(entry.clone()),
            _ => None,
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// What the customer sent, in the order in which we stored it.
    pub fn customer_messages(&self) -> impl Iterator<Item = &CustomerMessage> {
        self.records.iter().filter_map(|record| match &record.event {
            LogEvent::Customer(message) => Some(message),
            _ => None,
        })
    }

    /// Whether an event is in it. A status is, if it is the last one.
    #[must_use]
    pub fn holds(&self, event: &LogEvent) -> bool {
        let Some(identity) = event.identity() else {
            let last = self.records.iter().rev().find(|record| matches!(record.event, LogEvent::Status { .. }));
            return matches!((last.map(|last| &last.event), event),
                (Some(LogEvent::Status { status: last, .. }), LogEvent::Status { status, .. }) if last == status);
        };
        self.records.iter().any(|record| record.event.identity().as_ref() == Some(&identity))
    }

    /// Adds what was read after it.
    pub fn append(&mut self, news: Self) {
        let last = self.last;
        news.records.into_iter().filter(|record| record.number > last).for_each(|record| self.push(record));
    }

    fn push(&mut self, record: Record) {
        self.last = record.number;
        self.records.push(record);
    }

    fn extend(&mut self, batch: Vec<LogEvent>) {
        for event in batch {
            self.push(Record { number: self.last + 1, event });
        }
    }
}

fn read(item: &Item) -> Result<Record, StoreError> {
    let corrupt = || StoreError::Corrupt("event".into());
    let json = serde_json::from_str(&read_text(item, "event")?).map_err(|_| corrupt())?;
    let event = LogEvent::from_json(json).ok_or_else(corrupt)?;
    Ok(Record { number: read_number(item, "number")?, event })
}

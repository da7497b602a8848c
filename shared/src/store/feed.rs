//! What passes in a conversation: who reads it and who follows, the place in the queue, who types, receipts, and how far the
//! customer's messages have been forwarded.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Key;
use crate::escalation::Lease;

/// Connections to one conversation; the oldest leaves.
const MAX_CONNECTIONS: usize = 4;
/// Receipts that followers may not have seen yet.
const MAX_RECEIPTS: usize = 50;
/// The longest pause after a stream that was not opened.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(15);

/// What passes in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Feed {
    pub(super) revision: u64,
    /// Connections, oldest first.
    pub connections: Vec<Connection>,
    /// The one connection that reads Salesforce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<Lease>,
    /// Where Salesforce's stream goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<String>,
    /// That Salesforce's stream was not opened, since it last was.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_refusals: Option<Refusals>,
    /// The place in the queue.
    pub queue: Queue,
    /// Who types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typing: Option<Typing>,
    /// The latest receipts, oldest first.
    pub receipts: Vec<Receipt>,
    /// Receipts that there ever were.
    pub receipts_ever: u64,
    /// Number of the last record whose message is settled: forwarded, or never to be.
    pub forwarded: u64,
    /// Nothing is forwarded before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_from: Option<DateTime<Utc>>,
    /// Who forwards just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarder: Option<Lease>,
    /// A message that was sent and whose outcome is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<ForwardAttempt>,
}

/// A customer's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its own mark.
    pub id: Uuid,
    /// It is certainly over after this.
    pub until: DateTime<Utc>,
}

/// Something that failed, each time it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Refusals {
    times: u32,
    last_at: DateTime<Utc>,
}

/// What is known of the waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Place in the queue.
    pub position: Option<u64>,
    /// Expected wait.
    pub estimated_wait_seconds: Option<u64>,
}

/// Who types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    /// Display name.
    pub name: Option<String>,
    /// Types, or has stopped.
    pub is_typing: bool,
    /// When it was told.
    pub at: DateTime<Utc>,
}

/// What became of a customer's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The client's id.
    pub message_id: String,
    /// What.
    pub state: ReceiptState,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a customer's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReceiptState {
    /// Salesforce has it.
    Forwarded,
    /// The agent has it.
    Delivered,
    /// The agent has read it.
    Read,
    /// It will never arrive.
    Undelivered,
}

/// A message that was sent and whose outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardAttempt {
    /// Its record.
    pub number: u64,
    /// When it was sent.
    pub at: DateTime<Utc>,
}

pub(super) fn key(escalation_id: Uuid) -> Key {
    Key::alone("FEED", escalation_id)
}

impl Feed {
    /// Adds a connection; the oldest leave if there are too many, and those that are over.
    pub fn connect(&mut self, connection: Connection, now: DateTime<Utc>) {
        self.connections.retain(|other| other.until > now && other.id != connection.id);
        self.connections.push(connection);
        let surplus = self.connections.len().saturating_sub(MAX_CONNECTIONS);
        self.connections.drain(..surplus);
    }

    /// Removes a connection, and with it its right to read; `false` if it was not there.
    pub fn disconnect(&mut self, id: Uuid) -> bool {
        let was_connected = self.is_connected(id);
        self.connections.retain(|connection| connection.id != id);
        self.reader = self.reader.take().filter(|reader| reader.id != id);
        was_connected
    }

    /// Whether a connection may stay.
    #[must_use]
    pub fn is_connected(&self, id: Uuid) -> bool {
        self.connections.iter().any(|connection| connection.id == id)
    }

    /// Until when somebody may follow, if anybody does.
    #[must_use]
    pub fn followed_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.connections.iter().map(|connection| connection.until).filter(|until| *until > now).max()
    }

    /// Takes the right to read Salesforce from whoever has it.
    pub fn take_over(&mut self, id: Uuid, lasts: TimeDelta, now: DateTime<Utc>) {
        self.reader = Some(Lease { id, until: now + lasts });
    }

    /// Takes or keeps the right to read Salesforce; `false` if another connection has it.
    pub fn read_as(&mut self, id: Uuid, lasts: TimeDelta, now: DateTime<Utc>) -> bool {
        take(&mut self.reader, id, lasts, now)
    }

    /// Whether it is time to open the stream: however many connections come, they share one pace.
    #[must_use]
    pub fn may_open_stream(&self, now: DateTime<Utc>) -> bool {
        let pause = |times: u32| TimeDelta::seconds(1 << times.min(5)).min(LONGEST_PAUSE);
        self.stream_refusals.is_none_or(|refusals| refusals.last_at + pause(refusals.times) <= now)
    }

    /// Whether the stream was not opened when it was last tried.
    #[must_use]
    pub fn was_stream_refused(&self) -> bool {
        self.stream_refusals.is_some()
    }

    /// The stream was not opened.
    pub fn stream_refused(&mut self, now: DateTime<Utc>) {
        let times = self.stream_refusals.map_or(0, |refusals| refusals.times.saturating_add(1));
        self.stream_refusals = Some(Refusals { times, last_at: now });
    }

    /// The stream was opened; `false` if that is nothing new.
    pub fn stream_opened(&mut self) -> bool {
        self.stream_refusals.take().is_some()
    }

    /// Takes or keeps the right to forward; `false` if somebody else has it, or if it is not time yet.
    pub fn forward_as(&mut self, id: Uuid, lasts: TimeDelta, now: DateTime<Utc>) -> bool {
        self.may_forward(now) && take(&mut self.forwarder, id, lasts, now)
    }

    /// Whether it is time to forward.
    #[must_use]
    pub fn may_forward(&self, now: DateTime<Utc>) -> bool {
        self.forward_from.is_none_or(|from| from <= now)
    }

    /// Remembers a receipt for those who follow.
    pub fn receive(&mut self, receipt: Receipt) {
        if self.receipts.iter().any(|known| known.message_id == receipt.message_id && known.state == receipt.state) {
            return;
        }
        self.receipts.push(receipt);
        self.receipts_ever += 1;
        let surplus = self.receipts.len().saturating_sub(MAX_RECEIPTS);
        self.receipts.drain(..surplus);
    }

    /// Receipts after so many.
    #[must_use]
    pub fn receipts_after(&self, seen: u64) -> &[Receipt] {
        let new = usize::try_from(self.receipts_ever.saturating_sub(seen)).unwrap_or(usize::MAX);
        &self.receipts[self.receipts.len() - new.min(self.receipts.len())..]
    }
}

fn take(lease: &mut Option<Lease>, id: Uuid, lasts: TimeDelta, now: DateTime<Utc>) -> bool {
    let is_free = lease.as_ref().is_none_or(|lease| lease.until <= now || lease.id == id);
    if is_free {
        *lease = Some(Lease { id, until: now + lasts });
    }
    is_free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn connection(id: u128) -> Connection {
        Connection { id: Uuid::from_u128(id), until: at(240) }
    }

    #[test]
    fn all_connections_share_the_pace_at_which_a_stream_that_is_not_opened_is_tried() {
        let mut feed = Feed::default();
        let tries: Vec<_> = (0..60)
            .filter(|second| {
                feed.may_open_stream(at(*second)) && {
                    feed.stream_refused(at(*second));
                    true
                }
            })
            .collect();
        assert_eq!(tries, [0, 1, 3, 7, 15, 30, 45]);
        assert!(feed.stream_opened() && feed.may_open_stream(at(46)) && !feed.stream_opened());
    }

    #[test]
    fn of_five_connections_the_oldest_leaves() {
        let mut feed = Feed::default();
        (1..=5).for_each(|id| feed.connect(connection(id), at(0)));
        assert!(!feed.is_connected(Uuid::from_u128(1)));
        assert!((2..=5).all(|id| feed.is_connected(Uuid::from_u128(id))));
    }

    #[test]
    fn one_connection_reads_until_it_leaves_or_is_silent() {
        let mut feed = Feed::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lasts = TimeDelta::seconds(20);
        assert!(feed.read_as(one, lasts, at(0)) && !feed.read_as(other, lasts, at(19)));
        assert!(feed.read_as(one, lasts, at(19)) && !feed.read_as(other, lasts, at(38)));
        assert!(feed.read_as(other, lasts, at(39)));
        feed.disconnect(other);
        assert!(feed.read_as(one, lasts, at(40)));
    }

    #[test]
    fn one_that_takes_over_reads_at_once_and_the_other_no_longer() {
        let mut feed = Feed::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lasts = TimeDelta::seconds(20);
        assert!(feed.read_as(one, lasts, at(0)));
        feed.take_over(other, lasts, at(1));
        assert!(!feed.read_as(one, lasts, at(2)) && feed.read_as(other, lasts, at(2)));
    }

    #[test]
    fn followers_get_each_receipt_once() {
        let mut feed = Feed::default();
        let receipt = |id: &str, state| Receipt { message_id: id.into(), state, at: at(0) };
        feed.receive(receipt("a", ReceiptState::Forwarded));
        feed.receive(receipt("a", ReceiptState::Forwarded));
        feed.receive(receipt("a", ReceiptState::Read));
        assert_eq!(feed.receipts_after(0).len(), 2);
        assert_eq!(feed.receipts_after(1), [receipt("a", ReceiptState::Read)]);
        assert!(feed.receipts_after(2).is_empty());
        (0..200).for_each(|number| feed.receive(receipt(&number.to_string(), ReceiptState::Read)));
        assert_eq!(feed.receipts_after(2).len(), 50);
    }

    #[test]
    fn a_stored_feed_reads_back_as_it_was() {
        let mut feed = Feed { queue: Queue { position: Some(3), ..Queue::default() }, ..Feed::default() };
        feed.connect(connection(1), at(0));
        feed.attempt = Some(ForwardAttempt { number: 7, at: at(1) });
        let item: serde_dynamo::Item = serde_dynamo::to_item(&feed).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, Feed>(item).unwrap(), feed);
    }
}

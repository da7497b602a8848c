//! One connection of a customer: it follows the log, and reads Salesforce for all connections if nobody else does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use shared::conversation::{LogEvent, end_forwarding, pending};
use shared::escalation::{Escalation, Status};
use shared::store::{Connection as Registered, ConversationLog, Feed, Followed, StoreError};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, sleep_until};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::event::{CustomerEvent, EventId, Numbered};
use crate::mapping::{OwnMessages, events};
use crate::passing::ToldOfFeed;
use crate::reader::Reader;
use crate::{ConversationRelay, messages};

/// A connection lasts at most so long; then the client reconnects.
const LONGEST: Duration = Duration::from_mins(4);
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often the table is looked at for what others have written.
const FOLLOW: Duration = Duration::from_millis(500);
/// The same for the reader: what an agent writes, it hears itself.
const FOLLOW_AS_READER: Duration = Duration::from_secs(1);

/// Why a connection ends.
enum End {
    /// The last event was sent, the client has left, or younger connections took its place.
    Over,
    /// The table failed; the client reconnects.
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// One connection.
pub(crate) struct Connection {
    relay: Arc<ConversationRelay>,
    id: Uuid,
    escalation: Escalation,
    log: ConversationLog,
    own: OwnMessages,
    /// The last event that the client has.
    after: EventId,
    /// The last record of the log that was looked at.
    told: u64,
    told_of_feed: ToldOfFeed,
    reader: Reader,
    forwarding: Option<JoinHandle<()>>,
    sender: Sender<Bytes>,
}

impl Connection {
    pub(crate) fn new(
        relay: Arc<ConversationRelay>,
        escalation: Escalation,
        log: ConversationLog,
        after: EventId,
        sender: Sender<Bytes>,
    ) -> Self {
        let own = OwnMessages::new(escalation.escalation_id);
        let id = relay.ids.uuid();
        let reader = Reader::new(id);
        Self {
            relay,
            id,
            escalation,
            log,
            own,
            after,
            told: 0,
            told_of_feed: ToldOfFeed::default(),
            reader,
            forwarding: None,
            sender,
        }
    }

    /// Serves until the end of the conversation, of the client, or of its time.
    pub(crate) async fn run(mut self) {
        if let Err(End::Store(error)) = Box::pin(self.serve()).await {
            tracing::warn!(%error, "a connection was given up");
        }
        // What is frozen with the instance would hold up all others.
        if let Some(forwarding) = self.forwarding.take() {
            drop(forwarding.await);
        }
        let (id, now) = (self.id, self.relay.clock.now());
        let leave = |feed: &mut Feed| feed.disconnect(id);
        let left = self.relay.store.change_feed(self.escalation.escalation_id, now, leave).await;
        if let Err(error) = left {
            tracing::warn!(%error, "a connection did not sign off");
        }
    }

    async fn serve(&mut self) -> Result<(), End> {
        self.write(Bytes::from_static(b"retry: 1000\n\n")).await?;
        self.register().await?;
        let deadline = Instant::now() + LONGEST;
        let mut follow_at = Instant::now();
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        loop {
            tokio::select! {
                // In an order in which none waits for ever: however much the stream brings, it comes last.
                biased;
                () = self.sender.closed() => return Err(End::Over),
                () = sleep_until(deadline) => return Ok(()),
                _ = heartbeat.tick() => self.write(Bytes::from_static(b": heartbeat\n\n")).await?,
                () = sleep_until(follow_at) => {
                    Box::pin(self.follow()).await?;
                    follow_at = Instant::now() + self.pause();
                }
                news = self.reader.next() => {
                    if let Some(change) = self.reader.take(&self.relay, &self.escalation, &mut self.log, news).await? {
                        self.pass(&change).await?;
                    }
                    self.tell().await?;
                }
            }
        }
    }

    /// Signs on as the reader, and tells how things stand. That has no id: what the client has by then stays what it has. One that
    /// comes after the end is told what became of the last messages.
    async fn register(&mut self) -> Result<(), End> {
        let now = self.relay.clock.now();
        let until = now + TimeDelta::from_std(LONGEST).unwrap_or_default();
        let registered = Registered { id: self.id, until };
        let join = |feed: &mut Feed| {
            feed.connect(registered, now);
            Reader::take_over(registered.id, feed, now);
            true
        };
        let (feed, _) = self.relay.store.change_feed(self.escalation.escalation_id, now, join).await?;
        if !self.escalation.status.is_final() {
            self.told_of_feed = ToldOfFeed::as_of(&feed);
        }
        let (status, at) = (self.escalation.status, self.escalation.updated_at);
        if self.after != EventId::default() && !status.is_final() {
            self.send(&Numbered { id: None, event: CustomerEvent::Status { status, at } }).await?;
        }
        Ok(())
    }

    /// Until the next look: a quarter more or less than is usual, so that those who came at the same moment drift apart.
    fn pause(&self) -> Duration {
        let usual = if self.reader.is_reading() { FOLLOW_AS_READER } else { FOLLOW };
        usual.mul_f64(0.75 + self.relay.ids.fraction() / 2.0)
    }

    /// Looks at what others have written, and does what nobody does.
    async fn follow(&mut self) -> Result<(), End> {
        let id = self.escalation.escalation_id;
        let Followed { feed, escalation, news } = self.relay.store.follow(id, self.log.last).await?;
        if !feed.is_connected(self.id) {
            return Err(End::Over);
        }
        self.log.append(news);
        self.escalation = escalation.ok_or(End::Over)?;
        self.note_status().await?;
        self.tell().await?;
        self.pass(&feed).await?;
        self.reader.keep(&self.relay, &self.escalation, &mut self.log, &feed).await?;
        self.tell().await?;
        self.see_to(&feed).await;
        Ok(())
    }

    /// The status, and at last the outcome, come into the log by whoever sees them first.
    async fn note_status(&mut self) -> Result<(), End> {
        let now = self.relay.clock.now();
        let id = self.escalation.escalation_id;
        let change = LogEvent::Status { status: self.escalation.status, at: self.escalation.updated_at };
        let events = [Some(change), crate::events::end_of(&self.escalation)].into_iter().flatten();
        let events: Vec<_> = events.filter(|event| !self.log.holds(event)).collect();
        if events.iter().any(LogEvent::leaves_messages_behind) {
            self.relay.store.change_feed(id, now, |feed| end_forwarding(&self.log, id, feed, now)).await?;
        }
        if !events.is_empty() {
            self.relay.store.append_once(id, &mut self.log, events, now).await?;
        }
        Ok(())
    }

    /// Sends what the log has and the client has not; the end is the last, after what became of the customer's messages.
    async fn tell(&mut self) -> Result<(), End> {
        let new: Vec<_> = self.log.records.iter().filter(|record| record.number > self.told).cloned().collect();
        for record in new {
            self.told = record.number;
            self.own.learn(&record);
            if record.event.is_end() {
                let feed = self.relay.store.feed(self.escalation.escalation_id).await?;
                self.pass(&feed).await?;
            }
            for numbered in events(&record, &self.own) {
                if numbered.id > Some(self.after) {
                    self.send(&numbered).await?;
                }
            }
            if record.event.is_end() {
                return Err(End::Over);
            }
        }
        Ok(())
    }

    /// Sends what passes: the queue, who types, receipts.
    async fn pass(&mut self, feed: &Feed) -> Result<(), End> {
        for event in self.told_of_feed.news(feed, self.escalation.status == Status::Waiting) {
            self.write(Numbered { id: None, event }.encoded()).await?;
        }
        Ok(())
    }

    /// Forwards what is pending, and asks for a look that is due: sooner than recovery's next minute.
    async fn see_to(&mut self, feed: &Feed) {
        let now = self.relay.clock.now();
        if !matches!(self.escalation.status, Status::Waiting | Status::Active) {
            return;
        }
        if feed.may_forward(now) && !pending(&self.log, feed.forwarded).is_empty() {
            self.forward();
        }
        let is_due = self.escalation.due_at.is_some_and(|at| at <= now) || self.reader.owes_look(&self.escalation);
        if !is_due {
            self.reader.is_satisfied();
        } else if !self.escalation.is_leased(now) && self.reader.may_ask(&self.relay) {
            self.relay.hints.look(self.escalation.escalation_id).await;
        }
    }

    /// Beside the connection, which goes on however long Salesforce takes.
    fn forward(&mut self) {
        if self.forwarding.as_ref().is_some_and(|forwarding| !forwarding.is_finished()) {
            return;
        }
        let (relay, escalation) = (Arc::clone(&self.relay), self.escalation.clone());
        let forwarding = async move {
            if let Err(error) = messages::forward(&relay, &escalation).await {
                tracing::warn!(%error, "not forwarded yet");
            }
        };
        self.forwarding = Some(tokio::spawn(forwarding.in_current_span()));
    }

    async fn send(&mut self, numbered: &Numbered) -> Result<(), End> {
        self.write(numbered.encoded()).await?;
        self.after = numbered.id.unwrap_or(self.after);
        Ok(())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), End> {
        self.sender.send(bytes).await.map_err(|_| End::Over)
    }
}

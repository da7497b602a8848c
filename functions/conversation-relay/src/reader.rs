//! Reads Salesforce's event stream for all connections of a conversation: under a short lease that is handed over.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{Stream, StreamExt as _};
use shared::conversation::{Conversation, ConversationError, LogEvent};
use shared::escalation::{Escalation, Status};
use shared::salesforce::messaging::{Entry, EntryKind, MessagingError, News, Streamed};
use shared::store::{ConversationLog, Feed, StoreError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::ConversationRelay;
use crate::pace::Pace;
use crate::passing::{pass, queue_after};

/// The right to read lasts so long after it was last renewed.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// It is renewed so long before its end.
const RENEW_BEFORE: TimeDelta = TimeDelta::seconds(10);
/// A stream that does not even ping is dead: Salesforce's own clients give it 30 to 90 seconds.
const SILENCE: Duration = Duration::from_mins(1);
/// A look that ended so soon after a change may have read before it.
const LOOK_GRACE: TimeDelta = TimeDelta::seconds(1);

type Events = Pin<Box<dyn Stream<Item = Result<Streamed, MessagingError>> + Send>>;

/// The reading of one connection, which may not be the reader.
pub(crate) struct Reader {
    id: Uuid,
    stream: Option<Events>,
    heard_at: Instant,
    lease_until: Option<DateTime<Utc>>,
    last_event_id: Option<String>,
    /// Of opening the stream.
    opening: Pace,
    /// Of asking for a look.
    asking: Pace,
    /// When the stream last brought something on which the outcome depends.
    changed_at: Option<DateTime<Utc>>,
}

impl Reader {
    pub(crate) fn new(id: Uuid) -> Self {
        Self {
            id,
            stream: None,
            heard_at: Instant::now(),
            lease_until: None,
            last_event_id: None,
            opening: Pace::default(),
            asking: Pace::default(),
            changed_at: None,
        }
    }

    /// Makes a connection the reader: the one before it may be dead, or have lost its customer without knowing it.
    pub(crate) fn take_over(id: Uuid, feed: &mut Feed, now: DateTime<Utc>) {
        feed.take_over(id, LEASE, now);
    }

    /// Takes note of what is stored: until when it is the reader.
    pub(crate) fn note_lease(&mut self, feed: &Feed) {
        self.lease_until = feed.reader.as_ref().filter(|reader| reader.id == self.id).map(|reader| reader.until);
    }

    /// Whether it hears the stream.
    pub(crate) fn is_reading(&self) -> bool {
        self.stream.is_some()
    }

    /// The next thing that the stream brings; never, if this is not the reader. Nothing means that the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Streamed> {
        match &mut self.stream {
            None => std::future::pending().await,
            Some(stream) => stream.next().await?.ok(),
        }
    }

    /// Takes in what the stream brought: into the log, or, of what passes, into the feed, which is returned.
    pub(crate) async fn take(
        &mut self,
        relay: &ConversationRelay,
        escalation: &Escalation,
        log: &mut ConversationLog,
        streamed: Option<Streamed>,
    ) -> Result<Option<Feed>, StoreError> {
        let Some(streamed) = streamed else {
            self.stream = None;
            return Ok(None);
        };
        self.heard_at = Instant::now();
        self.last_event_id = streamed.id.or(self.last_event_id.take());
        let Some((conversation, news)) = streamed.news else { return Ok(None) };
        if conversation != escalation.escalation_id.to_string() {
            return Ok(None);
        }
        match news {
            News::Entry(entry) => self.take_entry(relay, escalation, log, entry).await,
            passing => pass(relay, escalation, log, passing).await.map(Some),
        }
    }

    async fn take_entry(
        &mut self,
        relay: &ConversationRelay,
        escalation: &Escalation,
        log: &mut ConversationLog,
        entry: Entry,
    ) -> Result<Option<Feed>, StoreError> {
        let now = relay.clock.now();
        let id = escalation.escalation_id;
        let told = changes_the_outcome(&entry).then(|| entry.clone());
        let event = LogEvent::Entry(entry);
        let is_news = told.is_some() && !log.holds(&event);
        relay.store.append_once(id, log, vec![event], now).await?;
        if is_news {
            self.changed_at = Some(now);
            self.asking.succeed();
            if self.may_ask(relay) {
                relay.hints.look(id).await;
            }
        }
        let Some(told) = told else { return Ok(None) };
        let change = |feed: &mut Feed| {
            let before = feed.queue;
            feed.queue = queue_after(&told, before);
            feed.queue != before
        };
        Ok(Some(relay.store.change_feed(id, now, change).await?.0))
    }

    /// Becomes, stays or stops being the reader.
    pub(crate) async fn keep(
        &mut self,
        relay: &ConversationRelay,
        escalation: &Escalation,
        log: &mut ConversationLog,
        feed: &Feed,
    ) -> Result<(), StoreError> {
        let now = relay.clock.now();
        self.note_lease(feed);
        let is_open = matches!(escalation.status, Status::Waiting | Status::Active);
        let is_others = feed.reader.as_ref().is_some_and(|reader| reader.id != self.id && reader.until > now);
        if !is_open || is_others {
            self.stream = None;
            return Ok(());
        }
        if self.lease_until.is_none_or(|until| until - RENEW_BEFORE <= now)
            && !self.renew(relay, escalation, now).await?
        {
            self.stream = None;
            return Ok(());
        }
        if self.heard_at.elapsed() > SILENCE {
            self.stream = None;
        }
        if self.stream.is_none() && feed.may_open_stream(now) && self.opening.may_try(now, relay.ids.fraction()) {
            self.open(relay, escalation, log, feed).await?;
        }
        Ok(())
    }

    async fn renew(
        &mut self,
        relay: &ConversationRelay,
        escalation: &Escalation,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (id, last_event_id) = (self.id, self.last_event_id.clone());
        let renewed = |feed: &mut Feed| {
            let is_ours = feed.read_as(id, LEASE, now);
            if is_ours && last_event_id.is_some() {
                feed.last_event_id.clone_from(&last_event_id);
            }
            is_ours
        };
        let (feed, is_ours) = relay.store.change_feed(escalation.escalation_id, now, renewed).await?;
        self.note_lease(&feed);
        Ok(is_ours)
    }

    /// Opens the stream where the reader before it stopped, and fills from the entries what it may have missed.
    async fn open(
        &mut self,
        relay: &ConversationRelay,
        escalation: &Escalation,
        log: &mut ConversationLog,
        feed: &Feed,
    ) -> Result<(), StoreError> {
        let conversation = Conversation::load(&relay.store, &relay.salesforce, escalation).await?;
        let Some(conversation) = conversation else { return Ok(()) };
        let (id, token) = (escalation.escalation_id, &conversation.token);
        let from = self.last_event_id.as_deref().or(feed.last_event_id.as_deref()).or(token.last_event_id.as_deref());
        match conversation.messaging.stream(&token.access_token, from).await {
            Ok(stream) => {
                self.stream = Some(Box::pin(stream));
                self.opening.succeed();
                self.heard_at = Instant::now();
                if feed.was_stream_refused() {
                    relay.store.change_feed(id, relay.clock.now(), Feed::stream_opened).await?;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the event stream is not open");
                let now = relay.clock.now();
                let refused = |feed: &mut Feed| {
                    feed.stream_refused(now);
                    true
                };
                relay.store.change_feed(id, now, refused).await?;
                if error == MessagingError::TokenRejected && self.may_ask(relay) {
                    relay.hints.look(id).await;
                }
                return Ok(());
            }
        }
        match conversation.read(relay.clock.now()).await {
            Ok(read) => self.backfill(relay, log, read),
            Err(ConversationError::Store(error)) => return Err(error),
            Err(ConversationError::Messaging(error)) => tracing::warn!(%error, "the entries could not be read"),
        }
        Ok(())
    }

    fn backfill(&mut self, relay: &ConversationRelay, log: &mut ConversationLog, read: ConversationLog) {
        let last = log.last;
        log.append(read);
        let mut news = log.records.iter().filter(|record| record.number > last);
        if news.any(|record| matches!(&record.event, LogEvent::Entry(entry) if changes_the_outcome(entry))) {
            self.changed_at = Some(relay.clock.now());
        }
    }

    /// Whether no look is known to have seen the last change: one that ended just after it may have read before it. While looks see
    /// nothing, `dueAt` says when the next is worth a try, to all connections.
    pub(crate) fn owes_look(&self, escalation: &Escalation) -> bool {
        let Some(messaging) = escalation.messaging.as_ref().filter(|messaging| messaging.is_seen()) else {
            return false;
        };
        let has_seen = |changed_at| messaging.looked_at.is_some_and(|looked_at| looked_at >= changed_at + LOOK_GRACE);
        self.changed_at.is_some_and(|changed_at| !has_seen(changed_at))
    }

    /// Whether a look may be asked for: less and less often, while looks bring nothing.
    pub(crate) fn may_ask(&mut self, relay: &ConversationRelay) -> bool {
        self.asking.may_try(relay.clock.now(), relay.ids.fraction())
    }

    /// No look is owed.
    pub(crate) fn is_satisfied(&mut self) {
        self.asking.succeed();
    }
}

fn changes_the_outcome(entry: &Entry) -> bool {
    !matches!(entry.kind, EntryKind::Message { .. } | EntryKind::Other)
}

#[cfg(test)]
mod tests {
    use shared::salesforce::Host;
    use shared::settings::MessagingSettings;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn active(looked_at: i64) -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        let url = Host::parse_messaging("acme", false).unwrap();
        let organization_id = "00D000000000001".into();
        escalation.choose_messaging(MessagingSettings { organization_id, developer_name: "D".into(), url }, at(0));
        escalation.messaging.as_mut().unwrap().looked_at = Some(at(looked_at));
        escalation
    }

    #[test]
    fn a_change_is_owed_a_look_until_one_ended_a_second_after_it() {
        let mut reader = Reader::new(Uuid::nil());
        assert!(!reader.owes_look(&active(0)), "nothing has changed");
        reader.changed_at = Some(at(10));
        assert!(reader.owes_look(&active(10)));
        assert!(!reader.owes_look(&active(11)));
    }

    #[test]
    fn while_looks_see_nothing_no_connection_has_a_pace_of_its_own() {
        let mut reader = Reader::new(Uuid::nil());
        reader.changed_at = Some(at(10));
        let mut unreachable = active(5);
        unreachable.messaging.as_mut().unwrap().unreachable_since = Some(at(11));
        assert!(!reader.owes_look(&unreachable));
    }
}

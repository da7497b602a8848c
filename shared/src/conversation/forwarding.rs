//! Brings what the customer said into the conversation: in order, and once.
//!
//! One at a time forwards. A message is marked before it is sent; one of unknown outcome is looked for, and sent again under the
//! same id only when thirty seconds have shown nothing. Those after it wait.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Conversation, ConversationError, CustomerContent, CustomerMessage, LogEvent, Record};
use crate::clock::Clock;
use crate::salesforce::messaging::{MessagingError, OutgoingFile};
use crate::store::{ConversationLog, Feed, ForwardAttempt, Receipt, ReceiptState, StoreError};

/// By then, a forwarder has stopped: it sends no message later than so long after it began.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// After this, none is begun.
const BUDGET: TimeDelta = TimeDelta::seconds(30);
/// A message of unknown outcome is looked for so long after it was sent. One that is not seen by the last did not arrive.
const CHECKS: [TimeDelta; 3] = [TimeDelta::seconds(2), TimeDelta::seconds(10), TimeDelta::seconds(30)];
/// A mark that was this long in the writing tells too little of when its message was sent.
const LONGEST_MARKING: TimeDelta = TimeDelta::seconds(2);
/// When Salesforce says "later" and not when.
const LATER: TimeDelta = TimeDelta::seconds(5);
/// Longer than this is not waited, whatever Salesforce says.
const LONGEST_LATER: TimeDelta = TimeDelta::minutes(5);
/// The longest pause while Salesforce says nothing of when.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How forwarding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// Nothing is left, up to the record of this number.
    Done(u64),
    /// Something is left: to be tried again.
    Pending,
    /// The messaging session is over: it takes no more messages.
    SessionEnded,
    /// The token does not reach the conversation: for a look to judge.
    Unreachable,
}

/// What became of one message.
enum Fate {
    Settled(ReceiptState),
    /// Nothing is to be done before this.
    NotBefore(DateTime<Utc>),
    Stopped(Forwarding),
}

impl Conversation<'_> {
    /// Forwards what is pending, unless somebody else does.
    ///
    /// # Errors
    /// The table failed; what is pending stays so.
    pub async fn forward(&self, clock: &dyn Clock, forwarder: Uuid) -> Result<Forwarding, StoreError> {
        let began = clock.now();
        let id = self.escalation.escalation_id;
        let take = |feed: &mut Feed| feed.forward_as(forwarder, LEASE, began);
        let (feed, is_ours) = self.store.change_feed(id, began, take).await?;
        if !is_ours {
            return Ok(Forwarding::Pending);
        }
        let outcome = self.forward_all(feed, clock, began).await;
        let give_back = |feed: &mut Feed| {
            let is_ours = feed.forwarder.as_ref().is_some_and(|lease| lease.id == forwarder);
            feed.forwarder = feed.forwarder.take().filter(|_| !is_ours);
            is_ours
        };
        self.store.change_feed(id, clock.now(), give_back).await?;
        outcome
    }

    async fn forward_all(&self, feed: Feed, clock: &dyn Clock, began: DateTime<Utc>) -> Result<Forwarding, StoreError> {
        let log = self.stored().await?;
        for (number, message) in pending(&log, feed.forwarded) {
            if clock.now() - began > BUDGET {
                return Ok(Forwarding::Pending);
            }
            let attempt = feed.attempt.filter(|attempt| attempt.number == number);
            let fate = match self.fate(&log, number, message, attempt, clock).await {
                Ok(fate) => fate,
                Err(ConversationError::Store(error)) => return Err(error),
                Err(ConversationError::Messaging(error)) => {
                    let since = attempt.map_or(clock.now(), |attempt| attempt.at);
                    fate_after(&error, since, clock.now())
                }
            };
            match fate {
                Fate::Settled(state) => self.settle(number, message, state, clock.now()).await?,
                Fate::NotBefore(at) => return self.wait(at, clock.now()).await,
                Fate::Stopped(outcome) => return Ok(outcome),
            }
        }
        Ok(Forwarding::Done(log.last))
    }

    async fn fate(
        &self,
        log: &ConversationLog,
        number: u64,
        message: &CustomerMessage,
        attempt: Option<ForwardAttempt>,
        clock: &dyn Clock,
    ) -> Result<Fate, ConversationError> {
        let id = message.message_id(self.escalation.escalation_id);
        let is_in = |log: &ConversationLog| log.entries().iter().any(|entry| entry.identifier == id.to_string());
        if is_in(log) {
            return Ok(Fate::Settled(ReceiptState::Forwarded));
        }
        if let Some(attempt) = attempt {
            let looked_at = clock.now();
            let seen = is_in(&self.read(looked_at).await?);
            match (seen, next_check(attempt.at, looked_at)) {
                (true, _) => return Ok(Fate::Settled(ReceiptState::Forwarded)),
                (false, Some(at)) => return Ok(Fate::NotBefore(at)),
                (false, None) => {}
            }
        }
        let now = clock.now();
        let mark = |feed: &mut Feed| {
            feed.attempt = Some(ForwardAttempt { number, at: now });
            true
        };
        self.store.change_feed(self.escalation.escalation_id, now, mark).await?;
        if clock.now() - now > LONGEST_MARKING {
            return Ok(Fate::NotBefore(now + CHECKS[0]));
        }
        self.send(id, message).await?;
        Ok(Fate::Settled(ReceiptState::Forwarded))
    }

    async fn wait(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Forwarding, StoreError> {
        let wait = |feed: &mut Feed| {
            feed.forward_from = Some(at);
            true
        };
        self.store.change_feed(self.escalation.escalation_id, now, wait).await?;
        Ok(Forwarding::Pending)
    }

    async fn send(&self, id: Uuid, message: &CustomerMessage) -> Result<(), ConversationError> {
        let (token, conversation) = (&self.token.access_token, self.escalation.escalation_id);
        match &message.content {
            CustomerContent::Text(text) => Ok(self.messaging.send_text(token, conversation, id, text).await?),
            CustomerContent::File { name, content_type, digest, chunks, .. } => {
                let bytes = self.store.file(conversation, digest, *chunks).await?;
                let file = OutgoingFile { name: name.clone(), content_type: content_type.clone(), bytes };
                Ok(self.messaging.send_file(token, conversation, id, file).await?)
            }
        }
    }

    async fn settle(
        &self,
        number: u64,
        message: &CustomerMessage,
        state: ReceiptState,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let receipt = Receipt { message_id: message.id.clone(), state, at: now };
        let settled = |feed: &mut Feed| {
            feed.forwarded = feed.forwarded.max(number);
            feed.attempt = feed.attempt.take().filter(|attempt| attempt.number > number);
            feed.receive(receipt.clone());
            true
        };
        self.store.change_feed(self.escalation.escalation_id, now, settled).await?;
        Ok(())
    }
}

/// The customer's messages after a record, in order.
#[must_use]
pub fn pending(log: &ConversationLog, forwarded: u64) -> Vec<(u64, &CustomerMessage)> {
    let records = log.records.iter().filter(|record| record.number > forwarded);
    let customers = records.filter_map(|Record { number, event }| match event {
        LogEvent::Customer(message) => Some((*number, message)),
        _ => None,
    });
    customers.collect()
}

/// What is not in the conversation when it has ended will never be; `false` if nothing is left.
pub fn end_forwarding(log: &ConversationLog, escalation_id: Uuid, feed: &mut Feed, now: DateTime<Utc>) -> bool {
    let entries = log.entries();
    let left = pending(log, feed.forwarded);
    for (number, message) in &left {
        let id = message.message_id(escalation_id).to_string();
        let is_there = entries.iter().any(|entry| entry.identifier == id);
        let state = if is_there { ReceiptState::Forwarded } else { ReceiptState::Undelivered };
        feed.receive(Receipt { message_id: message.id.clone(), state, at: now });
        feed.forwarded = *number;
    }
    !left.is_empty()
}

/// When a message that was sent at some time, and whose outcome is not known, is looked for next; `None` if no more.
fn next_check(sent_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    CHECKS.into_iter().map(|check| sent_at + check).find(|at| now < *at)
}

/// A message that Salesforce refuses does not hold up those after it. That 409 means that it has a message of this id is not
/// documented. `since`: when it was last sent before that; the longer it takes, the longer the pauses.
fn fate_after(error: &MessagingError, since: DateTime<Utc>, now: DateTime<Utc>) -> Fate {
    let later = |shortest| Fate::NotBefore(now + ((now - since) / 2).clamp(shortest, LONGEST_PAUSE));
    match error {
        MessagingError::UnknownOutcome(_) => later(CHECKS[0]),
        MessagingError::Limited { retry_after: Some(seconds) } => {
            Fate::NotBefore(now + TimeDelta::seconds((*seconds).into()).min(LONGEST_LATER))
        }
        MessagingError::Limited { retry_after: None } | MessagingError::Unavailable => later(LATER),
        MessagingError::SessionEnded => Fate::Stopped(Forwarding::SessionEnded),
        MessagingError::TokenRejected | MessagingError::NotFound => Fate::Stopped(Forwarding::Unreachable),
        MessagingError::Refused(409) => Fate::Settled(ReceiptState::Forwarded),
        MessagingError::Refused(_) | MessagingError::PreconditionFailed => Fate::Settled(ReceiptState::Undelivered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::messaging::Entry;

    fn log(customers: &[u64], last: u64) -> ConversationLog {
        let event = |number: u64| {
            if customers.contains(&number) {
                let content = CustomerContent::Text(number.to_string());
                LogEvent::Customer(CustomerMessage { id: number.to_string(), at: DateTime::UNIX_EPOCH, content })
            } else {
                LogEvent::Status { status: crate::escalation::Status::Waiting, at: DateTime::UNIX_EPOCH }
            }
        };
        ConversationLog { records: (1..=last).map(|number| Record { number, event: event(number) }).collect(), last }
    }

    #[test]
    fn what_comes_after_the_last_settled_record_is_pending_in_order() {
        let log = log(&[2, 3, 5], 6);
        let numbers = |forwarded| pending(&log, forwarded).iter().map(|(number, _)| *number).collect::<Vec<_>>();
        assert_eq!(numbers(0), [2, 3, 5]);
        assert_eq!(numbers(2), [3, 5]);
        assert_eq!(numbers(5), Vec::<u64>::new());
    }

    #[test]
    fn what_is_left_at_the_end_is_undelivered_unless_it_is_seen_in_the_conversation() {
        let mut log = log(&[2, 3], 3);
        let identifier = super::super::message_id(Uuid::nil(), "2").to_string();
        let entry = Entry::read(serde_json::json!({ "identifier": identifier, "entryType": "Message" })).unwrap();
        log.records.push(Record { number: 4, event: LogEvent::Entry(entry) });
        let mut feed = Feed::default();
        assert!(end_forwarding(&log, Uuid::nil(), &mut feed, DateTime::UNIX_EPOCH));
        let states: Vec<_> = feed.receipts.iter().map(|receipt| (receipt.message_id.as_str(), receipt.state)).collect();
        assert_eq!(states, [("2", ReceiptState::Forwarded), ("3", ReceiptState::Undelivered)]);
        assert!(!end_forwarding(&log, Uuid::nil(), &mut feed, DateTime::UNIX_EPOCH));
    }

    #[test]
    fn a_refused_message_is_settled_a_limited_one_waits_and_an_end_stops() {
        let now = DateTime::UNIX_EPOCH;
        let settled = |status| match fate_after(&MessagingError::Refused(status), now, now) {
            Fate::Settled(state) => Some(state),
            Fate::NotBefore(_) | Fate::Stopped(_) => None,
        };
        assert_eq!([400, 409].map(settled), [Some(ReceiptState::Undelivered), Some(ReceiptState::Forwarded)]);
        let waits = |error| match fate_after(&error, now, now) {
            Fate::NotBefore(at) => Some((at - now).num_seconds()),
            Fate::Settled(_) | Fate::Stopped(_) => None,
        };
        let limited = |retry_after| waits(MessagingError::Limited { retry_after });
        assert_eq!([limited(None), limited(Some(40)), limited(Some(86_400))], [Some(5), Some(40), Some(300)]);
        assert_eq!(waits(MessagingError::UnknownOutcome("x")), Some(2));
        let ended = fate_after(&MessagingError::SessionEnded, now, now);
        assert!(matches!(ended, Fate::Stopped(Forwarding::SessionEnded)));
    }

    #[test]
    fn the_longer_salesforce_does_not_answer_the_longer_are_the_pauses() {
        let now = DateTime::UNIX_EPOCH;
        let pause = |error: &MessagingError, seconds| match fate_after(error, now - TimeDelta::seconds(seconds), now) {
            Fate::NotBefore(at) => Some((at - now).num_seconds()),
            Fate::Settled(_) | Fate::Stopped(_) => None,
        };
        let unknown = [0, 10, 60, 600].map(|seconds| pause(&MessagingError::UnknownOutcome("x"), seconds));
        assert_eq!(unknown, [Some(2), Some(5), Some(30), Some(60)]);
        let unavailable = [0, 60, 600].map(|seconds| pause(&MessagingError::Unavailable, seconds));
        assert_eq!(unavailable, [Some(5), Some(30), Some(60)]);
    }

    #[test]
    fn a_message_of_unknown_outcome_is_looked_for_after_2_10_and_30_seconds() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let next = |now| next_check(at(0), at(now));
        assert_eq!([0, 2, 10, 30].map(next), [Some(at(2)), Some(at(10)), Some(at(30)), None]);
    }
}

//! What passes in a conversation and is not in its log: the queue, who types, receipts.

use shared::escalation::Escalation;
use shared::salesforce::messaging::{Entry, EntryKind, News, Role};
use shared::store::{ConversationLog, Feed, Queue, Receipt, ReceiptState, StoreError, Typing};

use crate::ConversationRelay;
use crate::event::CustomerEvent;

/// What a client has been told of what passes.
#[derive(Default)]
pub(crate) struct ToldOfFeed {
    queue: Queue,
    typing: Option<Typing>,
    /// How many receipts there ever were.
    receipts: u64,
}

impl ToldOfFeed {
    /// Of one that comes now: what has passed is not repeated, but the place in the queue is.
    pub(crate) fn as_of(feed: &Feed) -> Self {
        Self { queue: Queue::default(), typing: feed.typing.clone(), receipts: feed.receipts_ever }
    }

    /// What it is told now; of the queue only while it waits.
    pub(crate) fn news(&mut self, feed: &Feed, is_waiting: bool) -> Vec<CustomerEvent> {
        let queue = if is_waiting { feed.queue } else { Queue::default() };
        let is_moved = queue != self.queue && queue != Queue::default();
        let Queue { position, estimated_wait_seconds } = queue;
        let queue_news = is_moved.then_some(CustomerEvent::Queue { position, estimated_wait_seconds });
        let typing = feed.typing.as_ref().filter(|typing| Some(*typing) != self.typing.as_ref());
        let typing = typing.map(|typing| CustomerEvent::Typing { name: typing.name.clone(), typing: typing.is_typing });
        let receipts = feed.receipts_after(self.receipts).iter().cloned();
        let receipts =
            receipts.map(|Receipt { message_id, state, at }| CustomerEvent::Receipt { message_id, state, at });
        let news = queue_news.into_iter().chain(typing).chain(receipts).collect();
        *self = Self { queue, ..Self::as_of(feed) };
        news
    }
}

/// What an entry tells of the queue: the wait, or that it is over because an agent has come.
pub(crate) fn queue_after(entry: &Entry, queue: Queue) -> Queue {
    match &entry.kind {
        EntryKind::ParticipantChanged(changes)
            if changes.iter().any(|change| change.role == Role::Agent && change.is_added) =>
        {
            Queue::default()
        }
        _ => Queue { estimated_wait_seconds: entry.estimated_wait_seconds().or(queue.estimated_wait_seconds), ..queue },
    }
}

/// What passes is for all connections.
pub(crate) async fn pass(
    relay: &ConversationRelay,
    escalation: &Escalation,
    log: &ConversationLog,
    news: News,
) -> Result<Feed, StoreError> {
    let now = relay.clock.now();
    let own = |identifier: &str| {
        let mut messages = log.customer_messages();
        messages.find(|message| message.message_id(escalation.escalation_id).to_string() == identifier)
    };
    let receipt = match &news {
        News::Acknowledged { identifier, is_read, at } => own(identifier).map(|message| Receipt {
            message_id: message.id.clone(),
            state: if *is_read { ReceiptState::Read } else { ReceiptState::Delivered },
            at: at.unwrap_or(now),
        }),
        _ => None,
    };
    let change = |feed: &mut Feed| {
        match &news {
            News::QueuePosition(position) => feed.queue.position = u64::try_from(*position).ok(),
            News::Typing { name, is_typing } => {
                feed.typing = Some(Typing { name: name.clone(), is_typing: *is_typing, at: now });
            }
            News::Acknowledged { .. } => receipt.iter().cloned().for_each(|receipt| feed.receive(receipt)),
            News::Entry(_) => return false,
        }
        true
    };
    Ok(relay.store.change_feed(escalation.escalation_id, now, change).await?.0)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn feed() -> Feed {
        let mut feed = Feed::default();
        feed.queue.position = Some(2);
        feed.typing = Some(Typing { name: None, is_typing: true, at: DateTime::UNIX_EPOCH });
        feed.receive(Receipt { message_id: "m1".into(), state: ReceiptState::Read, at: DateTime::UNIX_EPOCH });
        feed
    }

    fn names(events: &[CustomerEvent]) -> Vec<&'static str> {
        events.iter().map(CustomerEvent::name).collect()
    }

    #[test]
    fn what_passes_is_told_once() {
        let mut told = ToldOfFeed::default();
        assert_eq!(names(&told.news(&feed(), true)), ["queue", "typing", "receipt"]);
        assert!(told.news(&feed(), true).is_empty());
    }

    #[test]
    fn one_that_comes_later_is_told_its_place_only() {
        assert_eq!(names(&ToldOfFeed::as_of(&feed()).news(&feed(), true)), ["queue"]);
    }

    #[test]
    fn the_place_in_the_queue_is_told_while_waiting_and_again_after_an_agent() {
        let mut told = ToldOfFeed::as_of(&feed());
        assert!(told.news(&feed(), false).is_empty());
        assert_eq!(names(&told.news(&feed(), true)), ["queue"]);
        assert!(told.news(&feed(), false).is_empty());
        assert_eq!(names(&told.news(&feed(), true)), ["queue"]);
    }
}

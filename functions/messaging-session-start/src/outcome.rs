//! Writes what came of an invocation, if the lease is still ours.

use chrono::{DateTime, TimeDelta, Utc};
use shared::escalation::{CaseReason, Escalation, Event, Status};
use shared::store::{Change, StoreError};
use uuid::Uuid;

use crate::MessagingStarter;
use crate::trouble::Trouble;

/// First delay after a failure; it doubles with each.
const FIRST_DELAY: TimeDelta = TimeDelta::seconds(5);
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(5);
/// An agent may be there at once.
const FIRST_LOOK: TimeDelta = TimeDelta::seconds(5);

/// What became of the agent's context.
pub(crate) enum Delivery {
    /// It is in the conversation; in so many messages, and perhaps cut.
    Sent(String),
    /// It will be tried again.
    Later { detail: String, retry_after: Option<u32> },
    /// It cannot be delivered.
    Never(String),
}

/// The conversation is not open: another try, or a Case. `leased` tells whether an attempt is of unknown outcome.
pub(crate) async fn not_opened(
    starter: &MessagingStarter,
    leased: Escalation,
    trouble: Trouble,
) -> Result<Escalation, StoreError> {
    let now = starter.clock.now();
    let attempted_at = leased.messaging.as_ref().and_then(|messaging| messaging.create_attempted_at);
    let trouble = match trouble {
        Trouble::Store(error) => return Err(error),
        trouble => trouble,
    };
    let escalation = write_held(starter, leased, |escalation| {
        if let Some(messaging) = &mut escalation.messaging {
            messaging.create_attempted_at = attempted_at;
        }
        match &trouble {
            Trouble::Later { detail, retry_after } => retry(escalation, detail, *retry_after, now),
            Trouble::Never { detail } => give_up(escalation, detail, now),
            Trouble::TokenRejected => give_up(escalation, "not created: the token is refused", now),
            Trouble::Store(_) => {}
        }
    })
    .await?;
    // Another try is recovery's to start, when its time has come.
    if escalation.status == Status::CreatingCase {
        starter.hints.send(escalation.status, &escalation).await;
    }
    Ok(escalation)
}

/// The conversation is open, and the context is delivered, or not.
pub(crate) async fn opened(
    starter: &MessagingStarter,
    leased: Escalation,
    cut_attributes: &[String],
    delivery: &Delivery,
) -> Result<Escalation, StoreError> {
    let now = starter.clock.now();
    write_held(starter, leased, |escalation| {
        open(escalation, cut_attributes, now);
        escalation.due_at = Some(now + FIRST_LOOK);
        match delivery {
            Delivery::Sent(detail) => settle(escalation, Event::ContextSent, detail, now),
            Delivery::Never(detail) => settle(escalation, Event::Degraded, detail, now),
            Delivery::Later { detail, retry_after } => retry(escalation, detail, *retry_after, now),
        }
    })
    .await
}

/// The conversation is open, and the context needs some time; the lease is kept.
pub(crate) async fn opened_already(
    starter: &MessagingStarter,
    leased: Escalation,
    cut_attributes: &[String],
) -> Result<Escalation, StoreError> {
    let now = starter.clock.now();
    let lease = leased.lease.clone();
    let due_at = leased.due_at;
    write_held(starter, leased, |escalation| {
        open(escalation, cut_attributes, now);
        escalation.lease.clone_from(&lease);
        escalation.due_at = lease.as_ref().map(|lease| lease.until).or(due_at);
    })
    .await
}

async fn write_held(
    starter: &MessagingStarter,
    leased: Escalation,
    change: impl Fn(&mut Escalation),
) -> Result<Escalation, StoreError> {
    let lease_id = leased.lease.as_ref().map_or_else(Uuid::nil, |lease| lease.id);
    let written = starter.store.change(leased.escalation_id, |escalation| {
        let is_ours = escalation.is_held_by(lease_id);
        if is_ours {
            escalation.lease = None;
            change(escalation);
        }
        is_ours
    });
    Ok(match written.await? {
        Change::Saved(escalation) | Change::Declined(escalation) => *escalation,
        Change::Missing => leased,
    })
}

fn open(escalation: &mut Escalation, cut_attributes: &[String], now: DateTime<Utc>) {
    if escalation.status != Status::StartingMessaging {
        return;
    }
    escalation.status = Status::Waiting;
    if let Some(messaging) = &mut escalation.messaging {
        (messaging.opened_at, messaging.waiting_since) = (Some(now), Some(now));
        (messaging.failures, messaging.not_before) = (0, None);
    }
    escalation.record(now, Event::MessagingStarted, None);
    for name in cut_attributes {
        escalation.record(now, Event::Degraded, format!("routing attribute {name}: cut to 255 characters"));
    }
}

fn settle(escalation: &mut Escalation, event: Event, detail: &str, now: DateTime<Utc>) {
    if let Some(messaging) = &mut escalation.messaging {
        messaging.context_settled = true;
    }
    escalation.record(now, event, detail.to_owned());
}

fn retry(escalation: &mut Escalation, detail: &str, retry_after: Option<u32>, now: DateTime<Utc>) {
    let Some(messaging) = &mut escalation.messaging else { return };
    let doublings = messaging.failures.min(10);
    messaging.failures = messaging.failures.saturating_add(1);
    let wished = TimeDelta::seconds(i64::from(retry_after.unwrap_or(0)));
    let at = now + (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY).max(wished);
    messaging.not_before = Some(at);
    let is_starting = escalation.status == Status::StartingMessaging;
    escalation.due_at = Some(if is_starting { at.min(messaging.start_deadline()) } else { now + FIRST_LOOK });
    escalation.record(now, Event::Retry, detail.to_owned());
}

/// A Case instead of a conversation that can never be opened; a live one goes on without its context.
fn give_up(escalation: &mut Escalation, detail: &str, now: DateTime<Utc>) {
    if escalation.status == Status::StartingMessaging {
        escalation.rescue(CaseReason::StartFailed, Some(detail), now);
    } else {
        settle(escalation, Event::Degraded, detail, now);
        escalation.due_at = Some(now + FIRST_LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{at, starting};

    fn not_before(escalation: &Escalation) -> i64 {
        (escalation.messaging.as_ref().unwrap().not_before.unwrap() - at(0)).num_seconds()
    }

    #[test]
    fn an_open_conversation_waits_and_tells_what_was_cut() {
        let mut escalation = starting();
        open(&mut escalation, &["Plan".to_owned()], at(1));
        open(&mut escalation, &["Plan".to_owned()], at(2));
        assert_eq!(escalation.status, Status::Waiting);
        assert_eq!(escalation.messaging.as_ref().unwrap().waiting_since, Some(at(1)));
        let details: Vec<_> = escalation.timeline[1..].iter().map(|entry| entry.detail.as_deref()).collect();
        assert_eq!(details, [None, Some("routing attribute Plan: cut to 255 characters")]);
    }

    #[test]
    fn a_failed_start_is_tried_again_later_and_later_but_never_past_its_deadline() {
        let mut escalation = starting();
        let delays: Vec<_> = (0..4)
            .map(|_| {
                retry(&mut escalation, "x", None, at(0));
                not_before(&escalation)
            })
            .collect();
        assert_eq!(delays, [5, 10, 20, 40]);
        retry(&mut escalation, "x", None, at(170));
        assert_eq!(escalation.due_at, Some(at(180)));
    }

    #[test]
    fn salesforce_s_own_wish_to_wait_is_respected() {
        let mut escalation = starting();
        retry(&mut escalation, "too many calls", Some(60), at(0));
        assert_eq!(not_before(&escalation), 60);
    }

    #[test]
    fn what_can_never_start_is_a_case_at_once_and_says_why() {
        let mut escalation = starting();
        give_up(&mut escalation, "not created: refused (400)", at(1));
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::StartFailed)));
        assert_eq!(escalation.close, None, "nothing was created");
        assert!(escalation.timeline.last().unwrap().detail.as_ref().unwrap().ends_with("refused (400)"));
    }

    #[test]
    fn a_context_that_cannot_be_delivered_does_not_end_the_conversation() {
        let mut escalation = starting();
        escalation.status = Status::Active;
        give_up(&mut escalation, "x", at(1));
        assert_eq!(escalation.status, Status::Active);
        assert!(escalation.messaging.unwrap().context_settled);
    }
}

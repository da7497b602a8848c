//! The transitions that several functions make. Each one is pure; its caller writes it conditionally.

use chrono::{DateTime, TimeDelta, Utc};

use super::{By, CaseReason, CaseReference, Escalation, Event, HINT_GRACE, Messaging, OwedClose, Status};
use crate::settings::MessagingSettings;

/// Recovery looks after so long at a conversation that lacks a message.
const UNDELIVERED_DUE: TimeDelta = TimeDelta::minutes(1);

impl Escalation {
    /// Chooses a live conversation at this deployment, owed from now on.
    pub fn choose_messaging(&mut self, deployment: MessagingSettings, now: DateTime<Utc>) {
        self.status = Status::StartingMessaging;
        self.messaging = Some(Messaging::chosen(deployment, now));
        self.due_at = Some(now + HINT_GRACE);
    }

    /// Chooses a Case, owed from now on; a conversation that may be open is owed its close.
    pub fn choose_case(&mut self, reason: CaseReason, now: DateTime<Utc>) {
        self.status = Status::CreatingCase;
        self.reason = Some(reason);
        self.stuck = None;
        self.lease = None;
        self.case_creation.since = Some(now);
        self.case_creation.failures = 0;
        self.case_creation.not_before = None;
        self.due_at = Some(now + HINT_GRACE);
        self.owe_close(now + HINT_GRACE);
    }

    /// Turns a live conversation into a Case. `cause` says more than the reason, if there is more to say.
    pub fn rescue(&mut self, reason: CaseReason, cause: Option<&str>, now: DateTime<Utc>) {
        self.choose_case(reason, now);
        let detail = cause.map_or_else(|| reason.as_str().to_owned(), |cause| format!("{}: {cause}", reason.as_str()));
        self.record(now, Event::RescueStarted, detail);
    }

    /// The conversation is over, and that is the outcome.
    pub fn end(&mut self, by: By, now: DateTime<Utc>) {
        self.finish(Status::Ended, by, now);
        self.record(now, Event::Ended, by.as_str().to_owned());
    }

    /// A Case is the outcome.
    pub fn case_created(&mut self, case: CaseReference, now: DateTime<Utc>) {
        self.finish(Status::CaseCreated, case.by, now);
        self.record(now, Event::CaseCreated, case.number.clone());
        self.case = Some(case);
    }

    fn finish(&mut self, status: Status, by: By, now: DateTime<Utc>) {
        self.status = status;
        self.by = Some(by);
        self.stuck = None;
        self.lease = None;
        self.due_at = None;
        self.owe_close(now);
    }

    /// Owes a conversation that may be open its close, unless it is owed already.
    fn owe_close(&mut self, at: DateTime<Utc>) {
        let may_be_open = self.messaging.as_ref().is_some_and(Messaging::may_be_open);
        if may_be_open && self.close.is_none() {
            self.close = Some(OwedClose { at, failures: 0 });
        }
    }

    /// Owes the conversation what the customer has just said, the record of this number; recovery sees to it within a minute, should nobody do it before.
    pub fn owe_forwarding(&mut self, number: u64, now: DateTime<Utc>) {
        let is_open = matches!(self.status, Status::Waiting | Status::Active);
        let Some(messaging) = self.messaging.as_mut().filter(|_| is_open) else { return };
        messaging.undelivered = Some(number);
        self.due_at = self.due_at.into_iter().chain([now + UNDELIVERED_DUE]).min();
    }

    /// Everything up to this record is in the conversation; `false` if that settles nothing.
    pub fn forwarded(&mut self, number: u64) -> bool {
        let messaging = self.messaging.as_mut();
        let owed = messaging.and_then(|messaging| messaging.undelivered.take_if(|undelivered| *undelivered <= number));
        owed.is_some()
    }

    /// A message was refused because the session is over: a look is due, which judges what follows. `false` if that is known.
    pub fn session_has_ended(&mut self, now: DateTime<Utc>) -> bool {
        let is_open = matches!(self.status, Status::Waiting | Status::Active);
        let messaging = self.messaging.as_mut().filter(|messaging| is_open && messaging.session_ended_at.is_none());
        let Some(messaging) = messaging else { return false };
        messaging.session_ended_at = Some(now);
        self.due_at = Some(now);
        true
    }

    /// The closing is settled: done, or impossible. `event` says which.
    pub fn settle_close(&mut self, event: Event, now: DateTime<Utc>) {
        self.close = None;
        if let Some(messaging) = &mut self.messaging {
            messaging.close_settled = true;
        }
        self.record(now, event, None);
    }

    /// Drives a `stuck` one on: a new try of its Case, or of its routing if it had none.
    pub fn redrive(&mut self, cause: &str, now: DateTime<Utc>) {
        if let Some(reason) = self.reason {
            self.choose_case(reason, now);
        } else {
            self.status = Status::Received;
            self.stuck = None;
            self.due_at = Some(now + HINT_GRACE);
        }
        self.case_creation.omitted.clear();
        self.record(now, Event::Redriven, cause.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::escalation::{CaseAttempt, Mechanism};
    use crate::settings::samples::deployment;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn escalation() -> Escalation {
        Escalation::accepted(Uuid::nil(), "acme", "conv_1", 1, at(0))
    }

    fn live() -> Escalation {
        let mut escalation = escalation();
        escalation.choose_messaging(deployment(), at(0));
        escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(1));
        escalation.status = Status::Waiting;
        escalation
    }

    #[test]
    fn a_redriven_case_starts_afresh_but_keeps_an_attempt_of_unknown_outcome() {
        let mut escalation = escalation();
        escalation.choose_case(CaseReason::OutsideBusinessHours, at(1));
        let attempt = CaseAttempt { mechanism: Mechanism::SubjectReference, host: "h".into(), at: at(2) };
        escalation.case_creation.attempt = Some(attempt.clone());
        escalation.case_creation.failures = 9;
        escalation.case_creation.omitted.push("OwnerId".into());
        escalation.status = Status::Stuck;
        escalation.redrive("requested", at(1000));
        assert_eq!(escalation.status, Status::CreatingCase);
        assert_eq!(escalation.case_creation.since, Some(at(1000)));
        assert_eq!(escalation.case_creation.failures, 0);
        assert_eq!(escalation.case_creation.omitted, Vec::<String>::new());
        assert_eq!(escalation.case_creation.attempt, Some(attempt));
        assert_eq!(escalation.timeline.last().unwrap().event, Event::Redriven);
    }

    #[test]
    fn one_that_got_stuck_before_routing_is_routed_again() {
        let mut escalation = escalation();
        escalation.status = Status::Stuck;
        escalation.redrive("requested", at(5));
        assert_eq!(escalation.status, Status::Received);
    }

    #[test]
    fn a_rescued_conversation_owes_a_case_and_a_close() {
        let mut escalation = live();
        escalation.rescue(CaseReason::LongestWait, None, at(60));
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::LongestWait)));
        assert!(escalation.close.is_some() && escalation.due_at.is_some());
        assert_eq!(escalation.timeline.last().unwrap().detail.as_deref(), Some("longestWait"));
    }

    #[test]
    fn a_close_is_owed_only_if_a_conversation_may_be_open() {
        let mut never_sent = escalation();
        never_sent.choose_messaging(deployment(), at(0));
        never_sent.rescue(CaseReason::StartFailed, Some("refused (400)"), at(180));
        assert_eq!(never_sent.close, None);
        assert_eq!(never_sent.timeline.last().unwrap().detail.as_deref(), Some("startFailed: refused (400)"));
        let mut closed = live();
        closed.settle_close(Event::ConversationClosed, at(2));
        closed.end(By::Agent, at(3));
        assert_eq!((closed.close, closed.next_due()), (None, None));
    }

    #[test]
    fn an_outcome_leaves_nothing_owed_but_the_close() {
        let mut escalation = live();
        escalation.take_lease(Uuid::max(), at(90));
        escalation.end(By::SalesforceFlow, at(5));
        assert_eq!((escalation.due_at, escalation.lease.as_ref()), (None, None));
        assert_eq!(escalation.next_due(), Some(at(5)));
        assert_eq!(escalation.by, Some(By::SalesforceFlow));
    }

    #[test]
    fn a_message_is_owed_to_an_open_conversation_within_a_minute() {
        let mut escalation = live();
        escalation.due_at = Some(at(600));
        escalation.owe_forwarding(7, at(0));
        assert_eq!(escalation.due_at, Some(at(60)));
        assert!(!escalation.forwarded(6), "the last one is not in it yet");
        assert!(escalation.forwarded(7) && !escalation.forwarded(7));
    }

    #[test]
    fn a_session_that_takes_no_message_is_looked_at_at_once() {
        let mut escalation = live();
        assert!(escalation.session_has_ended(at(5)) && !escalation.session_has_ended(at(6)));
        let ended_at = escalation.messaging.as_ref().and_then(|messaging| messaging.session_ended_at);
        assert_eq!((escalation.due_at, ended_at), (Some(at(5)), Some(at(5))));
    }

    #[test]
    fn a_404_proves_nothing_until_fifteen_minutes_after_the_last_create() {
        let messaging = live().messaging.unwrap();
        assert_eq!(messaging.absent_from(), at(1) + TimeDelta::minutes(15));
        assert_eq!(messaging.start_deadline(), at(180));
    }
}

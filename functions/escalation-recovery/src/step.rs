//! What an escalation that is due needs: pure rules.

use chrono::{DateTime, TimeDelta, Utc};
use shared::escalation::{CaseReason, Escalation, Messaging, Status};

/// Whoever was hinted gets this long before it is hinted again.
const HINT_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);

/// What is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// The work of the function that is responsible for the status, or a look at the live conversation.
    pub(crate) work: bool,
    /// The close of a conversation.
    pub(crate) close: bool,
}

impl Due {
    pub(crate) fn is_any(self) -> bool {
        self.work || self.close
    }
}

/// Moves what is due, so that no other run hints the same; a start that took too long becomes a Case.
pub(crate) fn move_on(escalation: &mut Escalation, now: DateTime<Utc>) -> Due {
    let due = Due {
        work: escalation.due_at.is_some_and(|at| at <= now),
        close: escalation.close.is_some_and(|close| close.at <= now),
    };
    if due.work {
        escalation.due_at = Some(now + HINT_AGAIN_AFTER);
    }
    if let Some(close) = escalation.close.as_mut().filter(|_| due.close) {
        close.at = now + HINT_AGAIN_AFTER;
    }
    if due.work && has_not_started(escalation, now) {
        escalation.rescue(CaseReason::StartFailed, None, now);
    }
    due
}

fn has_not_started(escalation: &Escalation, now: DateTime<Utc>) -> bool {
    let deadline = escalation.messaging.as_ref().map(Messaging::start_deadline);
    escalation.status == Status::StartingMessaging && deadline.is_none_or(|deadline| deadline <= now)
}

#[cfg(test)]
mod tests {
    use shared::escalation::{By, Event};
    use shared::salesforce::Host;
    use shared::settings::MessagingSettings;
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn starting() -> Escalation {
        let url = Host::parse_messaging("acme", false).unwrap();
        let deployment =
            MessagingSettings { organization_id: "00D000000000001".into(), developer_name: "D".into(), url };
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_messaging(deployment, at(0));
        escalation
    }

    #[test]
    fn what_is_due_is_moved_so_that_it_is_hinted_once() {
        let mut escalation = starting();
        assert_eq!(move_on(&mut escalation, at(60)), Due { work: true, close: false });
        assert_eq!(move_on(&mut escalation, at(89)), Due::default());
        assert!(move_on(&mut escalation, at(90)).work);
        assert_eq!(escalation.status, Status::StartingMessaging);
    }

    #[test]
    fn a_conversation_that_does_not_start_in_three_minutes_becomes_a_case() {
        let mut escalation = starting();
        escalation.take_lease(Uuid::max(), at(240));
        escalation.due_at = Some(at(180));
        move_on(&mut escalation, at(180));
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::StartFailed)));
        assert_eq!(escalation.lease, None, "whoever was at work on it has lost it");
        assert_eq!(escalation.timeline.last().unwrap().event, Event::RescueStarted);
        assert_eq!(escalation.close, None);
    }

    #[test]
    fn one_that_may_have_started_is_owed_its_close() {
        let mut escalation = starting();
        escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(1));
        move_on(&mut escalation, at(180));
        assert!(escalation.close.is_some());
    }

    #[test]
    fn a_final_escalation_is_driven_on_for_its_close_alone() {
        let mut escalation = starting();
        escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(1));
        escalation.end(By::SalesforceFlow, at(5));
        assert_eq!(move_on(&mut escalation, at(5)), Due { work: false, close: true });
        assert_eq!(escalation.next_due(), Some(at(35)));
    }
}

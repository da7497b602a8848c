//! What an escalation that is due needs: a pure rule.

use chrono::{DateTime, TimeDelta, Utc};
use shared::escalation::{Escalation, Status};

/// A conversation that could not be started for so long becomes a Case.
const LONGEST_START: TimeDelta = TimeDelta::minutes(3);

/// What an escalation that is due needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The responsible function.
    Hint,
    /// Nothing before this moment.
    Wait(DateTime<Utc>),
    /// A Case, because live did not start.
    MakeCase,
}

pub(crate) fn next_step(escalation: &Escalation, now: DateTime<Utc>) -> Step {
    if escalation.status != Status::StartingMessaging {
        return Step::Hint;
    }
    let chosen_at = escalation.decision.as_ref().map_or(escalation.accepted_at, |decision| decision.decided_at);
    let latest = chosen_at + LONGEST_START;
    if now < latest { Step::Wait(latest) } else { Step::MakeCase }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn starting() -> (Escalation, DateTime<Utc>) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, now);
        escalation.status = Status::StartingMessaging;
        (escalation, now)
    }

    #[test]
    fn a_conversation_that_does_not_start_in_three_minutes_becomes_a_case() {
        let (escalation, now) = starting();
        assert_eq!(next_step(&escalation, now + TimeDelta::seconds(179)), Step::Wait(now + TimeDelta::minutes(3)));
        assert_eq!(next_step(&escalation, now + TimeDelta::minutes(3)), Step::MakeCase);
    }

    #[test]
    fn whatever_else_is_due_is_hinted() {
        let (mut escalation, now) = starting();
        for status in [Status::Received, Status::CreatingCase] {
            escalation.status = status;
            assert_eq!(next_step(&escalation, now + TimeDelta::days(1)), Step::Hint);
        }
    }
}

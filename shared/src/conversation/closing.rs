//! The close that is owed to a conversation: done, impossible, or to be tried again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::escalation::{Escalation, Event};

/// A conversation whose creation may come late is looked for so often.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);
const FIRST_DELAY: TimeDelta = TimeDelta::seconds(20);
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(10);

/// What a try to close a conversation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is closed, or it is certain that it never existed.
    Closed,
    /// Its creation may still come: to be tried again.
    NotYetThere,
    /// Salesforce did not answer as it should: to be tried again.
    Failed,
    /// The token has run out: it cannot be closed.
    TokenExpired,
}

impl Closing {
    /// After a 404.
    #[must_use]
    pub fn not_found(escalation: &Escalation, now: DateTime<Utc>) -> Self {
        let absent_from = escalation.messaging.as_ref().map(crate::escalation::Messaging::absent_from);
        if absent_from.is_none_or(|absent_from| absent_from <= now) { Self::Closed } else { Self::NotYetThere }
    }
}

/// The transition after a try; `false` if nothing is owed any more.
pub fn apply_closing(escalation: &mut Escalation, closing: Closing, now: DateTime<Utc>) -> bool {
    let Some(owed) = &mut escalation.close else { return false };
    match closing {
        Closing::Closed => escalation.settle_close(Event::ConversationClosed, now),
        Closing::TokenExpired => escalation.settle_close(Event::ConversationNotClosed, now),
        Closing::NotYetThere => owed.at = now + LOOK_AGAIN,
        Closing::Failed => {
            owed.at = now + (FIRST_DELAY * (1 << owed.failures.min(10))).min(LONGEST_DELAY);
            owed.failures = owed.failures.saturating_add(1);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::escalation::By;
    use crate::settings::samples::deployment;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    /// Created at 0, ended at 60.
    fn ended() -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_messaging(deployment(), at(0));
        escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(0));
        escalation.end(By::SalesforceFlow, at(60));
        escalation
    }

    #[test]
    fn a_404_settles_the_close_only_fifteen_minutes_after_the_last_create() {
        assert_eq!(Closing::not_found(&ended(), at(15 * 60 - 1)), Closing::NotYetThere);
        assert_eq!(Closing::not_found(&ended(), at(15 * 60)), Closing::Closed);
    }

    #[test]
    fn a_late_conversation_is_looked_for_every_minute() {
        let mut escalation = ended();
        assert!(apply_closing(&mut escalation, Closing::NotYetThere, at(70)));
        assert_eq!(escalation.next_due(), Some(at(130)));
    }

    #[test]
    fn failures_are_tried_again_later_and_later() {
        let mut escalation = ended();
        let mut delays = Vec::new();
        for _ in 0..8 {
            apply_closing(&mut escalation, Closing::Failed, at(70));
            delays.push((escalation.next_due().unwrap() - at(70)).num_seconds());
        }
        assert_eq!(delays, [20, 40, 80, 160, 320, 600, 600, 600]);
    }

    #[test]
    fn what_is_settled_is_not_owed_again_and_says_how() {
        for (closing, event) in
            [(Closing::Closed, Event::ConversationClosed), (Closing::TokenExpired, Event::ConversationNotClosed)]
        {
            let mut escalation = ended();
            apply_closing(&mut escalation, closing, at(70));
            assert_eq!((escalation.next_due(), escalation.timeline.last().unwrap().event), (None, event));
            assert!(!apply_closing(&mut escalation, closing, at(71)), "{closing:?}");
        }
    }
}

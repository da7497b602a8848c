//! How long what is stored about customers is kept.

use chrono::{DateTime, TimeDelta, Utc};

/// How long what is stored is kept. Nothing of an escalation expires while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    transcripts: TimeDelta,
    outcomes: TimeDelta,
    audit: TimeDelta,
}

/// In whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// What a customer said and sent, counted from when it was stored: 7 to 3,650. A Case that fails is retried for 3 days.
    pub transcripts: u16,
    /// A finished escalation, counted from its end: at least as long as transcripts, which it leads to, and at most 3,650.
    pub outcomes: u16,
    /// An entry of an audit: 30 to 3,650.
    pub audit: u16,
}

/// Days that do not make a [`Retention`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Of transcripts.
    #[error("transcripts must be kept for 7 to 3,650 days")]
    Transcripts,
    /// Of outcomes.
    #[error("outcomes must be kept for as long as transcripts or longer, and at most 3,650 days")]
    Outcomes,
    /// Of the audit.
    #[error("the audit must be kept for 30 to 3,650 days")]
    Audit,
}

const LONGEST: TimeDelta = TimeDelta::days(3_650);

impl Retention {
    /// The shortest that there is.
    pub const SHORTEST: Self =
        Self { transcripts: TimeDelta::days(7), outcomes: TimeDelta::days(7), audit: TimeDelta::days(30) };

    /// Keeps things for so many days.
    ///
    /// # Errors
    /// Names what is kept too briefly or too long.
    pub fn new(days: Days) -> Result<Self, RetentionError> {
        let [transcripts, outcomes, audit] =
            [days.transcripts, days.outcomes, days.audit].map(|days| TimeDelta::days(days.into()));
        for (time, shortest, error) in [
            (transcripts, Self::SHORTEST.transcripts, RetentionError::Transcripts),
            (outcomes, transcripts, RetentionError::Outcomes),
            (audit, Self::SHORTEST.audit, RetentionError::Audit),
        ] {
            if !(shortest..=LONGEST).contains(&time) {
                return Err(error);
            }
        }
        Ok(Self { transcripts, outcomes, audit })
    }

    /// When what is stored of a conversation now expires.
    pub(crate) fn end_of_transcript(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.transcripts
    }

    /// From when on an escalation that is still open must have all that is kept of it extended; it began, or was extended, at `since`.
    pub(crate) fn extends_from(self, since: DateTime<Utc>) -> DateTime<Utc> {
        since + self.transcripts / 2
    }

    /// When an escalation that ended then expires.
    pub(crate) fn end_of_outcome(self, ended_at: DateTime<Utc>) -> DateTime<Utc> {
        ended_at + self.outcomes
    }

    /// When the marks by which an escalation is found expire: not before its outcome, even if it ends only when it would be extended.
    pub(crate) fn end_of_marks(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.transcripts + self.outcomes
    }

    /// When an entry of an audit expires.
    pub(crate) fn end_of_audit(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at + self.audit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(transcripts: u16, outcomes: u16, audit: u16) -> Result<Retention, RetentionError> {
        Retention::new(Days { transcripts, outcomes, audit })
    }

    #[test]
    fn days_have_limits_and_an_outcome_stays_as_long_as_the_transcript_that_it_leads_to() {
        assert!(days(7, 7, 30).is_ok() && days(3_650, 3_650, 3_650).is_ok());
        assert_eq!(days(6, 90, 400), Err(RetentionError::Transcripts));
        assert_eq!(days(3_651, 3_651, 400), Err(RetentionError::Transcripts));
        assert_eq!(days(90, 89, 400), Err(RetentionError::Outcomes));
        assert_eq!(days(90, 3_651, 400), Err(RetentionError::Outcomes));
        assert_eq!(days(90, 90, 29), Err(RetentionError::Audit));
        assert_eq!(days(90, 90, 3_651), Err(RetentionError::Audit));
    }

    proptest! {
        #[test]
        fn marks_outlive_an_outcome_that_comes_before_they_are_extended(
            transcripts in 7..=3_650_u16, more in 0..3_650_u16, open_seconds in 0..3_650 * 86_400_i64,
        ) {
            let retention = days(transcripts, transcripts.saturating_add(more).min(3_650), 400).unwrap();
            let began = DateTime::UNIX_EPOCH;
            let open = TimeDelta::seconds(open_seconds).min(retention.extends_from(began) - began);
            prop_assert!(retention.end_of_outcome(began + open) <= retention.end_of_marks(began));
        }

        #[test]
        fn there_are_days_left_to_extend_what_an_open_escalation_needs(transcripts in 7..=3_650_u16) {
            let retention = days(transcripts, transcripts, 400).unwrap();
            let began = DateTime::UNIX_EPOCH;
            prop_assert!(retention.end_of_transcript(began) - retention.extends_from(began) >= TimeDelta::hours(84));
            prop_assert!(retention.extends_from(began) - began > TimeDelta::hours(72), "longer than any Case is retried");
        }
    }
}

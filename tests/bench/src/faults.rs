//! What went wrong with messages on their way.

use std::collections::HashSet;
use std::iter::Sum;

use crate::mark::{Mark, Speaker};

/// What went wrong with messages on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Sent, and never arrived.
    pub(crate) lost: usize,
    /// Arrived once more, or in another conversation.
    pub(crate) doubled: usize,
    /// Arrived after one that was sent later.
    pub(crate) out_of_order: usize,
}

impl Faults {
    /// Of a speaker's messages in one customer's conversation, of which so many were sent, where these arrived in this order.
    pub(crate) fn of(speaker: Speaker, customer: u32, sent: u32, arrived: &[Mark]) -> Self {
        let arrived = arrived.iter().filter(|mark| mark.speaker == speaker);
        let expected = |mark: &&Mark| mark.customer == customer && (1..=sent).contains(&mark.number);
        let mut seen = HashSet::new();
        let mut faults = Self::default();
        let mut latest = 0;
        for mark in arrived {
            if !expected(&mark) || !seen.insert(mark.number) {
                faults.doubled += 1;
            } else if mark.number < latest {
                faults.out_of_order += 1;
            } else {
                latest = mark.number;
            }
        }
        faults.lost = sent as usize - seen.len();
        faults
    }

    /// Whether nothing did.
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Sum for Faults {
    fn sum<I: Iterator<Item = Self>>(faults: I) -> Self {
        faults.fold(Self::default(), |all, one| Self {
            lost: all.lost + one.lost,
            doubled: all.doubled + one.doubled,
            out_of_order: all.out_of_order + one.out_of_order,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults(sent: u32, arrived: &[u32]) -> Faults {
        let mark = |number: &u32| Mark { speaker: Speaker::Agent, customer: 1, number: *number };
        Faults::of(Speaker::Agent, 1, sent, &arrived.iter().map(mark).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_lost_doubled_or_late_is_counted_apart() {
        assert_eq!(faults(3, &[1, 2, 3]), Faults::default());
        assert_eq!(faults(3, &[1, 3]), Faults { lost: 1, ..Faults::default() });
        assert_eq!(faults(3, &[1, 2, 2, 3, 1]), Faults { doubled: 2, ..Faults::default() });
        assert_eq!(faults(3, &[3, 1, 2]), Faults { out_of_order: 2, ..Faults::default() });
    }

    #[test]
    fn what_was_never_said_here_is_one_too_many() {
        assert_eq!(faults(1, &[1, 2]), Faults { doubled: 1, ..Faults::default() });
        let stray = Mark { speaker: Speaker::Agent, customer: 2, number: 1 };
        assert_eq!(Faults::of(Speaker::Agent, 1, 1, &[stray]), Faults { lost: 1, doubled: 1, out_of_order: 0 });
    }

    #[test]
    fn each_speaker_s_messages_are_looked_at_alone() {
        let said = |speaker, number| Mark { speaker, customer: 1, number };
        let arrived = [said(Speaker::Agent, 1), said(Speaker::Customer, 1), said(Speaker::Agent, 2)];
        assert!(Faults::of(Speaker::Agent, 1, 2, &arrived).are_none());
        assert!(Faults::of(Speaker::Customer, 1, 1, &arrived).are_none());
    }

    proptest! {
        #[test]
        fn only_all_of_them_in_order_are_without_fault(sent in 0_u32..6, arrived in prop::collection::vec(1_u32..6, 0..6)) {
            let is_whole = arrived == (1..=sent).collect::<Vec<_>>();
            prop_assert_eq!(faults(sent, &arrived).are_none(), is_whole);
        }
    }
}

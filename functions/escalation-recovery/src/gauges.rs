//! How things stand, as a run finds them.

use chrono::{DateTime, Utc};
use shared::metrics::Metric;
use shared::store::DueItem;

/// What a run has seen of what was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gauges {
    /// When the oldest escalation was accepted that lacks both outcome and human.
    waits_since: Option<DateTime<Utc>>,
    /// Since when the most overdue work is due.
    due_since: Option<DateTime<Utc>>,
}

impl Gauges {
    /// Work that waits for an org that is left alone is not late, but who waits for it grows older.
    pub(crate) fn see(&mut self, item: &DueItem, waits_for_org: bool) {
        self.waits_since = self.waits_since.into_iter().chain(item.waits_since).min();
        if !waits_for_org {
            self.due_since = self.due_since.into_iter().chain([item.due_at]).min();
        }
    }

    /// The run's figures; it began at `now`.
    pub(crate) fn metrics(self, stuck: u32, now: DateTime<Utc>) -> [Metric; 4] {
        let seconds = |since: Option<DateTime<Utc>>| {
            let age = since.map_or(0, |since| (now - since).num_seconds().max(0));
            u32::try_from(age).unwrap_or(u32::MAX)
        };
        [
            Metric::RecoveryRuns,
            Metric::StuckNow(stuck),
            Metric::OldestOpenSeconds(seconds(self.waits_since)),
            Metric::OverdueSeconds(seconds(self.due_since)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use shared::store::DueWork;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn item(due: i64, waits_since: Option<i64>) -> DueItem {
        let work = DueWork::RedriveStuck;
        let waits_since = waits_since.map(at);
        DueItem { organisation_id: "acme".into(), work, due_at: at(due), waits_since, calls_rest_api: true }
    }

    fn seen(items: &[(DueItem, bool)]) -> [Metric; 4] {
        let mut gauges = Gauges::default();
        for (item, waits_for_org) in items {
            gauges.see(item, *waits_for_org);
        }
        gauges.metrics(3, at(1_000))
    }

    fn figures(oldest: u32, overdue: u32) -> [Metric; 4] {
        let (oldest, overdue) = (Metric::OldestOpenSeconds(oldest), Metric::OverdueSeconds(overdue));
        [Metric::RecoveryRuns, Metric::StuckNow(3), oldest, overdue]
    }

    #[test]
    fn the_oldest_and_the_most_overdue_count_whichever_they_are() {
        let items = [(item(990, Some(400)), false), (item(970, None), false), (item(999, Some(700)), false)];
        assert_eq!(seen(&items), figures(600, 30));
    }

    #[test]
    fn a_run_that_finds_nothing_due_says_so() {
        assert_eq!(seen(&[]), figures(0, 0));
    }

    #[test]
    fn work_that_waits_for_its_org_is_not_late_but_grows_old() {
        assert_eq!(seen(&[(item(100, Some(50)), true), (item(995, None), false)]), figures(950, 5));
    }
}

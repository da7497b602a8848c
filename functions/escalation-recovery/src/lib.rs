//! Drives on every escalation that something is owed to. It is the only retry machine: hints may be lost, its index may not.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Timelike as _, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde::Serialize;
use shared::clock::Clock;
use shared::hints::Hints;
use shared::store::{DUE_PARTITIONS, DueItem, DueWork, Store, StoreError};

mod drive;
mod redrive;
mod step;

/// How much one run gives to one organisation, so that its trouble does not keep the others waiting.
const MAX_PER_ORGANISATION: usize = 50;
/// Items that are driven at the same time.
const CONCURRENCY: usize = 16;

/// What recovery works with.
pub struct EscalationRecovery {
    /// The table.
    pub store: Store,
    /// To whichever function is due.
    pub hints: Hints,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What a run did; for a person who invokes the function by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Items that were due and not held back.
    pub driven: usize,
    /// Items that stay due for a later run.
    pub held_back: usize,
}

/// One run: reads the sparse index of what is due, never the table, and drives each item on.
///
/// # Errors
/// The index could not be read; the next minute's run reads it again.
pub async fn handle(recovery: &EscalationRecovery) -> Result<Outcome, StoreError> {
    let now = recovery.clock.now();
    let mut run = Run { now, quotas: HashMap::new(), outcome: Outcome::default() };
    for partition in partitions(now) {
        run.partition(recovery, partition).await?;
    }
    Ok(run.outcome)
}

/// Each minute begins at another partition, so that a run that is cut short leaves out others than the one before it.
fn partitions(now: DateTime<Utc>) -> impl Iterator<Item = u8> {
    let first = u8::try_from(now.minute()).unwrap_or_default();
    (0..DUE_PARTITIONS).map(move |offset| (first + offset) % DUE_PARTITIONS)
}

/// One run's share for each organisation, and what was done.
struct Run {
    now: DateTime<Utc>,
    quotas: HashMap<String, usize>,
    outcome: Outcome,
}

impl Run {
    async fn partition(&mut self, recovery: &EscalationRecovery, partition: u8) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = recovery.store.due(partition, self.now, after).await?;
            let mut taken = Vec::new();
            for item in page.items {
                self.know_quota(recovery, &item.organisation_id).await?;
                taken.extend(self.take(item));
            }
            iter(taken).for_each_concurrent(CONCURRENCY, |item| drive_logged(recovery, item)).await;
            if page.next.is_none() {
                return Ok(());
            }
            after = page.next;
        }
    }

    async fn know_quota(&mut self, recovery: &EscalationRecovery, organisation_id: &str) -> Result<(), StoreError> {
        if !self.quotas.contains_key(organisation_id) {
            let pause = recovery.store.not_before(organisation_id).await?;
            let is_paused = pause.is_some_and(|pause| pause.at > self.now);
            let quota = if is_paused { 0 } else { MAX_PER_ORGANISATION };
            self.quotas.insert(organisation_id.to_owned(), quota);
        }
        Ok(())
    }

    fn take(&mut self, item: DueItem) -> Option<DueItem> {
        let quota = self.quotas.entry(item.organisation_id.clone()).or_default();
        if *quota == 0 {
            self.outcome.held_back += 1;
            return None;
        }
        *quota -= 1;
        self.outcome.driven += 1;
        Some(item)
    }
}

/// One item's failure does not keep the others: it stays due.
async fn drive_logged(recovery: &EscalationRecovery, item: DueItem) {
    let driven = match item.work {
        DueWork::Escalation(escalation_id) => drive::drive(recovery, escalation_id).await,
        DueWork::RedriveStuck => redrive::redrive(recovery, &item.organisation_id).await,
    };
    if let Err(error) = driven {
        tracing::warn!(%error, organisation_id = item.organisation_id, "not driven on, still due");
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn item(organisation_id: &str) -> DueItem {
        DueItem { organisation_id: organisation_id.into(), work: DueWork::RedriveStuck }
    }

    fn run(quotas: &[(&str, usize)]) -> Run {
        let quotas = quotas.iter().map(|(organisation, quota)| ((*organisation).to_owned(), *quota)).collect();
        Run { now: DateTime::UNIX_EPOCH, quotas, outcome: Outcome::default() }
    }

    #[test]
    fn an_organisation_gets_no_more_than_its_share_of_a_run() {
        let mut run = run(&[("big", 50), ("small", 50)]);
        (0..1000).for_each(|_| drop(run.take(item("big"))));
        assert!(run.take(item("small")).is_some());
        assert_eq!(run.outcome, Outcome { driven: 51, held_back: 950 });
    }

    #[test]
    fn an_organisation_that_is_left_alone_gets_nothing() {
        let mut run = run(&[("down", 0)]);
        assert!(run.take(item("down")).is_none());
        assert_eq!(run.outcome, Outcome { driven: 0, held_back: 1 });
    }

    #[test]
    fn every_run_sees_all_partitions_and_each_minute_begins_elsewhere() {
        for minute in 0..60 {
            let mut seen: Vec<_> = partitions(DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)).collect();
            assert_eq!(i64::from(seen[0]), minute % 16);
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..DUE_PARTITIONS));
        }
    }
}

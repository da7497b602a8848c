//! Drives on every escalation that something is owed to. It is the only retry machine: hints may be lost, its index may not.

use std::collections::HashMap;
use std::sync::Arc;

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
    let mut selection = Selection::default();
    for partition in 0..DUE_PARTITIONS {
        select(recovery, partition, &mut selection).await?;
    }
    let outcome = Outcome { driven: selection.taken.len(), held_back: selection.held_back };
    iter(selection.taken).for_each_concurrent(CONCURRENCY, |item| drive_logged(recovery, item)).await;
    Ok(outcome)
}

/// What this run takes on.
#[derive(Default)]
struct Selection {
    taken: Vec<DueItem>,
    held_back: usize,
    quota: HashMap<String, usize>,
}

async fn select(recovery: &EscalationRecovery, partition: u8, selection: &mut Selection) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let mut due = Vec::new();
    recovery
        .store
        .due(partition, now, async |page| {
            due.extend(page);
            true
        })
        .await?;
    for item in due {
        if !selection.quota.contains_key(&item.organisation_id) {
            let pause = recovery.store.not_before(&item.organisation_id).await?;
            let quota = if pause.is_some_and(|pause| pause.at > now) { 0 } else { MAX_PER_ORGANISATION };
            selection.quota.insert(item.organisation_id.clone(), quota);
        }
        selection.take(item);
    }
    Ok(())
}

impl Selection {
    fn take(&mut self, item: DueItem) {
        match self.quota.get_mut(&item.organisation_id) {
            Some(quota) if *quota > 0 => {
                *quota -= 1;
                self.taken.push(item);
            }
            _ => self.held_back += 1,
        }
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
    use super::*;

    fn item(organisation_id: &str) -> DueItem {
        DueItem { organisation_id: organisation_id.into(), work: DueWork::RedriveStuck }
    }

    #[test]
    fn an_organisation_gets_no_more_than_its_share_of_a_run() {
        let quota = HashMap::from([("big".to_owned(), 50), ("small".to_owned(), 50)]);
        let mut selection = Selection { quota, ..Selection::default() };
        (0..1000).for_each(|_| selection.take(item("big")));
        selection.take(item("small"));
        assert_eq!((selection.taken.len(), selection.held_back), (51, 950));
    }

    #[test]
    fn an_organisation_that_is_left_alone_gets_nothing() {
        let mut selection = Selection { quota: HashMap::from([("down".to_owned(), 0)]), ..Selection::default() };
        selection.take(item("down"));
        assert_eq!((selection.taken.len(), selection.held_back), (0, 1));
    }
}

//! Drives on every escalation that something is owed to. It is the only retry machine: hints may be lost, its index may not.
//!
//! Its tick calls nobody outside: it invokes itself for each conversation that needs a look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Timelike as _, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use shared::clock::Clock;
use shared::hints::{Hint, Hints};
use shared::ids::Ids;
use shared::logging::organisation_span;
use shared::metrics::Metric;
use shared::salesforce::Salesforce;
use shared::store::{DUE_PARTITIONS, DueItem, DueWork, STUCK_PARTITION, Store, StoreError};
use tracing::Instrument as _;

mod drive;
mod gauges;
mod look;
mod redrive;
mod step;

use gauges::Gauges;
pub use look::Looked;

/// How much one run gives to one organisation, so that its trouble does not keep the others waiting.
const MAX_PER_ORGANISATION: usize = 50;
/// Partitions of the index that are read at the same time, so that much that is due in one keeps the others waiting less.
const PARTITIONS_AT_ONCE: usize = 8;
/// Items of a partition that are driven at the same time.
const CONCURRENCY: usize = 16;

/// What recovery works with.
pub struct EscalationRecovery {
    /// The table.
    pub store: Store,
    /// To whichever function is due.
    pub hints: Hints,
    /// The companies' conversations.
    pub salesforce: Salesforce,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For leases.
    pub ids: Arc<dyn Ids>,
}

/// What an invocation is for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Request {
    /// A look at one conversation.
    Look(Hint),
    /// The tick; whatever the clock sends.
    Run(IgnoredAny),
}

/// What an invocation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A look.
    Look(Looked),
    /// A run.
    Run(Outcome),
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

/// Looks at one conversation, or runs.
///
/// # Errors
/// The table failed; what is owed stays owed.
pub async fn handle(recovery: &EscalationRecovery, request: Request) -> Result<Answer, StoreError> {
    match request {
        Request::Look(hint) => Box::pin(look::look(recovery, hint)).await.map(Answer::Look),
        Request::Run(_) => run(recovery).await.map(Answer::Run),
    }
}

/// One run: reads the sparse index of what is due, never the table, and drives each item on. A partition that fails leaves the others
/// alone. What the run has found is told at its end, if it has found all.
async fn run(recovery: &EscalationRecovery) -> Result<Outcome, StoreError> {
    let now = recovery.clock.now();
    let run = Run { now, ..Run::default() };
    let partitions = iter(partitions(now)).map(|partition| run.partition(recovery, partition));
    let done: Vec<_> = partitions.buffer_unordered(PARTITIONS_AT_ONCE).collect().await;
    done.into_iter().collect::<Result<(), _>>()?;
    let stuck = recovery.store.stuck_count().await?;
    let shares = run.shares();
    shares.gauges.metrics(stuck, now).into_iter().for_each(Metric::record);
    Ok(shares.outcome)
}

/// Each minute begins at another partition, so that a run that is cut short leaves out others than the one before it. To those that are
/// stuck, nothing is owed but a close.
fn partitions(now: DateTime<Utc>) -> impl Iterator<Item = u8> {
    let first = u8::try_from(now.minute()).unwrap_or_default();
    (0..DUE_PARTITIONS).map(move |offset| (first + offset) % DUE_PARTITIONS).chain([STUCK_PARTITION])
}

/// One run, whose partitions share what there is for each organisation.
#[derive(Default)]
struct Run {
    now: DateTime<Utc>,
    shares: Mutex<Shares>,
}

/// One run's share for each organisation, and what was done.
#[derive(Default)]
struct Shares {
    quotas: HashMap<String, usize>,
    /// Of organisations of which it is known: whether their org is left alone.
    paused: HashMap<String, bool>,
    gauges: Gauges,
    outcome: Outcome,
}

impl Run {
    async fn partition(&self, recovery: &EscalationRecovery, partition: u8) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = recovery.store.due(partition, self.now, after).await?;
            let mut taken = Vec::new();
            for item in page.items {
                if item.calls_rest_api {
                    self.know_pause(recovery, &item.organisation_id).await?;
                }
                taken.extend(self.shares().take(item));
            }
            iter(taken).for_each_concurrent(CONCURRENCY, |item| drive_logged(recovery, item)).await;
            if page.next.is_none() {
                return Ok(());
            }
            after = page.next;
        }
    }

    async fn know_pause(&self, recovery: &EscalationRecovery, organisation_id: &str) -> Result<(), StoreError> {
        if !self.shares().paused.contains_key(organisation_id) {
            let pause = recovery.store.not_before(organisation_id).await?;
            let is_paused = pause.is_some_and(|pause| pause.at > self.now);
            self.shares().paused.insert(organisation_id.to_owned(), is_paused);
        }
        Ok(())
    }

    fn shares(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shares {
    /// An org that is left alone gets no Cases; its live conversations are another service.
    fn take(&mut self, item: DueItem) -> Option<DueItem> {
        let is_paused = self.paused.get(&item.organisation_id).copied().unwrap_or_default();
        let waits_for_org = item.calls_rest_api && is_paused;
        self.gauges.see(&item, waits_for_org);
        let quota = self.quotas.entry(item.organisation_id.clone()).or_insert(MAX_PER_ORGANISATION);
        if waits_for_org || *quota == 0 {
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
    let escalation_id = match item.work {
        DueWork::Escalation(escalation_id) => Some(escalation_id),
        DueWork::RedriveStuck => None,
    };
    let driven = async {
        let driven = match item.work {
            DueWork::Escalation(escalation_id) => drive::drive(recovery, escalation_id).await,
            DueWork::RedriveStuck => redrive::redrive(recovery, &item.organisation_id).await,
        };
        if let Err(error) = driven {
            tracing::warn!(%error, "not driven on, still due");
        }
    };
    driven.instrument(organisation_span(&item.organisation_id, escalation_id)).await;
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn item(organisation_id: &str, calls_rest_api: bool) -> DueItem {
        let (due_at, work) = (DateTime::UNIX_EPOCH, DueWork::RedriveStuck);
        DueItem { organisation_id: organisation_id.into(), work, due_at, waits_since: None, calls_rest_api }
    }

    #[test]
    fn an_organisation_gets_no_more_than_its_share_of_a_run() {
        let mut shares = Shares::default();
        (0..1000).for_each(|_| drop(shares.take(item("big", true))));
        assert!(shares.take(item("small", true)).is_some());
        assert_eq!(shares.outcome, Outcome { driven: 51, held_back: 950 });
    }

    #[test]
    fn an_org_that_is_left_alone_gets_no_cases_but_its_conversations_are_looked_at() {
        let mut shares = Shares { paused: HashMap::from([("down".to_owned(), true)]), ..Shares::default() };
        (0..1000).for_each(|_| assert!(shares.take(item("down", true)).is_none()));
        assert!(shares.take(item("down", false)).is_some());
        assert_eq!(shares.outcome, Outcome { driven: 1, held_back: 1000 });
    }

    #[test]
    fn whatever_the_clock_sends_is_a_run_and_an_id_is_a_look() {
        let request = |event: &str| serde_json::from_str::<Request>(event).unwrap();
        for event in ["{}", r#"{"source":"aws.events","id":"x","detail":{}}"#, "null"] {
            assert!(matches!(request(event), Request::Run(_)), "{event}");
        }
        let id = "018f3c8e-0000-4000-8000-000000000000";
        assert!(
            matches!(request(&format!(r#"{{"escalationId":"{id}"}}"#)), Request::Look(hint) if hint.escalation_id.to_string() == id)
        );
    }

    #[test]
    fn every_run_sees_all_partitions_and_each_minute_begins_elsewhere() {
        for minute in 0..60 {
            let mut seen: Vec<_> = partitions(DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)).collect();
            assert_eq!(i64::from(seen[0]), minute % 16);
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..=STUCK_PARTITION));
        }
    }
}

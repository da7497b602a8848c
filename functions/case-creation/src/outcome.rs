//! Writes what came of an invocation: the Case, another try later, or `stuck`.

use chrono::{DateTime, TimeDelta, Utc};
use shared::conversation::apply_closing;
use shared::escalation::{Escalation, Event, Status, Stuck};
use shared::store::{Change, StoreError};
use uuid::Uuid;

use crate::CaseCreator;
use crate::attempt::{Failure, MadeCase, Progress};
use crate::pause::{Pause, next_try, not_before};
use crate::trouble::Trouble;

/// After so long without success, a person is asked.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(72);
/// A settings change that came while the old settings were used is tried at once.
const AFTER_SETTINGS_CHANGE: TimeDelta = TimeDelta::seconds(1);
/// Those who wait for the same moment come one after another.
const SPREAD_MILLISECONDS: f64 = 2_000.0;

/// Writes the outcome, if the lease is still ours, and returns what is stored.
pub(crate) async fn write(
    creator: &CaseCreator,
    leased: &Escalation,
    result: Result<MadeCase, Failure>,
) -> Result<Escalation, StoreError> {
    match result {
        Ok(made) => finish(creator, leased, &made).await,
        Err(failure) => fail(creator, leased, failure).await,
    }
}

async fn finish(creator: &CaseCreator, leased: &Escalation, made: &MadeCase) -> Result<Escalation, StoreError> {
    let now = creator.clock.now();
    let store = &creator.store;
    if made.progress.was_left_alone {
        store.clear_past_not_before(&leased.organisation_id, now).await?;
    }
    write_held(creator, leased, |escalation| created(escalation, made, now)).await
}

/// What a failure leads to.
enum Next {
    /// Nothing before this moment, and no failure counted.
    NotBefore(DateTime<Utc>),
    /// Another try, later than the one before.
    Retry(String),
    /// A person.
    Stuck(Stuck),
}

async fn fail(creator: &CaseCreator, leased: &Escalation, failure: Failure) -> Result<Escalation, StoreError> {
    let now = creator.clock.now();
    let jitter = creator.ids.fraction();
    let Failure { trouble, progress } = failure;
    let next = next(creator, leased, trouble, progress.settings_version, jitter).await?;
    write_held(creator, leased, |escalation| {
        note(escalation, &progress, now);
        escalation.case_creation.omitted.clone_from(&progress.omitted);
        escalation.case_creation.attempt.clone_from(&progress.attempt);
        match &next {
            Next::NotBefore(at) => release(escalation, *at),
            Next::Retry(detail) => retry(escalation, detail, jitter, now),
            Next::Stuck(stuck) => give_up(escalation, stuck, now),
        }
        escalation.case_creation.stuck_on_settings = progress.settings_version;
    })
    .await
}

async fn next(
    creator: &CaseCreator,
    leased: &Escalation,
    trouble: Trouble,
    settings_version: u64,
    jitter: f64,
) -> Result<Next, StoreError> {
    match trouble {
        Trouble::Store(error) => Err(error),
        Trouble::NotBefore(at) => Ok(Next::NotBefore(at + spread(jitter))),
        Trouble::Later { detail, pause, .. } => {
            if let Some(pause) = pause {
                pause_organisation(creator, leased, pause, jitter).await?;
            }
            Ok(Next::Retry(detail))
        }
        Trouble::Admin(stuck) => {
            let current = creator.store.settings(&leased.organisation_id).await?;
            let is_outdated = current.is_some_and(|current| current.version != settings_version);
            let soon = creator.clock.now() + AFTER_SETTINGS_CHANGE;
            Ok(if is_outdated { Next::NotBefore(soon) } else { Next::Stuck(stuck) })
        }
    }
}

/// Those who fail at the same time count as one failure: a pause that lasts is not made longer by them.
async fn pause_organisation(
    creator: &CaseCreator,
    leased: &Escalation,
    pause: Pause,
    jitter: f64,
) -> Result<(), StoreError> {
    let now = creator.clock.now();
    let earlier = creator.store.not_before(&leased.organisation_id).await?;
    let is_paused = earlier.is_some_and(|earlier| earlier.at > now);
    if is_paused && pause == Pause::Outage {
        return Ok(());
    }
    creator.store.put_not_before(&leased.organisation_id, not_before(pause, earlier, jitter, now)).await
}

async fn write_held(
    creator: &CaseCreator,
    leased: &Escalation,
    change: impl Fn(&mut Escalation),
) -> Result<Escalation, StoreError> {
    let lease_id = leased.lease.as_ref().map_or_else(Uuid::nil, |lease| lease.id);
    let written = creator.store.change(leased.escalation_id, |escalation| {
        let is_ours = escalation.is_held_by(lease_id) && escalation.status == Status::CreatingCase;
        if is_ours {
            escalation.lease = None;
            change(escalation);
        }
        is_ours
    });
    Ok(match written.await? {
        Change::Saved(escalation) | Change::Declined(escalation) => *escalation,
        Change::Missing => leased.clone(),
    })
}

fn created(escalation: &mut Escalation, made: &MadeCase, now: DateTime<Utc>) {
    note(escalation, &made.progress, now);
    escalation.case_created(made.case.clone(), now);
}

/// What was left out of the Case, and what became of its live conversation.
fn note(escalation: &mut Escalation, progress: &Progress, now: DateTime<Utc>) {
    if let Some(closing) = progress.closing {
        apply_closing(escalation, closing, now);
    }
    if let Some(messaging) = escalation.messaging.as_mut().filter(|_| progress.is_read_to_its_end) {
        messaging.is_read_to_its_end = true;
    }
    for part in &progress.degraded {
        escalation.record(now, Event::Degraded, part.clone());
    }
}

fn retry(escalation: &mut Escalation, detail: &str, jitter: f64, now: DateTime<Utc>) {
    let since = escalation.case_creation.since.unwrap_or(escalation.accepted_at);
    if now - since >= GIVE_UP_AFTER {
        let stuck = Stuck {
            code: "gaveUp".into(),
            detail: format!("There was no success in 72 hours. The last try: {detail}."),
            cure: "See whether the org is reachable with the settings' domain, then redrive.".into(),
        };
        return give_up(escalation, &stuck, now);
    }
    escalation.case_creation.failures = escalation.case_creation.failures.saturating_add(1);
    let at = next_try(escalation.case_creation.failures, jitter, now);
    release(escalation, at);
    escalation.record(now, Event::Retry, detail.to_owned());
}

fn release(escalation: &mut Escalation, at: DateTime<Utc>) {
    escalation.case_creation.not_before = Some(at);
    escalation.due_at = Some(at);
}

fn give_up(escalation: &mut Escalation, stuck: &Stuck, now: DateTime<Utc>) {
    escalation.status = Status::Stuck;
    escalation.stuck = Some(stuck.clone());
    escalation.due_at = None;
    escalation.record(now, Event::Stuck, stuck.code.clone());
}

fn spread(fraction: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, reason = "two seconds fit")]
    let milliseconds = (fraction * SPREAD_MILLISECONDS) as i64;
    TimeDelta::milliseconds(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::escalation::{By, CaseReason, CaseReference};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn creating() -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_case(CaseReason::OutsideBusinessHours, at(0));
        escalation
    }

    #[test]
    fn a_made_case_is_final_and_tells_what_was_left_out() {
        let mut escalation = creating();
        let case = CaseReference { id: "500x".into(), number: Some("00001027".into()), by: By::Us };
        let progress = Progress { degraded: vec!["OwnerId: X".into()], ..Progress::default() };
        created(&mut escalation, &MadeCase { case: case.clone(), progress }, at(1));
        assert_eq!((escalation.status, escalation.by, escalation.due_at), (Status::CaseCreated, Some(By::Us), None));
        assert_eq!(escalation.case, Some(case));
        let events: Vec<_> = escalation.timeline.iter().map(|entry| entry.event).collect();
        assert_eq!(events, [Event::Accepted, Event::Degraded, Event::CaseCreated]);
    }

    #[test]
    fn a_failure_is_owed_again_later_and_later() {
        let mut escalation = creating();
        retry(&mut escalation, "not available (503)", 0.5, at(10));
        let first = escalation.due_at.unwrap() - at(10);
        assert_eq!(escalation.due_at, escalation.case_creation.not_before);
        retry(&mut escalation, "not available (503)", 0.5, at(10));
        assert!(escalation.due_at.unwrap() - at(10) > first);
        assert_eq!(escalation.status, Status::CreatingCase);
    }

    #[test]
    fn after_72_hours_a_person_is_asked() {
        let mut escalation = creating();
        retry(&mut escalation, "x", 0.5, at(72 * 3600 - 1));
        assert_eq!(escalation.status, Status::CreatingCase);
        retry(&mut escalation, "x", 0.5, at(72 * 3600));
        assert_eq!((escalation.status, escalation.due_at), (Status::Stuck, None));
        assert_eq!(escalation.stuck.unwrap().code, "gaveUp");
    }
}

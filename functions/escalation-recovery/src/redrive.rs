//! Drives an organisation's stuck escalations on after its settings were changed, or after a test of them passed.

use chrono::{DateTime, Utc};
use shared::escalation::{Escalation, Event, Status};
use shared::logging::escalation_span;
use shared::store::{Filter, StoreError};
use tracing::Instrument as _;

use crate::{EscalationRecovery, MAX_PER_ORGANISATION};

/// Escalations that are looked at together.
const PAGE: usize = 50;

/// What is worth another try.
#[derive(Clone, Copy)]
struct Hope {
    /// Settings older than these.
    version: u64,
    /// Until when all that got stuck is driven on: a test has passed since.
    tested_at: Option<DateTime<Utc>>,
}

/// Drives on those that got stuck under older settings or before the test, each once. So many in one run; the others stay owed.
pub(crate) async fn redrive(recovery: &EscalationRecovery, organisation_id: &str) -> Result<(), StoreError> {
    let settings = recovery.store.settings(organisation_id).await?;
    let tested_at = recovery.store.redrives_stuck_until(organisation_id).await?;
    let hope = Hope { version: settings.map_or(0, |settings| settings.version), tested_at };
    let mut driven = 0;
    let mut after = None;
    loop {
        let stuck = Filter::Status(Status::Stuck);
        let page = recovery.store.list(organisation_id, stuck, PAGE, after.as_deref()).await?;
        for escalation in page.escalations.iter().filter(|escalation| hope.cause(escalation).is_some()) {
            if driven == MAX_PER_ORGANISATION {
                return Ok(());
            }
            drive(recovery, escalation, hope).instrument(escalation_span(escalation.escalation_id)).await?;
            driven += 1;
        }
        if page.next.is_none() {
            return recovery.store.finish_redrive(organisation_id, recovery.clock.now()).await;
        }
        after = page.next;
    }
}

async fn drive(recovery: &EscalationRecovery, stuck: &Escalation, hope: Hope) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let changed = recovery.store.change(stuck.escalation_id, |escalation| {
        let cause = hope.cause(escalation);
        if let Some(cause) = cause {
            escalation.redrive(cause, now);
        }
        cause.is_some()
    });
    if let Some(escalation) = changed.await?.saved() {
        recovery.hints.send(escalation.status, &escalation).await;
    }
    Ok(())
}

impl Hope {
    /// Why this one is driven on, if it is.
    fn cause(self, escalation: &Escalation) -> Option<&'static str> {
        if escalation.status != Status::Stuck {
            return None;
        }
        let got_stuck = escalation.timeline.iter().rev().find(|entry| entry.event == Event::Stuck)?;
        if escalation.case_creation.stuck_on_settings < self.version {
            Some("settings changed")
        } else {
            self.tested_at.filter(|tested_at| got_stuck.at <= *tested_at).map(|_| "connection test passed")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stuck(on_settings: u64, at: DateTime<Utc>) -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, DateTime::UNIX_EPOCH);
        escalation.status = Status::Stuck;
        escalation.case_creation.stuck_on_settings = on_settings;
        escalation.record(at, Event::Stuck, None);
        escalation
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn after_a_change_only_what_got_stuck_under_older_settings_is_driven_on() {
        let hope = |version| Hope { version, tested_at: None };
        let mut escalation = stuck(2, at(5));
        assert_eq!(hope(3).cause(&escalation), Some("settings changed"));
        assert_eq!(hope(2).cause(&escalation), None, "these settings did not help");
        escalation.status = Status::CreatingCase;
        assert_eq!(hope(3).cause(&escalation), None, "it is not stuck");
    }

    #[test]
    fn after_a_passed_test_all_that_got_stuck_before_is_driven_on() {
        let tested = |seconds| Hope { version: 2, tested_at: Some(at(seconds)) };
        assert_eq!(tested(5).cause(&stuck(2, at(5))), Some("connection test passed"));
        assert_eq!(tested(4).cause(&stuck(2, at(5))), None, "it got stuck since, so the test's word is not enough");
    }
}

//! Drives an organisation's stuck escalations on after its settings were changed.

use shared::escalation::{Escalation, Status};
use shared::store::{Filter, StoreError};

use crate::{EscalationRecovery, MAX_PER_ORGANISATION};

/// Escalations that are looked at together.
const PAGE: usize = 50;

/// Drives on those that got stuck under older settings, each once. So many in one run; the others stay owed.
pub(crate) async fn redrive(recovery: &EscalationRecovery, organisation_id: &str) -> Result<(), StoreError> {
    let settings = recovery.store.settings(organisation_id).await?;
    let version = settings.map_or(0, |settings| settings.version);
    let mut driven = 0;
    let mut after = None;
    loop {
        let stuck = Filter::Status(Status::Stuck);
        let page = recovery.store.list(organisation_id, stuck, PAGE, after.as_deref()).await?;
        for escalation in page.escalations.iter().filter(|escalation| is_outdated(escalation, version)) {
            if driven == MAX_PER_ORGANISATION {
                return Ok(());
            }
            drive(recovery, escalation, version).await?;
            driven += 1;
        }
        if page.next.is_none() {
            return recovery.store.finish_redrive(organisation_id, recovery.clock.now()).await;
        }
        after = page.next;
    }
}

async fn drive(recovery: &EscalationRecovery, stuck: &Escalation, version: u64) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let changed = recovery.store.change(stuck.escalation_id, |escalation| {
        let is_outdated = is_outdated(escalation, version);
        if is_outdated {
            escalation.redrive("settings changed", now);
        }
        is_outdated
    });
    if let Some(escalation) = changed.await?.saved() {
        recovery.hints.send(escalation.status, escalation.escalation_id).await;
    }
    Ok(())
}

fn is_outdated(escalation: &Escalation, version: u64) -> bool {
    escalation.status == Status::Stuck && escalation.case_creation.stuck_on_settings < version
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    #[test]
    fn only_what_got_stuck_under_older_settings_is_driven_on() {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, DateTime::UNIX_EPOCH);
        assert!(!is_outdated(&escalation, 3), "it is not stuck");
        escalation.status = Status::Stuck;
        escalation.case_creation.stuck_on_settings = 2;
        assert!(is_outdated(&escalation, 3));
        assert!(!is_outdated(&escalation, 2), "these settings did not help");
    }
}

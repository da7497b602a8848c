//! Drives an organisation's stuck escalations on after its settings were changed.

use shared::escalation::Status;
use shared::store::{Filter, StoreError};

use crate::{EscalationRecovery, MAX_PER_ORGANISATION};

/// Takes so many in one run; the others stay owed, because the redrive is not finished while any was found.
pub(crate) async fn redrive(recovery: &EscalationRecovery, organisation_id: &str) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let stuck = Filter::Status(Status::Stuck);
    let page = recovery.store.list(organisation_id, stuck, MAX_PER_ORGANISATION, None).await?;
    for escalation in &page.escalations {
        let changed = recovery.store.change(escalation.escalation_id, |escalation| {
            let is_stuck = escalation.status == Status::Stuck;
            if is_stuck {
                escalation.redrive("settings changed", now);
            }
            is_stuck
        });
        if let Some(escalation) = changed.await?.saved() {
            recovery.hints.send(escalation.status, escalation.escalation_id).await;
        }
    }
    if page.next.is_none() {
        recovery.store.finish_redrive(organisation_id, now).await?;
    }
    Ok(())
}

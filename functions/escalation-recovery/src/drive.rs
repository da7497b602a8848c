//! Drives one escalation on.

use std::cell::Cell;

use shared::escalation::{Escalation, Status};
use shared::store::{Change, StoreError};
use uuid::Uuid;

use crate::EscalationRecovery;
use crate::step::{Due, move_on};

/// Moves what is due, so that no other run does the same, and then hints; and keeps from expiring what has been open for long.
pub(crate) async fn drive(recovery: &EscalationRecovery, escalation_id: Uuid) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let due = Cell::new(Due::default());
    let moved = recovery.store.change(escalation_id, |escalation| {
        due.set(move_on(escalation, now));
        due.get().is_any()
    });
    match moved.await? {
        Change::Saved(escalation) => {
            hint(recovery, &escalation, due.get()).await;
            recovery.store.extend(&escalation).await
        }
        Change::Declined(escalation) => recovery.store.extend(&escalation).await,
        Change::Missing => Ok(()),
    }
}

/// case-creation closes the conversation itself, before it makes the Case.
async fn hint(recovery: &EscalationRecovery, escalation: &Escalation, due: Due) {
    let is_live = matches!(escalation.status, Status::Waiting | Status::Active);
    if due.work && !is_live {
        recovery.hints.send(escalation.status, escalation).await;
    } else {
        recovery.hints.look(escalation.escalation_id).await;
    }
}

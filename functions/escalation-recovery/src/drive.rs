//! Drives one escalation on.

use chrono::TimeDelta;
use shared::escalation::{CaseReason, Event};
use shared::store::StoreError;
use uuid::Uuid;

use crate::EscalationRecovery;
use crate::step::{Step, next_step};

/// A function that was hinted gets this long before it is hinted again.
const HINT_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);

/// Moves `dueAt`, so that no other run does the same, and then hints.
pub(crate) async fn drive(recovery: &EscalationRecovery, escalation_id: Uuid) -> Result<(), StoreError> {
    let now = recovery.clock.now();
    let moved = recovery.store.change(escalation_id, |escalation| {
        let is_due = escalation.due_at.is_some_and(|due_at| due_at <= now);
        if is_due {
            match next_step(escalation, now) {
                Step::Hint => escalation.due_at = Some(now + HINT_AGAIN_AFTER),
                Step::Wait(until) => escalation.due_at = Some(until),
                Step::MakeCase => {
                    escalation.choose_case(CaseReason::StartFailed, now);
                    escalation.record(now, Event::RescueStarted, "startFailed".to_owned());
                }
            }
        }
        is_due
    });
    if let Some(escalation) = moved.await?.saved() {
        recovery.hints.send(escalation.status, escalation_id).await;
    }
    Ok(())
}

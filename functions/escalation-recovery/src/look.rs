//! Looks at one live conversation, judges how it goes on, and closes one that is over.

use chrono::TimeDelta;
use serde::Serialize;
use shared::conversation::{Conversation, Forwarding, schedule_look};
use shared::escalation::{Escalation, Status};
use shared::hints::Hint;
use shared::settings::{IntegrationType, RescueSettings};
use shared::store::{Change, StoreError};
use uuid::Uuid;

use crate::EscalationRecovery;

mod close;
mod sight;

/// The function's time-out in `infra/template.yaml` and 30 seconds more: by then, its writes are over.
const LEASE: TimeDelta = TimeDelta::seconds(85);

/// What a look found or did; for a person who invokes the function by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// The escalation's status now; `null` if there is no such escalation.
    pub status: Option<Status>,
}

/// Looks at a conversation that is `waiting` or `active`, and closes one that is owed its close.
pub(crate) async fn look(recovery: &EscalationRecovery, hint: Hint) -> Result<Looked, StoreError> {
    let escalation = match take(recovery, hint).await? {
        Change::Saved(escalation) => Box::pin(watch(recovery, *escalation)).await?,
        Change::Declined(escalation) if !escalation.is_leased(recovery.clock.now()) => {
            close::close(recovery, *escalation).await?
        }
        Change::Declined(escalation) => *escalation,
        Change::Missing => return Ok(Looked { status: None }),
    };
    Ok(Looked { status: Some(escalation.status) })
}

async fn take(recovery: &EscalationRecovery, hint: Hint) -> Result<Change, StoreError> {
    let lease_id = recovery.ids.uuid();
    let now = recovery.clock.now();
    recovery
        .store
        .change(hint.escalation_id, |escalation| {
            let is_free = !escalation.is_leased(now) || escalation.is_held_by(lease_id);
            let is_taken = is_free && is_live(escalation);
            if is_taken {
                escalation.take_lease(lease_id, now + LEASE);
            }
            is_taken
        })
        .await
}

fn is_live(escalation: &Escalation) -> bool {
    matches!(escalation.status, Status::Waiting | Status::Active)
}

async fn watch(recovery: &EscalationRecovery, leased: Escalation) -> Result<Escalation, StoreError> {
    let longest_wait = longest_wait(recovery, &leased).await?;
    let (sight, token) = sight::see(recovery, &leased, longest_wait).await?;
    let now = recovery.clock.now();
    let lease_id = leased.lease.as_ref().map_or_else(Uuid::nil, |lease| lease.id);
    let written = recovery.store.change(leased.escalation_id, |escalation| {
        let is_ours = escalation.is_held_by(lease_id);
        if is_ours {
            escalation.lease = None;
            let next = sight.apply(escalation, now);
            if is_live(escalation) {
                schedule_look(escalation, next, token.as_ref(), longest_wait, now);
            }
        }
        is_ours
    });
    match written.await? {
        Change::Saved(escalation) => Box::pin(follow(recovery, *escalation)).await,
        Change::Declined(escalation) => Ok(*escalation),
        Change::Missing => Ok(leased),
    }
}

/// What the new state asks of others, or of us at once.
async fn follow(recovery: &EscalationRecovery, escalation: Escalation) -> Result<Escalation, StoreError> {
    if escalation.status.is_final() {
        return close::close(recovery, escalation).await;
    }
    let lacks_context = escalation.messaging.as_ref().is_some_and(|messaging| !messaging.context_settled);
    if !is_live(&escalation) {
        recovery.hints.send(escalation.status, &escalation).await;
    } else if lacks_context {
        recovery.hints.send(Status::StartingMessaging, &escalation).await;
    } else {
        forward(recovery, &escalation).await?;
    }
    Ok(escalation)
}

/// Brings what the customer has said into the conversation, should it not be there yet.
async fn forward(recovery: &EscalationRecovery, escalation: &Escalation) -> Result<(), StoreError> {
    let conversation = Conversation::load(&recovery.store, &recovery.salesforce, escalation).await?;
    let Some(conversation) = conversation else { return Ok(()) };
    let id = escalation.escalation_id;
    match conversation.forward(&*recovery.clock, recovery.ids.uuid()).await? {
        Forwarding::Done(number) => {
            recovery.store.change(id, |escalation| escalation.forwarded(number)).await.map(drop)
        }
        Forwarding::SessionEnded => {
            let now = recovery.clock.now();
            recovery.store.change(id, |escalation| escalation.session_has_ended(now)).await?;
            recovery.hints.look(id).await;
            Ok(())
        }
        Forwarding::Pending | Forwarding::Unreachable => Ok(()),
    }
}

async fn longest_wait(recovery: &EscalationRecovery, escalation: &Escalation) -> Result<TimeDelta, StoreError> {
    let settings = recovery.store.settings(&escalation.organisation_id).await?;
    let default = RescueSettings::default_for(IntegrationType::OmniChannelFlow);
    let rescue = settings.map_or(default, |settings| settings.rescue);
    Ok(TimeDelta::minutes(i64::from(rescue.longest_wait_minutes)))
}

//! Closes a conversation that is over for us. It needs no lease: closing twice does what closing once does.

use shared::conversation::{Closing, Conversation, apply_closing};
use shared::escalation::Escalation;
use shared::store::{Change, StoreError};

use crate::EscalationRecovery;

/// Tries the close that an escalation is owed, if it is owed one, and writes what came of it.
pub(super) async fn close(recovery: &EscalationRecovery, escalation: Escalation) -> Result<Escalation, StoreError> {
    if escalation.close.is_none() {
        return Ok(escalation);
    }
    let closing = attempt(recovery, &escalation).await?;
    let now = recovery.clock.now();
    let id = escalation.escalation_id;
    let written =
        recovery.store.change_loaded(escalation, |escalation| apply_closing(escalation, closing, now)).await?;
    match written {
        Change::Saved(escalation) | Change::Declined(escalation) => Ok(*escalation),
        Change::Missing => Err(StoreError::Corrupt(format!("escalation {id}"))),
    }
}

async fn attempt(recovery: &EscalationRecovery, escalation: &Escalation) -> Result<Closing, StoreError> {
    let conversation = Conversation::load(&recovery.store, &recovery.salesforce, escalation).await?;
    let Some(conversation) = conversation else { return Ok(Closing::TokenExpired) };
    Ok(conversation.close(recovery.clock.now()).await)
}

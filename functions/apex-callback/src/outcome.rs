//! Stores what a callback changes; then has the conversation closed, and the Case's number looked up.

use shared::escalation::Escalation;
use shared::problem::{Code, Problem};
use shared::store::{Change, StoreError};

use crate::callback::{Callback, FlowCase};
use crate::rule::{Effect, apply, lacks_number, set_case_number};
use crate::{ApexCallback, case_number};

/// Stores the outcome. What comes after that is not waited for if it fails.
///
/// # Errors
/// `notFound` if the organisation has no such escalation; `unavailable` if the table failed, and the org may call again.
pub(crate) async fn store(function: &ApexCallback, organisation_id: &str, callback: Callback) -> Result<(), Problem> {
    let not_found = || Problem::new(Code::NotFound).with_detail("there is no such escalation");
    let loaded = function.store.escalation(callback.escalation_id).await?;
    let loaded = loaded.filter(|escalation| escalation.organisation_id == organisation_id).ok_or_else(not_found)?;
    let escalation = write(function, loaded, &callback).await?;
    if escalation.close.is_some() {
        function.hints.look(escalation.escalation_id).await;
    }
    if let Some(case) = callback.case.filter(|case| lacks_number(&escalation, &case.id)) {
        add_number(function, &escalation, case).await;
    }
    Ok(())
}

/// Writes what the rule says.
async fn write(function: &ApexCallback, loaded: Escalation, callback: &Callback) -> Result<Escalation, StoreError> {
    let now = function.clock.now();
    let rule = |escalation: &mut Escalation| apply(escalation, callback, now) != Effect::Nothing;
    match function.store.change_loaded(loaded, rule).await? {
        Change::Saved(escalation) | Change::Declined(escalation) => Ok(*escalation),
        Change::Missing => Err(StoreError::Corrupt("escalation".into())),
    }
}

async fn add_number(function: &ApexCallback, escalation: &Escalation, case: FlowCase) {
    let number = match case.number {
        Some(number) => Some(number),
        None => case_number::look_up(function, &escalation.organisation_id, &case.id).await,
    };
    let Some(number) = number else { return };
    let change = function
        .store
        .change(escalation.escalation_id, move |escalation| set_case_number(escalation, &case.id, &number));
    if let Err(error) = change.await {
        tracing::warn!(%error, "the Case's number was not stored");
    }
}

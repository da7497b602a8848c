//! Makes exactly one Case with the whole conversation.
//!
//! An invocation takes the escalation's lease, makes or finds the Case, and writes what came of it: the Case, another try
//! later, or `stuck` with the cure. Whatever is repeated or cut off, there is one Case: an insert is stored before it is
//! sent, and an insert of unknown outcome is looked for before there is another.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::Serialize;
use shared::clock::Clock;
use shared::escalation::{Escalation, Status};
use shared::hints::Hint;
use shared::ids::Ids;
use shared::salesforce::Salesforce;
use shared::secrets::Secrets;
use shared::store::{Change, Needed, Store, StoreError};
use uuid::Uuid;

mod attempt;
mod description;
mod insertion;
mod live;
mod outcome;
mod pause;
mod record;
mod refusal;
mod settle;
mod trouble;

/// The function's time-out in `infra/template.yaml` and 30 seconds more: by then, its writes are over.
const LEASE: TimeDelta = TimeDelta::seconds(90);

/// What case-creation works with.
#[derive(Clone)]
pub struct CaseCreator {
    /// The table.
    pub store: Store,
    /// For the client secret.
    pub secrets: Secrets,
    /// The companies' orgs.
    pub salesforce: Salesforce,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For leases and jitter.
    pub ids: Arc<dyn Ids>,
}

/// What an invocation found or did; for a person who invokes the function by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The escalation's status now; `null` if there is no such escalation.
    pub status: Option<Status>,
    /// The Case's number, if there is one.
    pub case_number: Option<String>,
}

/// Makes the Case of an escalation that is `creatingCase`; leaves all others, and those that somebody works on, alone.
///
/// # Errors
/// The table failed; recovery hints again when the lease ends.
pub async fn handle(creator: &CaseCreator, hint: Hint) -> Result<Outcome, StoreError> {
    let creator = &creator.reading_ahead(&hint).await?;
    let escalation = match take(creator, hint.escalation_id).await? {
        Change::Saved(escalation) => *escalation,
        Change::Declined(escalation) => return Ok(Outcome::of(&escalation)),
        Change::Missing => return Ok(Outcome { status: None, case_number: None }),
    };
    // Boxed here and in `main`, because the compiler's queries do not reach through the whole future.
    let result = Box::pin(attempt::make_case(creator, &escalation)).await;
    let escalation = outcome::write(creator, &escalation, result).await?;
    Ok(Outcome::of(&escalation))
}

/// Takes the lease, unless somebody has it or it is too early.
async fn take(creator: &CaseCreator, escalation_id: Uuid) -> Result<Change, StoreError> {
    let lease_id = creator.ids.uuid();
    let now = creator.clock.now();
    let is_free = |escalation: &Escalation| {
        escalation.status == Status::CreatingCase
            && (!escalation.is_leased(now) || escalation.is_held_by(lease_id))
            && escalation.case_creation.not_before.is_none_or(|not_before| not_before <= now)
    };
    creator
        .store
        .change(escalation_id, |escalation| {
            let is_free = is_free(escalation);
            if is_free {
                escalation.take_lease(lease_id, now + LEASE);
            }
            is_free
        })
        .await
}

impl CaseCreator {
    /// The same for one invocation, which has read most of what it is going to need.
    async fn reading_ahead(&self, hint: &Hint) -> Result<Self, StoreError> {
        let mut needed = vec![Needed::Escalation(hint.escalation_id), Needed::Transcript(hint.escalation_id)];
        if let Some(id) = &hint.organisation_id {
            needed.extend([
                Needed::Settings(id),
                Needed::Session(id),
                Needed::NotBefore(id),
                Needed::CaseMechanism(id),
            ]);
        }
        Ok(Self { store: self.store.read_ahead(&needed).await?, ..self.clone() })
    }
}

impl Outcome {
    fn of(escalation: &Escalation) -> Self {
        let case_number = escalation.case.as_ref().and_then(|case| case.number.clone());
        Self { status: Some(escalation.status), case_number }
    }
}

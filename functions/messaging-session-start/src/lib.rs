//! Opens the live conversation under the escalation's id, and gives the agent its context.
//!
//! An invocation takes the escalation's lease. The guest token and the time of the attempt are stored before the conversation is
//! created, in one write, so that a later invocation finds out whether it exists instead of opening another one. If the
//! conversation cannot be opened within three minutes, or never, a Case is chosen.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::clock::Clock;
use shared::escalation::{Escalation, Messaging, Status};
use shared::hints::{Hint, Hints};
use shared::ids::Ids;
use shared::salesforce::Salesforce;
use shared::store::{Change, Needed, Store, StoreError};
use uuid::Uuid;

mod context;
mod create;
mod deliver;
mod material;
mod outcome;
mod trouble;

use create::Opening;
use trouble::Trouble;

/// The function's time-out in `infra/template.yaml` and 30 seconds more: by then, its writes are over.
const LEASE: TimeDelta = TimeDelta::seconds(105);

/// What messaging-session-start works with.
#[derive(Clone)]
pub struct MessagingStarter {
    /// The table.
    pub store: Store,
    /// To case-creation and recovery.
    pub hints: Hints,
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
}

/// Starts the conversation of an escalation that is `startingMessaging`, or sends the context that a live one lacks; leaves all
/// others, and those that somebody works on, alone.
///
/// # Errors
/// The table failed; recovery hints again when the lease ends.
pub async fn handle(starter: &MessagingStarter, hint: Hint) -> Result<Outcome, StoreError> {
    let starter = &starter.reading_ahead(&hint).await?;
    let escalation = match take(starter, hint.escalation_id).await? {
        Change::Saved(escalation) => *escalation,
        Change::Declined(escalation) => return Ok(Outcome { status: Some(escalation.status) }),
        Change::Missing => return Ok(Outcome { status: None }),
    };
    let status = Box::pin(work(starter, escalation)).await?.status;
    Ok(Outcome { status: Some(status) })
}

impl MessagingStarter {
    /// The same for one invocation, which has read most of what it is going to need.
    async fn reading_ahead(&self, hint: &Hint) -> Result<Self, StoreError> {
        let settings = hint.organisation_id.as_deref().map(Needed::Settings);
        let own = [Needed::Escalation(hint.escalation_id), Needed::Transcript(hint.escalation_id)];
        let needed: Vec<_> = settings.into_iter().chain(own).collect();
        Ok(Self { store: self.store.read_ahead(&needed).await?, ..self.clone() })
    }
}

async fn work(starter: &MessagingStarter, leased: Escalation) -> Result<Escalation, StoreError> {
    let material = match material::load(starter, &leased).await {
        Ok(material) => material,
        Err(trouble) => return outcome::not_opened(starter, leased, trouble).await,
    };
    if leased.status != Status::StartingMessaging {
        let token = starter.store.guest_token(leased.escalation_id).await?;
        return match token {
            Some(token) => Box::pin(deliver::context(starter, leased, token, &material, true)).await,
            None => outcome::not_opened(starter, leased, Trouble::no_token()).await,
        };
    }
    let may_exist = leased.messaging.as_ref().is_some_and(|messaging| messaging.create_attempted_at.is_some());
    match Box::pin(create::open(starter, leased, &material)).await? {
        Opening::Opened(escalation, token) => {
            Box::pin(deliver::context(starter, escalation, token, &material, may_exist)).await
        }
        Opening::Failed(escalation, trouble) => outcome::not_opened(starter, escalation, trouble).await,
        Opening::Superseded(escalation) => Ok(escalation),
    }
}

/// Takes the lease, unless somebody has it, it is too early, or there is nothing to do.
async fn take(starter: &MessagingStarter, escalation_id: Uuid) -> Result<Change, StoreError> {
    let lease_id = starter.ids.uuid();
    let now = starter.clock.now();
    starter
        .store
        .change(escalation_id, |escalation| {
            let is_free = !escalation.is_leased(now) || escalation.is_held_by(lease_id);
            let is_taken = is_free && is_owed(escalation, now);
            if is_taken {
                escalation.take_lease(lease_id, now + LEASE);
                bound_by_deadline(escalation);
            }
            is_taken
        })
        .await
}

fn is_owed(escalation: &Escalation, now: DateTime<Utc>) -> bool {
    let Some(messaging) = &escalation.messaging else { return false };
    let is_early = messaging.not_before.is_some_and(|not_before| not_before > now);
    let is_owed = match escalation.status {
        Status::StartingMessaging => now < messaging.start_deadline(),
        Status::Waiting | Status::Active => !messaging.context_settled,
        _ => false,
    };
    is_owed && !is_early
}

/// Recovery looks at the deadline, whatever an invocation is doing then.
fn bound_by_deadline(escalation: &mut Escalation) {
    if escalation.status == Status::StartingMessaging {
        let deadline = escalation.messaging.as_ref().map(Messaging::start_deadline);
        escalation.due_at = escalation.due_at.into_iter().chain(deadline).min();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use shared::salesforce::Host;
    use shared::settings::MessagingSettings;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    pub(crate) fn starting() -> Escalation {
        let url = Host::parse_messaging("acme", false).unwrap();
        let deployment =
            MessagingSettings { organization_id: "00D000000000001".into(), developer_name: "D".into(), url };
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_messaging(deployment, at(0));
        escalation
    }

    #[test]
    fn a_start_is_owed_for_three_minutes_and_not_before_its_pause_is_over() {
        let mut escalation = starting();
        assert!(is_owed(&escalation, at(0)) && is_owed(&escalation, at(179)) && !is_owed(&escalation, at(180)));
        escalation.messaging.as_mut().unwrap().not_before = Some(at(20));
        assert!(!is_owed(&escalation, at(19)) && is_owed(&escalation, at(20)));
    }

    #[test]
    fn a_live_one_is_owed_its_context_until_it_is_settled() {
        let mut escalation = starting();
        for status in [Status::Waiting, Status::Active] {
            escalation.status = status;
            assert!(is_owed(&escalation, at(9_999)));
        }
        escalation.messaging.as_mut().unwrap().context_settled = true;
        assert!(!is_owed(&escalation, at(9_999)));
    }

    #[test]
    fn nothing_else_is_started() {
        let mut escalation = starting();
        for status in [Status::Received, Status::CreatingCase, Status::CaseCreated, Status::Ended, Status::Stuck] {
            escalation.status = status;
            assert!(!is_owed(&escalation, at(0)), "{status:?}");
        }
    }

    #[test]
    fn a_lease_does_not_hide_the_deadline() {
        let mut escalation = starting();
        escalation.take_lease(Uuid::max(), at(100) + LEASE);
        bound_by_deadline(&mut escalation);
        assert_eq!(escalation.due_at, Some(at(180)));
    }
}

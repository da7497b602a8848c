//! Opens the conversation, at most once: an attempt is stored before it is sent, and one of unknown outcome is looked for before
//! there is another.

use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::escalation::{Escalation, Messaging as Progress};
use shared::salesforce::messaging::{GuestToken, Messaging, MessagingError};
use shared::settings::MessagingSettings;
use shared::store::{Change, StoreError};
use uuid::Uuid;

use crate::MessagingStarter;
use crate::material::Material;
use crate::trouble::Trouble;

/// Between the two looks after which an unseen conversation counts as not created.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What came of it.
pub(crate) enum Opening {
    /// It is open.
    Opened(Escalation, GuestToken),
    /// It is not, or that is not known.
    Failed(Escalation, Trouble),
    /// Somebody else decided meanwhile.
    Superseded(Escalation),
}

/// One invocation's way to an open conversation.
struct Start<'a> {
    starter: &'a MessagingStarter,
    material: &'a Material,
    messaging: Messaging<'a>,
}

/// Opens the conversation of an escalation whose lease we have, or finds it open.
pub(crate) async fn open(
    starter: &MessagingStarter,
    leased: Escalation,
    material: &Material,
) -> Result<Opening, StoreError> {
    let Some(progress) = leased.messaging.clone() else { return Ok(Opening::Superseded(leased)) };
    let deployment: &MessagingSettings = &progress.deployment;
    let start = Start { starter, material, messaging: starter.salesforce.messaging(deployment) };
    let has_token = progress.failures > 0 || progress.create_attempted_at.is_some();
    let stored = if has_token { starter.store.guest_token(leased.escalation_id).await? } else { None };
    match (stored, progress.create_attempted_at) {
        (Some(token), Some(_)) => Box::pin(start.find(leased, token)).await,
        (stored, None) => Box::pin(start.begin(leased, stored)).await,
        (None, Some(_)) => Ok(Opening::Failed(leased, Trouble::no_token())),
    }
}

impl Start<'_> {
    /// The first attempt. A token that is refused although it is new is replaced once.
    async fn begin(&self, leased: Escalation, stored: Option<GuestToken>) -> Result<Opening, StoreError> {
        match Box::pin(self.attempt(leased, stored)).await? {
            Opening::Failed(escalation, Trouble::TokenRejected) => Box::pin(self.attempt(escalation, None)).await,
            opening => Ok(opening),
        }
    }

    async fn attempt(&self, leased: Escalation, stored: Option<GuestToken>) -> Result<Opening, StoreError> {
        let token = match stored {
            Some(token) => token,
            None => match self.messaging.token(self.starter.clock.now()).await {
                Ok(token) => token,
                Err(error) => return Ok(Opening::Failed(leased, Trouble::with_token(&error))),
            },
        };
        let lease = lease_of(&leased);
        let now = self.starter.clock.now();
        let attempted = |escalation: &mut Escalation| set_attempted_at(escalation, lease, now);
        let leased = match self.starter.store.change_with_guest_token(leased.clone(), &token, attempted).await? {
            Change::Saved(escalation) => *escalation,
            Change::Declined(escalation) => return Ok(Opening::Superseded(*escalation)),
            Change::Missing => return Ok(Opening::Superseded(leased)),
        };
        match self.create(&leased, &token).await {
            Ok(()) => Ok(Opening::Opened(leased, token)),
            Err(MessagingError::UnknownOutcome(_)) => self.find(leased, token).await,
            Err(error) => Ok(Opening::Failed(not_attempted(leased), Trouble::with_create(&error))),
        }
    }

    /// Looks for a conversation whose creation had an unknown outcome; not found twice, it is created under the same id.
    async fn find(&self, leased: Escalation, token: GuestToken) -> Result<Opening, StoreError> {
        for pause in [LOOK_AGAIN, Duration::ZERO] {
            match self.messaging.routing_status(&token.access_token, leased.escalation_id).await {
                Ok(Some(_)) => return Ok(Opening::Opened(leased, token)),
                Ok(None) => tokio::time::sleep(pause).await,
                Err(error) => return Ok(Opening::Failed(leased, Trouble::with_lost_create(&error))),
            }
        }
        let (lease, now) = (lease_of(&leased), self.starter.clock.now());
        let attempted = |escalation: &mut Escalation| set_attempted_at(escalation, lease, now);
        let leased = match self.starter.store.change_loaded(leased.clone(), attempted).await? {
            Change::Saved(escalation) => *escalation,
            Change::Declined(escalation) => return Ok(Opening::Superseded(*escalation)),
            Change::Missing => return Ok(Opening::Superseded(leased)),
        };
        match self.create(&leased, &token).await {
            Ok(()) => Ok(Opening::Opened(leased, token)),
            Err(error) => Ok(Opening::Failed(leased, Trouble::with_lost_create(&error))),
        }
    }

    async fn create(&self, leased: &Escalation, token: &GuestToken) -> Result<(), MessagingError> {
        let attributes = &self.material.routing_attributes.values;
        let language = self.material.language();
        self.messaging.create(&token.access_token, leased.escalation_id, attributes, &language).await
    }
}

fn lease_of(leased: &Escalation) -> Uuid {
    leased.lease.as_ref().map_or_else(Uuid::nil, |lease| lease.id)
}

/// From here on the conversation may exist.
fn set_attempted_at(escalation: &mut Escalation, lease: Uuid, now: DateTime<Utc>) -> bool {
    let is_held = escalation.is_held_by(lease);
    let progress = escalation.messaging.as_mut().filter(|_| is_held);
    progress.map(|progress| progress.create_attempted_at = Some(now)).is_some()
}

/// An attempt that was refused, or that never arrived, made nothing.
fn not_attempted(mut leased: Escalation) -> Escalation {
    leased.messaging = leased.messaging.map(|progress| Progress { create_attempted_at: None, ..progress });
    leased
}

//! Decides whether an escalation becomes a live conversation or a Case.

use std::sync::Arc;

use serde::Serialize;
use shared::clock::Clock;
use shared::escalation::{CaseReason, Decision, DecisionReason, Escalation, Event, Status};
use shared::hints::{Hint, Hints};
use shared::routing_decision::decide;
use shared::settings::MessagingSettings;
use shared::store::{Change, Needed, Store, StoreError};

/// What the router works with.
#[derive(Clone)]
pub struct BusinessHoursRouter {
    /// The table.
    pub store: Store,
    /// To the function of the chosen route.
    pub hints: Hints,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What an invocation found or did; for a person who invokes the function by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The escalation's status now; `null` if there is no such escalation.
    pub status: Option<Status>,
}

/// Why an escalation could not be routed; recovery hints again.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Accepted without settings, which intake never does.
    #[error("the organisation has no settings")]
    NoSettings,
}

/// Routes an escalation that is `received`; leaves all others alone.
///
/// # Errors
/// See [`RoutingError`].
pub async fn handle(router: &BusinessHoursRouter, hint: Hint) -> Result<Outcome, RoutingError> {
    let router = &router.reading_ahead(&hint).await?;
    let Some(escalation) = router.store.escalation(hint.escalation_id).await? else {
        return Ok(Outcome { status: None });
    };
    if escalation.status != Status::Received {
        return Ok(Outcome { status: Some(escalation.status) });
    }
    let escalation = route(router, escalation).await?;
    router.hints.send(escalation.status, &escalation).await;
    Ok(Outcome { status: Some(escalation.status) })
}

impl BusinessHoursRouter {
    /// The same for one invocation, which has read what it is going to need.
    async fn reading_ahead(&self, hint: &Hint) -> Result<Self, StoreError> {
        let settings = hint.organisation_id.as_deref().map(Needed::Settings);
        let needed: Vec<_> = settings.into_iter().chain([Needed::Escalation(hint.escalation_id)]).collect();
        Ok(Self { store: self.store.read_ahead(&needed).await?, ..self.clone() })
    }
}

async fn route(router: &BusinessHoursRouter, escalation: Escalation) -> Result<Escalation, RoutingError> {
    let settings = router.store.settings(&escalation.organisation_id).await?.ok_or(RoutingError::NoSettings)?;
    if escalation.transcript.chunks > 1 {
        router.store.keep_transcript(&escalation).await?;
    }
    let decision = decide(&settings, router.clock.now());
    let rule = |escalation: &mut Escalation| apply(escalation, &decision, settings.messaging.as_ref());
    Ok(match router.store.change_loaded(escalation.clone(), rule).await? {
        Change::Saved(escalation) | Change::Declined(escalation) => *escalation,
        Change::Missing => escalation,
    })
}

/// The transition out of `received`. A live conversation stays with the deployment of this moment.
fn apply(escalation: &mut Escalation, decision: &Decision, deployment: Option<&MessagingSettings>) -> bool {
    if escalation.status != Status::Received {
        return false;
    }
    let now = decision.decided_at;
    match (decision.reason, deployment) {
        (DecisionReason::OutsideBusinessHours, _) => escalation.choose_case(CaseReason::OutsideBusinessHours, now),
        (_, Some(deployment)) => escalation.choose_messaging(deployment.clone(), now),
        (_, None) => escalation.choose_case(CaseReason::MessagingNotConfigured, now),
    }
    escalation.decision = Some(decision.clone());
    escalation.record(now, Event::Routed, words(decision));
    true
}

/// The decision in a few words, for the timeline.
fn words(decision: &Decision) -> String {
    let word =
        |value: serde_json::Result<serde_json::Value>| value.ok().and_then(|word| word.as_str().map(str::to_owned));
    let route = word(serde_json::to_value(decision.route)).unwrap_or_default();
    let reason = word(serde_json::to_value(decision.reason)).unwrap_or_default();
    format!("{route}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use shared::escalation::Route;
    use shared::salesforce::Host;

    fn deployment() -> MessagingSettings {
        let url = Host::parse_messaging("acme", false).unwrap();
        MessagingSettings { organization_id: "00D000000000001".into(), developer_name: "D".into(), url }
    }

    fn decided(route: Route, reason: DecisionReason) -> (Escalation, DateTime<Utc>) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut escalation = Escalation::accepted(uuid::Uuid::nil(), "acme", "c", 1, now);
        let decision = Decision { route, reason, settings_version: 3, decided_at: now, next_opening: None };
        let deployment = (route == Route::Messaging).then(deployment);
        assert!(apply(&mut escalation, &decision, deployment.as_ref()));
        assert!(!apply(&mut escalation, &decision, deployment.as_ref()), "a routed one is not routed again");
        (escalation, now)
    }

    #[test]
    fn a_case_is_owed_from_the_decision_on() {
        let (escalation, now) = decided(Route::Case, DecisionReason::OutsideBusinessHours);
        assert_eq!(escalation.status, Status::CreatingCase);
        assert_eq!(escalation.reason, Some(CaseReason::OutsideBusinessHours));
        assert_eq!(escalation.case_creation.since, Some(now));
        assert!(escalation.due_at.is_some());
        assert_eq!(escalation.timeline.last().unwrap().detail.as_deref(), Some("case: outsideBusinessHours"));
    }

    #[test]
    fn a_missing_deployment_is_told_as_such() {
        let (escalation, _) = decided(Route::Case, DecisionReason::MessagingNotConfigured);
        assert_eq!(escalation.reason, Some(CaseReason::MessagingNotConfigured));
    }

    #[test]
    fn a_live_conversation_stays_with_its_deployment_and_has_no_case_reason() {
        let (escalation, _) = decided(Route::Messaging, DecisionReason::WithinBusinessHours);
        assert_eq!((escalation.status, escalation.reason), (Status::StartingMessaging, None));
        assert_eq!(escalation.messaging.unwrap().deployment, deployment());
        assert_eq!(escalation.decision.unwrap().settings_version, 3);
    }
}

//! The scene: the orgs, as they are when a history begins, and how they call back.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use lambda_http::http::Method;
use salesforce_simulator::{CallbackSettings, Handle, MessagingOrg, OrgSettings, Outside, Script, Step};
use serde_json::Value;
use shared::clock::Clock as _;

use crate::clock::SimulatedClock;
use crate::courier::request;
use crate::dice::Dice;
use crate::function::Function;
use crate::plan::Organisation;
use crate::plant::Plant;
use crate::realm::Realm;

const CLIENT_SECRET: &str = "client-secret";

/// What the org has of the world outside.
#[derive(Debug)]
pub(crate) struct OrgsOutside {
    pub(crate) clock: SimulatedClock,
    pub(crate) realm: OnceLock<Weak<Realm>>,
}

impl Outside for OrgsOutside {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn post(&self, settings: CallbackSettings, body: Value) -> BoxFuture<'static, Option<u16>> {
        let realm = self.realm.get().and_then(Weak::upgrade);
        Box::pin(async move { call_back(&realm?, &settings, &body).await })
    }
}

async fn call_back(realm: &Arc<Realm>, settings: &CallbackSettings, body: &Value) -> Option<u16> {
    let _busy = realm.busy();
    let path = format!("/v1/callbacks/apex/{}", settings.organisation_id);
    let headers = [("authorization", format!("Bearer {}", settings.escalations_token))];
    let request = request(Method::POST, &path, &headers, body.to_string().into());
    let status = if realm.plant == Some(Plant::DroppedCallback) {
        Some(204)
    } else {
        let sent = realm.carry("the flow", realm.rates.callbacks, Function::Callback, request);
        let reply = tokio::time::timeout(Duration::from_secs(10), sent).await.ok().flatten();
        reply.map(|reply| reply.status)
    };
    realm.history.event("the flow", || format!("calls back {}: {status:?}", body["caseNumber"]));
    status
}

/// An organisation's org, before its admin has done anything.
pub(crate) fn org(handle: &Handle, organisation: &Organisation, dice: &Dice) {
    let Organisation { external_id_field, token_lifetime_seconds, session_timeout_seconds, limits, .. } = organisation;
    let messaging = MessagingOrg {
        token_lifetime_seconds: *token_lifetime_seconds,
        tokens_per_minute: limits.guest_tokens_per_minute,
        messages_per_minute: limits.messages_per_minute,
        readable_sessions: organisation.readable_sessions,
        script: script(organisation, dice),
        uncertain: organisation.uncertain,
        ..MessagingOrg::new()
    };
    handle.put_org(OrgSettings {
        external_id_field: *external_id_field,
        session_timeout_seconds: *session_timeout_seconds,
        login_limit: limits.logins_per_hour,
        daily_api_requests: limits.requests_per_day,
        messaging: Some(messaging),
        ..OrgSettings::new(&organisation.name, CLIENT_SECRET)
    });
}

fn script(organisation: &Organisation, dice: &Dice) -> Script {
    let steps = organisation.script.iter().enumerate();
    let name = &organisation.name;
    let kept = steps
        .filter(|(number, (_, action))| dice.is_kept(&format!("plan: agents of {name} {number} {}", kind(action))));
    Script(kept.map(|(_, (after_ms, action))| Step { after_ms: *after_ms, action: action.clone() }).collect())
}

/// The serialised name of an action, without what is said.
fn kind(action: &salesforce_simulator::Action) -> String {
    let json = serde_json::to_value(action).unwrap_or_default();
    json["kind"].as_str().unwrap_or_default().to_owned()
}

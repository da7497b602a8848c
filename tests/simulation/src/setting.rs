//! The scene: the org, and the organisation with its settings, as they are when a history begins.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, Weak};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use lambda_http::http::{Method, header};
use lambda_http::{Request, RequestExt as _};
use salesforce_simulator::{CallbackSettings, Handle, MessagingOrg, OrgSettings, Outside, Script, Step};
use serde_json::Value;
use shared::business_hours::{BusinessHours, OpeningInterval};
use shared::clock::Clock as _;
use shared::digest::sha256_hex;
use shared::salesforce::Host;
use shared::settings::{CaseSettings, MessagingSettings, RescueSettings, SalesforceSettings, Settings};
use shared::store::{EscalationsToken, EscalationsTokens, Store, StoreError};
use uuid::Uuid;

use crate::clock::SimulatedClock;
use crate::customer::ORGANISATION;
use crate::dice::Dice;
use crate::function::{Function, SECRETS_PREFIX};
use crate::plan::{Organisation, Plan};
use crate::plant::Plant;
use crate::realm::Realm;
use crate::salesforce::CLIENT_ID;

/// Where the org is: nothing is ever sent there.
const HOST: &str = "127.0.0.1:1";
const ESCALATIONS_TOKEN: &str = "escalations-token";
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
    let mut request = Request::new(body.to_string().into()).with_raw_http_path(&path);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse().unwrap_or_default();
    let token = format!("Bearer {}", settings.escalations_token);
    request.headers_mut().extend(token.parse().ok().map(|token| (header::AUTHORIZATION, token)));
    let status = if realm.plant == Some(Plant::DroppedCallback) {
        Some(204)
    } else {
        let sent = realm.carry("the flow", realm.rates.callbacks, Function::Callback, request);
        let reply = tokio::time::timeout(std::time::Duration::from_secs(10), sent).await.ok().flatten();
        reply.map(|reply| reply.status)
    };
    realm.history.event("the flow", || format!("calls back {}: {status:?}", body["caseNumber"]));
    status
}

/// The org of a history.
pub(crate) fn org(handle: &Handle, plan: &Plan, dice: &Dice) {
    let Organisation { external_id_field, token_lifetime_seconds, session_timeout_seconds, .. } = plan.organisation;
    let steps = plan.script.iter().enumerate();
    let kept = steps.filter(|(number, (_, action))| dice.is_kept(&format!("plan: agents {number} {}", kind(action))));
    let script =
        Script(kept.map(|(_, (after_ms, action))| Step { after_ms: *after_ms, action: action.clone() }).collect());
    let callback = CallbackSettings {
        endpoint: "https://api".into(),
        organisation_id: ORGANISATION.into(),
        escalations_token: ESCALATIONS_TOKEN.into(),
    };
    let messaging = MessagingOrg {
        token_lifetime_seconds,
        readable_sessions: plan.organisation.readable_sessions,
        callback: Some(callback),
        script,
        uncertain: plan.organisation.uncertain,
        ..MessagingOrg::new()
    };
    handle.put_org(OrgSettings {
        external_id_field,
        session_timeout_seconds,
        messaging: Some(messaging),
        ..OrgSettings::new(CLIENT_ID, CLIENT_SECRET)
    });
}

/// The serialised name of an action, without what is said.
fn kind(action: &salesforce_simulator::Action) -> String {
    let json = serde_json::to_value(action).unwrap_or_default();
    json["kind"].as_str().unwrap_or_default().to_owned()
}

/// Secrets by name.
pub(crate) fn secrets() -> BTreeMap<String, String> {
    BTreeMap::from([(format!("{SECRETS_PREFIX}{ORGANISATION}/client-secret"), CLIENT_SECRET.to_owned())])
}

/// The organisation of a history.
pub(crate) async fn organisation(
    store: &Store,
    handle: &Handle,
    plan: &Plan,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    store.put_organisation(ORGANISATION, "Acme", now).await?;
    store.put_settings(ORGANISATION, &settings(handle, &plan.organisation)?, now).await?;
    Ok(escalations_token(store, now).await?)
}

fn settings(handle: &Handle, organisation: &Organisation) -> anyhow::Result<Settings> {
    let organization_id = handle.org(CLIENT_ID).map(|org| org.organization_id).unwrap_or_default();
    let messaging = MessagingSettings {
        organization_id: organization_id.chars().take(15).collect(),
        developer_name: salesforce_simulator::DEVELOPER_NAME.into(),
        url: Host::parse_messaging(HOST, true)?,
    };
    Ok(Settings {
        version: 1,
        integration_type: organisation.integration_type,
        salesforce: SalesforceSettings {
            domain: Host::parse_salesforce(HOST, true)?,
            client_id: CLIENT_ID.into(),
            client_secret_version: "1".into(),
        },
        messaging: organisation.has_messaging.then_some(messaging),
        business_hours: Some(hours(organisation.hours)),
        routing_attributes: Vec::new(),
        case: CaseSettings::default(),
        rescue: RescueSettings { longest_wait_minutes: organisation.longest_wait_minutes },
        apex_action_configured: true,
    })
}

fn hours((open, close): (&str, &str)) -> BusinessHours {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let interval = || OpeningInterval { open: open.to_owned(), close: close.to_owned() };
    BusinessHours {
        time_zone: "UTC".into(),
        weekly: days.into_iter().map(|day| (day.to_owned(), vec![interval()])).collect(),
        exceptions: Vec::new(),
        holidays: None,
    }
}

async fn escalations_token(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let token =
        EscalationsToken { id: Uuid::nil(), digest: sha256_hex(ESCALATIONS_TOKEN), created_at: now, valid_until: None };
    let after = EscalationsTokens { revision: 1, secret_version: "1".into(), tokens: vec![token] };
    store.replace_escalations_tokens(ORGANISATION, &EscalationsTokens::default(), &after).await
}

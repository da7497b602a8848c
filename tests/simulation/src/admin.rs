//! An organisation's admin: sets it up through the API, and changes its settings while escalations are under way.

use std::sync::Arc;
use std::time::Duration;

use lambda_http::Body;
use lambda_http::http::Method;
use salesforce_simulator::{CallbackSettings, DEVELOPER_NAME};
use serde_json::{Value, json};
use shared::settings::IntegrationType;
use tokio::time::{sleep, timeout};

use crate::courier::request;
use crate::function::{Function, PLATFORM_KEY};
use crate::lambda::Reply;
use crate::plan::{Change, Choices, Organisation};
use crate::realm::Realm;

/// An admin whose change was not answered waits so long.
const AGAIN: Duration = Duration::from_secs(5);
/// Later than anybody answers.
const PATIENCE: Duration = Duration::from_secs(35);

/// An organisation's admin.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    pub(crate) realm: Arc<Realm>,
    pub(crate) organisation: Organisation,
}

impl Admin {
    /// Sets the organisation up.
    pub(crate) async fn set_up(&self) {
        let name = &self.organisation.name;
        self.until_done(Method::PUT, "", &[], &json!({ "name": name })).await;
        self.put_settings(self.organisation.choices).await;
        self.renew_escalations_token().await;
    }

    /// Makes the changes that are planned.
    pub(crate) async fn act(self) {
        let mut choices = self.organisation.choices;
        for (number, (pause, change)) in self.organisation.changes.iter().enumerate() {
            sleep(*pause).await;
            if !self.realm.dice.is_kept(&format!("plan: {} changes {number}", self.organisation.name)) {
                continue;
            }
            self.tell(|| format!("{change:?}"));
            match change {
                Change::Settings(other) => choices = *other,
                Change::EscalationsToken => self.renew_escalations_token().await,
                Change::ClientSecret { told_after } => {
                    let other = format!("client-secret {number}");
                    self.realm.salesforce.change_org(&self.organisation.name, |org| org.client_secret = other);
                    sleep(*told_after).await;
                }
            }
            self.put_settings(choices).await;
        }
    }

    /// Erases a customer; what that was answered with at last.
    pub(crate) async fn erase(&self, customer: &str) -> u16 {
        loop {
            let sent = self.send(Method::DELETE, &format!("/customers/{customer}"), &[], &Value::Null).await;
            let status = sent.map(|reply| reply.status);
            self.tell(|| format!("erases {customer}: {status:?}"));
            match status {
                Some(409 | 500..) | None => sleep(AGAIN).await,
                Some(status) => return status,
            }
        }
    }

    /// Stores the settings, with the secret that the org has by now.
    async fn put_settings(&self, choices: Choices) {
        loop {
            let shown = self.until_done(Method::GET, "/settings", &[], &Value::Null).await;
            let if_match = [("if-match", format!("\"{}\"", shown["version"]))];
            let status =
                self.send(Method::PUT, "/settings", &if_match, &self.document(choices)).await.map(|put| put.status);
            self.tell(|| format!("puts the settings: {status:?}"));
            match status {
                Some(200) => return,
                Some(412 | 500..) | None => sleep(AGAIN).await,
                Some(status) => return self.is_surprised(status),
            }
        }
    }

    /// A new token, which the org's metadata gets; the old one is valid for long enough.
    async fn renew_escalations_token(&self) {
        let path = "/settings/escalations-tokens";
        let token = self.until_done(Method::POST, path, &[], &json!({ "overlapHours": 24 })).await;
        let callback = CallbackSettings {
            endpoint: "https://api".into(),
            organisation_id: self.organisation.name.clone(),
            escalations_token: token["token"].as_str().unwrap_or_default().to_owned(),
        };
        self.realm.salesforce.change_org(&self.organisation.name, |org| {
            if let Some(messaging) = &mut org.messaging {
                messaging.callback = Some(callback);
            }
        });
    }

    fn document(&self, choices: Choices) -> Value {
        let org = self.realm.salesforce.org(&self.organisation.name);
        let (secret, id) = org.map(|org| (org.client_secret, org.organization_id)).unwrap_or_default();
        let host = &self.organisation.host;
        let messaging =
            json!({ "organizationId": id, "developerName": DEVELOPER_NAME, "url": format!("http://{host}") });
        let (open, close) = choices.hours;
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let weekly: Value = days.into_iter().map(|day| (day, json!([{ "open": open, "close": close }]))).collect();
        let is_flow = choices.integration_type == IntegrationType::OmniChannelFlow;
        json!({
            "integrationType": if is_flow { "omniChannelFlow" } else { "fullviewFlow" },
            "salesforce": { "domain": host, "clientId": self.organisation.name, "clientSecret": secret },
            "messaging": choices.has_messaging.then_some(messaging),
            "businessHours": { "timeZone": "UTC", "weekly": weekly },
            "rescue": { "longestWaitMinutes": choices.longest_wait_minutes },
            "apexActionConfigured": true,
        })
    }

    /// Sends it until it is answered as it should be; what the answer says.
    async fn until_done(&self, method: Method, path: &str, headers: &[(&'static str, String)], body: &Value) -> Value {
        loop {
            match self.send(method.clone(), path, headers, body).await {
                Some(reply) if reply.status < 300 => return reply.body,
                Some(Reply { status: 500.., .. }) | None => sleep(AGAIN).await,
                Some(reply) => {
                    self.is_surprised(reply.status);
                    return Value::Null;
                }
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &Value,
    ) -> Option<Reply> {
        let path = format!("/v1/organisations/{}{path}", self.organisation.name);
        let key = ("authorization", format!("Bearer {PLATFORM_KEY}"));
        let headers: Vec<_> = headers.iter().cloned().chain([key]).collect();
        let body = if body.is_null() { Body::Empty } else { body.to_string().into() };
        let who = format!("the admin of {}", self.organisation.name);
        let sent = self.realm.carry(
            &who,
            self.realm.rates.network,
            Function::Settings,
            request(method, &path, &headers, body),
        );
        timeout(PATIENCE, sent).await.ok().flatten()
    }

    fn is_surprised(&self, by: u16) {
        self.realm.count(|counts| counts.mistakes.push(format!("{}'s admin got {by}", self.organisation.name)));
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        self.realm.history.event(&format!("{}'s admin", self.organisation.name), what);
    }
}

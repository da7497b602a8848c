//! Live conversations: organisations that have them, and what must be true of them after every test.

use std::collections::HashSet;

use anyhow::{Context as _, ensure};
use local::Reply;
use reqwest::Method;
use salesforce_simulator::{
    Conversation, DEVELOPER_NAME, EXTERNAL_ID_FIELD, Effect, FLOW_CASE_MARK, Fault, Role, Route, Script,
};
use serde_json::{Value, json};

use crate::answer::send;
use crate::system::{Organisation, System};

/// What is owed to a conversation that is over is done within this time, if Salesforce allows it.
const LONGEST_CLOSE_MINUTES: usize = 30;

impl System {
    /// An organisation with live messaging, whose org plays this script with each conversation. It is open at any hour.
    pub async fn live_organisation(
        &self,
        id: &str,
        integration_type: &str,
        script: Script,
    ) -> anyhow::Result<Organisation> {
        let host = self.salesforce_host().to_owned();
        self.live_organisation_at(id, integration_type, script, &host).await
    }

    /// The same, with Salesforce at another host (and port).
    pub async fn live_organisation_at(
        &self,
        id: &str,
        integration_type: &str,
        script: Script,
        host: &str,
    ) -> anyhow::Result<Organisation> {
        let organisation = self
            .organisation_with(id, |settings| {
                let organization_id = self.salesforce().org(id).map(|org| org.organization_id);
                let url = format!("http://{host}");
                settings["integrationType"] = json!(integration_type);
                settings["salesforce"]["domain"] = json!(host);
                settings["messaging"] =
                    json!({ "organizationId": organization_id, "developerName": DEVELOPER_NAME, "url": url });
                settings["businessHours"] = always_open();
            })
            .await?;
        self.salesforce().change_org(id, |org| org.instance_url = Some(format!("http://{host}")));
        self.salesforce().set_script(id, script);
        Ok(organisation)
    }

    /// Puts the organisation's settings again, changed.
    pub async fn update_settings(&self, id: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
        let path = format!("/v1/organisations/{id}/settings");
        let mut document = send(self.request(Method::GET, &path)).await?.expect_status(200)?.body;
        let version = document["version"].as_u64().context("no version")?;
        change(&mut document);
        self.put_settings(id, version, &document).await?.expect_status(200)?;
        self.settle().await;
        Ok(())
    }

    /// Escalates, and returns the escalation's id when what follows at once is over.
    pub async fn start_live(&self, organisation: &str, body: &Value) -> anyhow::Result<String> {
        let id = self.accept(organisation, body).await?;
        self.settle().await;
        Ok(id)
    }

    /// Lets seconds pass, and then looks at the conversation as recovery's own hint asks for it. The escalation after all that follows.
    pub async fn look_after(&self, seconds: i64, organisation: &str, id: &str) -> anyhow::Result<Value> {
        self.pass_time(seconds);
        let hint = json!({ "escalationId": id }).to_string();
        let Reply::Payload(_) = self.stack.lambda().invoke("escalation-recovery", hint.into()).await? else {
            anyhow::bail!("the look failed");
        };
        self.settle().await;
        self.escalation(organisation, id).await
    }

    /// Lets minutes pass, with a run of recovery after each.
    pub async fn pass_minutes(&self, minutes: usize) {
        for _ in 0..minutes {
            self.pass_time(60);
            self.recover().await;
        }
    }

    /// A fault strikes all calls of a route until faults are cleared.
    pub fn fault(&self, route: Route, effect: Effect) {
        self.salesforce().add_fault(Fault { org: None, route: Some(route), times: None, effect });
    }

    /// How many calls of a route Salesforce has received.
    #[must_use]
    pub fn calls(&self, route: Route) -> usize {
        self.salesforce().requests(false).into_iter().filter(|request| request.route == route).count()
    }

    /// The conversation of an escalation in Salesforce.
    pub fn conversation(&self, organisation: &str, id: &str) -> anyhow::Result<Conversation> {
        self.salesforce().conversation(organisation, id).context("there is no conversation")
    }

    /// Drives what is owed to conversations that are over. Fails if one is open all the same, if one was opened twice or holds a
    /// text of ours twice, or if an escalation has another Case of ours than its outcome.
    pub async fn nothing_is_left_open_or_doubled(&self, organisation: &str) -> anyhow::Result<()> {
        self.settle().await;
        for _ in 0..LONGEST_CLOSE_MINUTES {
            if self.left_open(organisation).await?.is_none() {
                break;
            }
            self.pass_minutes(1).await;
        }
        let left_open = self.left_open(organisation).await?;
        ensure!(left_open.is_none(), "left open: {left_open:?}");
        for conversation in self.salesforce().conversations(organisation) {
            ensure!(conversation.sessions.len() <= 1, "opened twice: {:?}", conversation.sessions);
            let mut seen = HashSet::new();
            let texts = conversation.texts_of(Role::EndUser);
            let doubled = texts.into_iter().find(|text| !text.is_empty() && !seen.insert(*text));
            ensure!(doubled.is_none(), "doubled in {}: {doubled:?}", conversation.id);
        }
        self.no_case_is_doubled(organisation).await
    }

    /// An escalation whose conversation is open although it is over, and whose closing was not given up.
    async fn left_open(&self, organisation: &str) -> anyhow::Result<Option<Value>> {
        for conversation in self.salesforce().conversations(organisation) {
            let escalation = self.escalation(organisation, &conversation.id).await?;
            let is_live = ["waiting", "active"].contains(&escalation["status"].as_str().unwrap_or_default());
            if conversation.is_open && !is_live && !events(&escalation).contains(&"conversationNotClosed") {
                return Ok(Some(escalation));
            }
        }
        Ok(None)
    }

    async fn no_case_is_doubled(&self, organisation: &str) -> anyhow::Result<()> {
        let path = format!("/v1/organisations/{organisation}/escalations?limit=100");
        let list = send(self.request(Method::GET, &path)).await?.expect_status(200)?.body;
        let escalations = list["escalations"].as_array().into_iter().flatten();
        let mut outcomes: Vec<_> = escalations.filter(|escalation| escalation["by"] == "us").collect();
        outcomes.sort_by_key(|escalation| escalation["case"]["id"].as_str());
        let cases = self.salesforce().cases(organisation);
        let mut ours: Vec<_> = cases.iter().filter(|case| !case.contains_key(FLOW_CASE_MARK)).collect();
        ours.sort_by_key(|case| case.get("Id").and_then(Value::as_str));
        let of_outcome = |escalation: &&Value| [escalation["case"]["id"].clone(), escalation["escalationId"].clone()];
        let expected: Vec<_> = outcomes.iter().map(of_outcome).collect();
        let found: Vec<_> = ours.iter().map(|case| ["Id", EXTERNAL_ID_FIELD].map(|name| case[name].clone())).collect();
        ensure!(found == expected, "the Cases are {found:?} and not {expected:?}");
        Ok(())
    }
}

/// The events of an escalation's timeline, in order.
#[must_use]
pub fn events(escalation: &Value) -> Vec<&str> {
    timeline(escalation).filter_map(|entry| entry["event"].as_str()).collect()
}

/// The details of one kind of event in an escalation's timeline, in order.
#[must_use]
pub fn details<'a>(escalation: &'a Value, event: &str) -> Vec<&'a str> {
    timeline(escalation).filter(|entry| entry["event"] == event).filter_map(|entry| entry["detail"].as_str()).collect()
}

fn timeline(escalation: &Value) -> impl Iterator<Item = &Value> {
    escalation["timeline"].as_array().into_iter().flatten()
}

fn always_open() -> Value {
    let day = json!([{ "open": "00:00", "close": "24:00" }]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let weekly: serde_json::Map<_, _> = days.map(|name| (name.to_owned(), day.clone())).into_iter().collect();
    json!({ "timeZone": "Etc/UTC", "weekly": weekly, "exceptions": [], "holidays": null })
}

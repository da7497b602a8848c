//! Live conversations: organisations that have them, and what must be true of them after every test.

use anyhow::{Context as _, ensure};
use salesforce_simulator::{Conversation, DEVELOPER_NAME, EXTERNAL_ID_FIELD, Script};
use serde_json::{Value, json};

use crate::system::{Organisation, System};

impl System {
    /// An organisation with live messaging, whose org plays this script with each conversation. It is open at any hour.
    pub async fn live_organisation(
        &self,
        id: &str,
        integration_type: &str,
        script: Script,
    ) -> anyhow::Result<Organisation> {
        let url = self.stack.simulator().url();
        let organisation = self
            .organisation_with(id, |settings| {
                let organization_id = self.salesforce().org(id).map(|org| org.organization_id);
                settings["integrationType"] = json!(integration_type);
                settings["messaging"] =
                    json!({ "organizationId": organization_id, "developerName": DEVELOPER_NAME, "url": url });
                settings["businessHours"] = always_open();
            })
            .await?;
        self.salesforce().set_script(id, script);
        Ok(organisation)
    }

    /// Puts the organisation's settings again, changed.
    pub async fn update_settings(&self, id: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
        let path = format!("/v1/organisations/{id}/settings");
        let mut document = crate::send(self.request(reqwest::Method::GET, &path)).await?.expect_status(200)?.body;
        let version = document["version"].as_u64().context("no version")?;
        change(&mut document);
        self.put_settings(id, version, &document).await?.expect_status(200)?;
        self.settle().await;
        Ok(())
    }

    /// The conversation of an escalation in Salesforce.
    pub fn conversation(&self, organisation: &str, id: &str) -> anyhow::Result<Conversation> {
        self.salesforce().conversation(organisation, id).context("there is no conversation")
    }

    /// Fails if a conversation is open behind an outcome, if one was opened twice, or if an escalation has two Cases of ours.
    pub async fn nothing_is_left_open_or_doubled(&self, organisation: &str) -> anyhow::Result<()> {
        for conversation in self.salesforce().conversations(organisation) {
            let escalation = self.escalation(organisation, &conversation.id).await?;
            let is_live = ["waiting", "active"].contains(&escalation["status"].as_str().unwrap_or_default());
            ensure!(is_live || !conversation.is_open, "left open: {escalation}");
            ensure!(conversation.sessions.len() <= 1, "{} sessions: {escalation}", conversation.sessions.len());
        }
        let cases = self.salesforce().cases(organisation);
        let mut ours: Vec<_> = cases.iter().filter_map(|case| case.get(EXTERNAL_ID_FIELD)?.as_str()).collect();
        let count = ours.len();
        ours.sort_unstable();
        ours.dedup();
        ensure!(ours.len() == count, "a Case is doubled");
        Ok(())
    }
}

fn always_open() -> Value {
    let day = json!([{ "open": "00:00", "close": "24:00" }]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let weekly: serde_json::Map<_, _> = days.map(|name| (name.to_owned(), day.clone())).into_iter().collect();
    json!({ "timeZone": "Etc/UTC", "weekly": weekly, "exceptions": [], "holidays": null })
}

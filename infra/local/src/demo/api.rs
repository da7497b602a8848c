//! The HTTP API, with the platform key.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::stack::PLATFORM_KEY;

/// The API of a stack.
pub(crate) struct Api {
    client: Client,
    /// Base URL, without a slash at the end.
    pub(crate) url: String,
}

impl Api {
    /// The API at this base URL. A request that takes longer than `timeout` fails.
    pub(crate) fn new(url: &str, timeout: Duration) -> anyhow::Result<Self> {
        Ok(Self { client: Client::builder().timeout(timeout).build()?, url: url.to_owned() })
    }

    /// Makes an organisation, or names it again, and replaces its settings.
    pub(crate) async fn put_organisation(
        &self,
        organisation: &str,
        change: impl FnOnce(&mut Value),
    ) -> anyhow::Result<()> {
        send(self.request(Method::PUT, organisation, "").json(&json!({ "name": organisation }))).await?;
        let (mut settings, version) = send(self.request(Method::GET, organisation, "/settings")).await?;
        change(&mut settings);
        let put = self.request(Method::PUT, organisation, "/settings");
        send(put.header("if-match", version.unwrap_or_default()).json(&settings)).await?;
        Ok(())
    }

    /// A new escalations token; an older one ends.
    pub(crate) async fn escalations_token(&self, organisation: &str) -> anyhow::Result<String> {
        let request = self.request(Method::POST, organisation, "/settings/escalations-tokens");
        let (made, _) = send(request.json(&json!({ "overlapHours": 0 }))).await?;
        made["token"].as_str().map(str::to_owned).context("the answer has no token")
    }

    /// Escalates, and waits up to 25 s until the escalation is on its way; its id.
    pub(crate) async fn escalate(&self, organisation: &str, body: &Value) -> anyhow::Result<String> {
        let request = self.request(Method::POST, organisation, "/escalations").header("prefer", "wait=25");
        let (accepted, _) = send(request.json(body)).await?;
        accepted["escalationId"].as_str().map(str::to_owned).context("the answer has no escalationId")
    }

    /// Escalates without waiting; the whole answer.
    pub(crate) async fn accept(&self, organisation: &str, body: &Value) -> anyhow::Result<Value> {
        Ok(send(self.request(Method::POST, organisation, "/escalations").json(body)).await?.0)
    }

    /// The escalation as it is now.
    pub(crate) async fn escalation(&self, organisation: &str, id: &str) -> anyhow::Result<Value> {
        Ok(send(self.request(Method::GET, organisation, &format!("/escalations/{id}"))).await?.0)
    }

    fn request(&self, method: Method, organisation: &str, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/organisations/{organisation}{path}", self.url);
        self.client.request(method, url).bearer_auth(PLATFORM_KEY)
    }
}

/// The document and its `ETag`, or an error with the status and the problem's code.
async fn send(request: RequestBuilder) -> anyhow::Result<(Value, Option<String>)> {
    let response = request.send().await?;
    let (status, path) = (response.status(), response.url().path().to_owned());
    let version = response.headers().get("etag").and_then(|version| version.to_str().ok()).map(str::to_owned);
    let text = response.text().await?;
    ensure!(status.is_success(), "{path} answered {status}: {text}");
    Ok((serde_json::from_str(&text).unwrap_or_default(), version))
}

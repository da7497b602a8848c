//! Calls of Salesforce.

use std::collections::HashMap;
use std::time::Duration;

use lambda_runtime::Error;
use reqwest::{Client, Method, redirect};
use serde::Deserialize;
use serde_json::Value;

/// Tokens that Salesforce has given, by those that the recorded calls have in their place.
pub(crate) type Learned = HashMap<String, String>;

/// A request.
#[derive(Deserialize)]
pub(crate) struct Call {
    method: String,
    url: String,
    headers: HashMap<String, String>,
    body: String,
    /// The access token that the recorded answer gave, if it gave one.
    gives: Option<String>,
}

/// A client as our functions have it.
pub(crate) struct Salesforce(Client);

impl Salesforce {
    pub(crate) fn new() -> Result<Self, Error> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(redirect::Policy::none())
            .user_agent("fullview-escalations/floor");
        Ok(Self(client.build()?))
    }

    /// Sends it, and returns the token that it gave.
    pub(crate) async fn send(&self, call: Call, learned: &Learned) -> Result<Learned, Error> {
        let current = |text: String| learned.iter().fold(text, |text, (recorded, given)| text.replace(recorded, given));
        let mut request = self.0.request(Method::from_bytes(call.method.as_bytes())?, call.url);
        for (name, value) in call.headers {
            request = request.header(name, current(value));
        }
        let request = request.timeout(Duration::from_secs(20)).body(call.body);
        let answer = request.send().await?.error_for_status()?.bytes().await?;
        let Some(recorded) = call.gives else { return Ok(Learned::new()) };
        let answer: Value = serde_json::from_slice(&answer)?;
        let given = answer["accessToken"].as_str().ok_or("no access token")?;
        Ok(Learned::from([(recorded, given.to_owned())]))
    }
}

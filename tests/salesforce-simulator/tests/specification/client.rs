//! A REST client with a session in an org of its own.

use std::{error::Error, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap};
use salesforce_simulator::{Handle, Options, OrgSettings, Simulator};
use serde_json::{Value, json};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The client id of the org under test.
pub(crate) const CLIENT_ID: &str = "client-id";
pub(crate) const CLIENT_SECRET: &str = "s3cret/+=&";

pub(crate) struct Org {
    pub(crate) simulator: Simulator,
    pub(crate) settings: OrgSettings,
    pub(crate) http: Client,
    token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Org {
    pub(crate) async fn start() -> Result<Self> {
        Self::with(|_| {}).await
    }

    /// Starts a simulator with one more org, whose settings `change` makes.
    pub(crate) async fn with(change: impl FnOnce(&mut OrgSettings)) -> Result<Self> {
        let simulator = Simulator::start(Options::default()).await?;
        let mut settings = OrgSettings::new(CLIENT_ID, CLIENT_SECRET);
        change(&mut settings);
        let settings = simulator.handle().put_org(settings);
        let http = Client::builder().timeout(Duration::from_secs(20)).build()?;
        let mut org = Self { simulator, settings, http, token: String::new() };
        org.log_in().await?;
        Ok(org)
    }

    pub(crate) async fn log_in(&mut self) -> Result {
        let answer = self.token(&[("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]).await?;
        self.token = answer.body["access_token"].as_str().unwrap_or_default().into();
        Ok(())
    }

    /// A client-credentials request with these parameters besides the grant type.
    pub(crate) async fn token(&self, parameters: &[(&str, &str)]) -> Result<Answer> {
        let form = [&[("grant_type", "client_credentials")], parameters].concat();
        let url = format!("{}/services/oauth2/token", self.simulator.url());
        Answer::of(self.http.post(url).form(&form).send().await?).await
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.simulator.handle()
    }

    /// A request below `/services/data/v66.0/`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/services/data/v66.0/{path}", self.simulator.url());
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.request(Method::GET, path).send().await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        Answer::of(self.request(Method::POST, path).json(&body).send().await?).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Result<Answer> {
        Answer::of(self.request(Method::PATCH, path).json(&body).send().await?).await
    }

    pub(crate) async fn insert_case(&self, body: Value) -> Result<Answer> {
        self.post("sobjects/Case", body).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Result<Answer> {
        Answer::of(self.request(Method::GET, "query").query(&[("q", soql)]).send().await?).await
    }

    /// A composite request of Case inserts.
    pub(crate) async fn composite(&self, all_or_none: bool, subrequests: Value) -> Result<Answer> {
        self.post("composite", json!({ "allOrNone": all_or_none, "compositeRequest": subrequests })).await
    }

    /// The Cases that exist, by the simulator's own account.
    pub(crate) fn cases(&self) -> Vec<salesforce_simulator::Record> {
        self.handle().cases(CLIENT_ID)
    }
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self { status, headers, body })
    }

    /// Status, error code and fields of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str, Value) {
        let error = &self.body[0];
        (self.status, error["errorCode"].as_str().unwrap_or_default(), error["fields"].clone())
    }

    /// The id of the record that was made.
    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().unwrap_or_default()
    }
}

/// A subrequest that inserts a Case.
pub(crate) fn case_subrequest(reference_id: &str, body: &Value) -> Value {
    let url = "/services/data/v66.0/sobjects/Case";
    json!({ "method": "POST", "url": url, "referenceId": reference_id, "body": body })
}

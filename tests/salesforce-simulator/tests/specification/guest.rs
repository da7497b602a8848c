//! A customer's client with a guest token, and its event stream.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, Method, RequestBuilder, Response};
use salesforce_simulator::{
    Conversation, DEVELOPER_NAME, Handle, MessagingOrg, Options, OrgSettings, Simulator, Uncertain,
};
use serde_json::{Value, json};

use crate::client::{Answer, CLIENT_ID, CLIENT_SECRET, Result};

/// The conversation under test.
pub(crate) const CONVERSATION: &str = "6f1c8f7e-0b1d-4c4e-9a51-0a8f1f4e2b11";

pub(crate) struct Guest {
    pub(crate) simulator: Simulator,
    pub(crate) http: Client,
    pub(crate) token: String,
    /// 15 characters.
    pub(crate) org_id: String,
    /// What the token request was answered with.
    pub(crate) granted: Value,
}

/// An event of the stream.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Value,
}

/// An event stream that is being read.
pub(crate) struct EventStream {
    response: Response,
    text: String,
}

impl Guest {
    pub(crate) async fn start() -> Result<Self> {
        Self::with(|_| {}).await
    }

    /// Starts a simulator with an org whose Messaging `change` makes, and gets a token.
    pub(crate) async fn with(change: impl FnOnce(&mut MessagingOrg)) -> Result<Self> {
        let mut messaging = MessagingOrg::new();
        change(&mut messaging);
        let simulator = Simulator::start(Options::default()).await?;
        let settings = OrgSettings { messaging: Some(messaging), ..OrgSettings::new(CLIENT_ID, CLIENT_SECRET) };
        let org_id = simulator.handle().put_org(settings).organization_id[..15].to_owned();
        let http = Client::builder().timeout(Duration::from_secs(20)).build()?;
        let mut guest = Self { simulator, http, token: String::new(), org_id, granted: Value::Null };
        guest.granted = guest.ask_for_token(&guest.token_request()).await?.body;
        guest.token = guest.granted["accessToken"].as_str().unwrap_or_default().into();
        Ok(guest)
    }

    /// The same with other uncertain behaviour.
    pub(crate) async fn uncertain(change: impl FnOnce(&mut Uncertain)) -> Result<Self> {
        Self::with(|messaging| change(&mut messaging.uncertain)).await
    }

    pub(crate) fn token_request(&self) -> Value {
        let org_id = &self.org_id;
        json!({ "orgId": org_id, "esDeveloperName": DEVELOPER_NAME, "capabilitiesVersion": "1", "platform": "Web" })
    }

    pub(crate) async fn ask_for_token(&self, body: &Value) -> Result<Answer> {
        let url = self.url("authorization/unauthenticated/access-token");
        Answer::of(self.http.post(url).json(body).send().await?).await
    }

    pub(crate) async fn renew_token(&self) -> Result<Answer> {
        self.get("authorization/continuation-access-token").await
    }

    /// What the token says.
    pub(crate) fn claims(token: &str) -> Result<Value> {
        let claims = token.split('.').nth(1).ok_or("a JWT has three parts")?;
        Ok(serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims)?)?)
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.simulator.handle()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/iamessage/api/v2/{path}", self.simulator.url())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.request(Method::GET, path).send().await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        Answer::of(self.request(Method::POST, path).json(body).send().await?).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Answer> {
        Answer::of(self.request(Method::DELETE, path).send().await?).await
    }

    pub(crate) async fn create(&self) -> Result<Answer> {
        self.create_with(json!({})).await
    }

    /// Creates the conversation with these members besides the two required ones.
    pub(crate) async fn create_with(&self, members: Value) -> Result<Answer> {
        let mut body = json!({ "conversationId": CONVERSATION, "esDeveloperName": DEVELOPER_NAME });
        for (name, value) in members.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.post("conversation", &body).await
    }

    pub(crate) async fn say(&self, id: &str, text: &str) -> Result<Answer> {
        self.post(&on("message"), &message(id, text)).await
    }

    pub(crate) async fn entries(&self, query: &str) -> Result<Vec<Value>> {
        let body = self.get(&on(&format!("entries{query}"))).await?.body;
        Ok(body["conversationEntries"].as_array().cloned().unwrap_or_default())
    }

    pub(crate) async fn routing_status(&self) -> Result<Value> {
        Ok(self.get(&format!("conversation/{CONVERSATION}")).await?.body["routingStatus"].clone())
    }

    pub(crate) async fn close(&self) -> Result<Answer> {
        self.delete(&format!("conversation/{CONVERSATION}?esDeveloperName={DEVELOPER_NAME}")).await
    }

    /// The conversation by the simulator's own account.
    pub(crate) fn conversation(&self) -> Result<Conversation> {
        Ok(self.handle().conversation(CLIENT_ID, CONVERSATION).ok_or("the conversation exists")?)
    }

    /// A request for the event stream with the org's id and no `Last-Event-Id`.
    pub(crate) fn stream_request(&self) -> RequestBuilder {
        let url = format!("{}/eventrouter/v1/sse", self.simulator.url());
        self.http
            .get(url)
            .bearer_auth(&self.token)
            .header("Accept", "text/event-stream")
            .header("X-Org-Id", &self.org_id)
    }

    /// The event stream behind an event.
    pub(crate) async fn stream_after(&self, event: &Value) -> Result<EventStream> {
        let id = event.as_str().map_or_else(|| event.to_string(), Into::into);
        EventStream::of(self.stream_request().header("Last-Event-Id", id).send().await?)
    }

    /// The event stream from the token's issue on.
    pub(crate) async fn stream(&self) -> Result<EventStream> {
        self.stream_after(&self.granted["lastEventId"]).await
    }
}

impl EventStream {
    pub(crate) fn of(response: Response) -> Result<Self> {
        Ok(Self { response: response.error_for_status()?, text: String::new() })
    }

    /// The next event; nothing if the stream has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (Event::parse(frame)?, rest.to_owned());
                self.text = rest;
                return Ok(Some(event));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.text.push_str(std::str::from_utf8(&chunk)?),
                None => return Ok(None),
            }
        }
    }

    /// Reads until an event of this name.
    pub(crate) async fn until(&mut self, name: &str) -> Result<Event> {
        while let Some(event) = self.next().await? {
            if event.name == name {
                return Ok(event);
            }
        }
        Err(format!("the stream ended before {name}").into())
    }
}

impl Event {
    fn parse(frame: &str) -> Result<Self> {
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let id = field("id:").map(str::parse).transpose()?;
        let data = serde_json::from_str(field("data:").ok_or("an event has data")?)?;
        Ok(Self { name: field("event:").ok_or("an event has a name")?.into(), id, data })
    }

    /// `conversationEntry`.
    pub(crate) fn entry(&self) -> &Value {
        &self.data["conversationEntry"]
    }

    /// `entryPayload`, which is JSON text.
    pub(crate) fn payload(&self) -> Result<Value> {
        Ok(serde_json::from_str(self.entry()["entryPayload"].as_str().ok_or("the payload is text")?)?)
    }
}

/// A path on the conversation under test.
pub(crate) fn on(call: &str) -> String {
    format!("conversation/{CONVERSATION}/{call}")
}

/// The `number`th client-made id.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-5000-8000-{number:012}")
}

pub(crate) fn message(id: &str, text: &str) -> Value {
    let content = json!({ "formatType": "Text", "text": text });
    let message = json!({ "id": id, "messageType": "StaticContentMessage", "staticContent": content });
    json!({ "message": message, "esDeveloperName": DEVELOPER_NAME })
}

/// The text of a listed entry.
pub(crate) fn text(entry: &Value) -> &str {
    entry["entryPayload"]["abstractMessage"]["staticContent"]["text"].as_str().unwrap_or_default()
}

//! A customer's chat, as a page that has a conversation token.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::{Method, Response, multipart};
use serde_json::{Value, json};
use sse_stream::{Sse, SseStream};

use crate::answer::{Answer, send};
use crate::contract::check_event;
use crate::request::Request;
use crate::system::System;

/// Longer than a connection lasts.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);
/// Where something is expected, an event that has not come by then does not come.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// A customer's chat.
pub struct Chat<'a> {
    system: &'a System,
    /// The escalation's id.
    pub id: String,
    /// The conversation token.
    pub token: String,
}

/// A connection of a chat, and all that came through it.
pub struct Connection {
    events: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    longest_wait: Duration,
    /// What has come so far.
    pub seen: Vec<ChatEvent>,
}

/// An event as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatEvent {
    /// Its id; none if it is not replayed.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

impl System {
    /// Escalates, and opens the chat of the customer.
    pub async fn open_chat(&self, organisation: &str, body: &Value) -> anyhow::Result<Chat<'_>> {
        let answer = self.escalate(organisation, body).await?.expect_status(202)?;
        let member = |name: &str| answer.body[name].as_str().map(str::to_owned).context("no chat");
        Ok(self.chat(&member("escalationId")?, &member("conversationToken")?))
    }

    /// The chat of an escalation, with any token.
    #[must_use]
    pub fn chat(&self, id: &str, token: &str) -> Chat<'_> {
        Chat { system: self, id: id.to_owned(), token: token.to_owned() }
    }
}

impl Chat<'_> {
    /// A request of the chat's, with its token.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let path = format!("/v1/conversations/{}/{path}", self.id);
        self.system.request_with_key(method, &path, &self.token)
    }

    /// Asks for the events after one.
    pub async fn events(&self, last_event_id: Option<&str>) -> anyhow::Result<Response> {
        let request = self.request(Method::GET, "events").timeout(LONGEST_CONNECTION);
        let request = match last_event_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        request.send().await
    }

    /// Connects, and gets the events after one, or all.
    pub async fn connect(&self, last_event_id: Option<&str>) -> anyhow::Result<Connection> {
        let response = self.events(last_event_id).await?;
        ensure!(response.status() == 200, "{}: {}", response.status(), response.text().await?);
        let events = SseStream::from_bytes_stream(response.bytes_stream()).boxed();
        Ok(Connection { events, longest_wait: LONGEST_WAIT, seen: Vec::new() })
    }

    /// Says something.
    pub async fn say(&self, id: &str, text: &str) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, "messages").json(&json!({ "id": id, "text": text }))).await
    }

    /// Sends a file.
    pub async fn send_file(
        &self,
        id: &str,
        (name, content_type): (&str, &str),
        bytes: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        self.system.secrecy().keep("a file's name that a customer sent", name);
        self.system.secrecy().keep("a file that a customer sent", &String::from_utf8_lossy(&bytes));
        let file = multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(content_type)?;
        let form = multipart::Form::new().text("id", id.to_owned()).part("file", file);
        send(self.request(Method::POST, "files").multipart(form)).await
    }

    /// Fetches what an event of a file names.
    pub async fn download(&self, file: &ChatEvent) -> anyhow::Result<Response> {
        let path = file.data["url"].as_str().context("no url")?;
        self.system.request_with_key(Method::GET, path, &self.token).send().await
    }

    /// Types, or stops.
    pub async fn typing(&self, typing: bool) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, "typing").json(&json!({ "typing": typing }))).await
    }

    /// Has read a message.
    pub async fn read(&self, message_id: &str) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, "read").json(&json!({ "messageId": message_id }))).await
    }

    /// Ends the conversation.
    pub async fn end(&self) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, "end")).await
    }
}

impl Connection {
    /// The same, for somebody who waits as a page does, whether or not anything is said.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { longest_wait: LONGEST_CONNECTION, ..self }
    }

    /// The next event; nothing at the end of the connection. Fails if none comes in time, or if the connection breaks.
    pub async fn next(&mut self) -> anyhow::Result<Option<ChatEvent>> {
        loop {
            let next = tokio::time::timeout(self.longest_wait, self.events.next()).await;
            let Some(sse) = next.with_context(|| format!("nothing came after {:?}", self.seen))? else {
                return Ok(None);
            };
            let sse = sse?;
            let Some(name) = sse.event else { continue };
            let data = serde_json::from_str(sse.data.as_deref().unwrap_or_default())?;
            check_event(&name, &data)?;
            let event = ChatEvent { id: sse.id, name, data };
            self.seen.push(event.clone());
            return Ok(Some(event));
        }
    }

    /// The next event of a name for which something holds.
    pub async fn until(&mut self, name: &str, holds: impl Fn(&Value) -> bool) -> anyhow::Result<ChatEvent> {
        loop {
            let Some(event) = self.next().await? else { bail!("it ended without {name}: {:?}", self.seen) };
            if event.name == name && holds(&event.data) {
                return Ok(event);
            }
        }
    }

    /// The next status, if it is this one or becomes it.
    pub async fn until_status(&mut self, status: &str) -> anyhow::Result<ChatEvent> {
        self.until("status", |data| data["status"] == status).await
    }

    /// The next message of this text.
    pub async fn until_text(&mut self, text: &str) -> anyhow::Result<ChatEvent> {
        self.until("message", |data| data["text"] == text).await
    }

    /// The next receipt of this state for a message.
    pub async fn until_receipt(&mut self, message_id: &str, state: &str) -> anyhow::Result<ChatEvent> {
        self.until("receipt", |data| data["messageId"] == message_id && data["state"] == state).await
    }

    /// Reads to the end, and returns the last event.
    pub async fn end(&mut self) -> anyhow::Result<ChatEvent> {
        while self.next().await?.is_some() {}
        self.seen.last().cloned().context("nothing came")
    }

    /// Reads until the connection breaks.
    pub async fn broken(&mut self) {
        while let Ok(Some(_)) = self.next().await {}
    }

    /// The id with which a client would go on.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.seen.iter().rev().find_map(|event| event.id.as_deref())
    }

    /// The texts of the messages that came, in order.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let messages = self.seen.iter().filter(|event| event.name == "message");
        messages.filter_map(|event| event.data["text"].as_str()).collect()
    }

    /// The events of a name that came, in order.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<&Value> {
        self.seen.iter().filter(|event| event.name == name).map(|event| &event.data).collect()
    }

    /// The events that have an id: what any client gets, whenever it connects.
    #[must_use]
    pub fn numbered(&self) -> Vec<&ChatEvent> {
        self.seen.iter().filter(|event| event.id.is_some()).collect()
    }
}

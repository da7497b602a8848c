//! The client of Salesforce Messaging's API for custom clients (Enhanced Chat, `iamessage/api/v2`).
//!
//! Facts are from Salesforce's sample app and its Messaging API guide. What those leave open is said where it matters.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, multipart};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::transport::{self, Http};
use super::{Host, Salesforce, usage};
use crate::lossy_json;
use crate::settings::MessagingSettings;

mod content;
mod deployment;
mod entry;
mod error;
mod page;
mod stream;
mod token;

pub use content::{Choice, Content, Link};
pub use deployment::{Deployment, DeploymentError};
pub use entry::{Attachment, Entry, EntryKind, Participant, Role, RoutingFailure, SessionStatus};
pub use error::MessagingError;
pub use stream::{News, Streamed, events};
pub use token::GuestToken;

/// No call does more than store a message or open a record; one that takes longer has an unknown outcome.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// The status of a conversation that is there already.
const CONFLICT: u16 = 409;
/// A file of several megabytes takes longer.
const FILE_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls one deployment.
#[derive(Clone, Copy, Debug)]
pub struct Messaging<'a> {
    http: &'a Http,
    deployment: &'a MessagingSettings,
}

/// Where routing stands, as `GET conversation/{id}` tells it. Its values' exact meaning is not documented; what they mean after
/// an agent has left is known from one integration that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingStatus {
    /// No one is assigned, or a transfer is under way (`INITIAL`, `TRANSFER`, `ROUTED`, or a value that is new).
    Open,
    /// The agent ended it; only a new message of the customer would route it again.
    NeedsRouting,
}

/// A file on its way to the agent.
#[derive(Clone)]
pub struct OutgoingFile {
    /// Name with its extension.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// At most 5 MB.
    pub bytes: Vec<u8>,
}

impl Salesforce {
    /// The Messaging API of a deployment.
    #[must_use]
    pub fn messaging<'a>(&'a self, deployment: &'a MessagingSettings) -> Messaging<'a> {
        Messaging { http: &self.http, deployment }
    }
}

impl Messaging<'_> {
    /// Opens a conversation under our id, which creates a `MessagingSession` and starts Omni-Channel routing.
    ///
    /// 409 counts as success: it is there already. That a repetition answers so is not documented.
    ///
    /// # Errors
    /// `UnknownOutcome` if it may be open all the same.
    pub async fn create(
        &self,
        token: &SecretString,
        conversation: Uuid,
        routing_attributes: &BTreeMap<String, String>,
        language: &str,
    ) -> Result<(), MessagingError> {
        let body = json!({
            "conversationId": conversation,
            "esDeveloperName": self.deployment.developer_name,
            "routingAttributes": routing_attributes,
            "language": language,
        });
        match self.send(self.request(Method::POST, token, "conversation").json(&body)).await {
            Err(MessagingError::Refused(CONFLICT)) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Where routing stands; `None` if there is no such conversation.
    ///
    /// # Errors
    /// See [`MessagingError`].
    pub async fn routing_status(
        &self,
        token: &SecretString,
        conversation: Uuid,
    ) -> Result<Option<RoutingStatus>, MessagingError> {
        let path = format!("conversation/{conversation}");
        let answer = match self.send(self.request(Method::GET, token, &path)).await {
            Err(MessagingError::NotFound) => return Ok(None),
            answer => read_json(answer?).await?,
        };
        let is_over = answer["routingStatus"] == "NEEDS_ROUTING";
        Ok(Some(if is_over { RoutingStatus::NeedsRouting } else { RoutingStatus::Open }))
    }

    /// Sends a text as the customer. Its id becomes the entry's identifier.
    ///
    /// # Errors
    /// `UnknownOutcome` if it may be in the conversation all the same.
    pub async fn send_text(
        &self,
        token: &SecretString,
        conversation: Uuid,
        message: Uuid,
        text: &str,
    ) -> Result<(), MessagingError> {
        let body = json!({
            "message": {
                "id": message,
                "messageType": "StaticContentMessage",
                "staticContent": { "formatType": "Text", "text": text },
            },
            "esDeveloperName": self.deployment.developer_name,
            "isNewMessagingSession": false,
        });
        let path = format!("conversation/{conversation}/message");
        self.send(self.request(Method::POST, token, &path).json(&body)).await.map(drop)
    }

    /// Sends a file as the customer. The channel may refuse files, or this one's type (415) or size (413).
    ///
    /// # Errors
    /// `UnknownOutcome` if it may be in the conversation all the same.
    pub async fn send_file(
        &self,
        token: &SecretString,
        conversation: Uuid,
        message: Uuid,
        file: OutgoingFile,
    ) -> Result<(), MessagingError> {
        let entry = json!({
            "esDeveloperName": self.deployment.developer_name,
            "message": { "id": message, "fileId": message, "text": "" },
            "isNewMessagingSession": false,
        });
        let entry = multipart::Part::text(entry.to_string()).mime_str("application/json")?;
        let data = multipart::Part::bytes(file.bytes).file_name(file.name).mime_str(&file.content_type)?;
        let form = multipart::Form::new().part("messageEntry", entry).part("fileData", data);
        let path = format!("conversation/{conversation}/file");
        let request = self.request(Method::POST, token, &path).timeout(FILE_TIMEOUT).multipart(form);
        self.send(request).await.map(drop)
    }

    /// Closes the conversation, as the customer; nothing can be done in it afterwards. `false` if there is none (404).
    ///
    /// # Errors
    /// See [`MessagingError`].
    pub async fn close(&self, token: &SecretString, conversation: Uuid) -> Result<bool, MessagingError> {
        let path = format!("conversation/{conversation}");
        let request = self
            .request(Method::DELETE, token, &path)
            .query(&[("esDeveloperName", &self.deployment.developer_name)])
            .header("x-org-id", &self.deployment.organization_id);
        match self.send(request).await {
            Err(MessagingError::NotFound) => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// Fetches an attachment. Whether its address wants the token is not documented; only the deployment's own host is shown it.
    ///
    /// # Errors
    /// `Refused(0)` if the address is on a host that is not Salesforce's.
    pub async fn download(&self, token: &SecretString, url: &str) -> Result<Response, MessagingError> {
        let host = self.salesforce_host(url).ok_or(MessagingError::Refused(0))?;
        let request = self.http.request(Method::GET, url).timeout(FILE_TIMEOUT);
        let is_own = host == self.deployment.url;
        self.send(if is_own { request.bearer_auth(token.expose_secret()) } else { request }).await
    }

    /// The host of an address, if it passes the rule for hosts of the settings; on this machine only if the deployment is too.
    fn salesforce_host(&self, url: &str) -> Option<Host> {
        let parsed = Url::parse(url).ok()?;
        let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
        let text = format!("{}{port}", parsed.host_str()?);
        let is_local = self.deployment.url.base_url().starts_with("http://");
        let host = Host::parse_messaging(&text, is_local).or_else(|_| Host::parse_salesforce(&text, is_local)).ok()?;
        let has_no_user = parsed.username().is_empty() && parsed.password().is_none();
        (has_no_user && url.starts_with(&format!("{}/", host.base_url()))).then_some(host)
    }

    /// Tells the agent that the customer types, or has stopped.
    ///
    /// # Errors
    /// See [`MessagingError`].
    pub async fn typing(
        &self,
        token: &SecretString,
        conversation: Uuid,
        id: Uuid,
        is_typing: bool,
    ) -> Result<(), MessagingError> {
        let entry_type = if is_typing { "TypingStartedIndicator" } else { "TypingStoppedIndicator" };
        let path = format!("conversation/{conversation}/entry");
        let request = self.request(Method::POST, token, &path).json(&json!({ "entryType": entry_type, "id": id }));
        self.send(request).await.map(drop)
    }

    /// Tells the agent that the customer has read an entry. The words for it are from one integration, not documented.
    ///
    /// # Errors
    /// See [`MessagingError`].
    pub async fn acknowledge_read(
        &self,
        token: &SecretString,
        conversation: Uuid,
        id: Uuid,
        entry_identifier: &str,
    ) -> Result<(), MessagingError> {
        let acks = json!({ "acks": [{ "id": id, "entryType": "Read", "conversationEntryId": entry_identifier }] });
        let path = format!("conversation/{conversation}/acknowledge-entries");
        self.send(self.request(Method::POST, token, &path).json(&acks)).await.map(drop)
    }

    fn request(&self, method: Method, token: &SecretString, path: &str) -> RequestBuilder {
        let url = format!("{}/iamessage/api/v2/{path}", self.deployment.url.base_url());
        self.http.request(method, url).bearer_auth(token.expose_secret()).timeout(CALL_TIMEOUT)
    }

    /// The answer, if it is a success.
    async fn send(&self, request: RequestBuilder) -> Result<Response, MessagingError> {
        let answer = self.http.send(request).await.map_err(MessagingError::from);
        let answer = answer.and_then(|answer| match answer.status() {
            status if status.is_success() => Ok(answer),
            status => Err(MessagingError::from_answer(status, answer.headers())),
        });
        usage::record_failure(&self.deployment.url, answer.as_ref().err().and_then(MessagingError::failure));
        answer
    }
}

async fn read_json(answer: Response) -> Result<Value, MessagingError> {
    read_sized_json(answer).await.map(|(json, _)| json)
}

/// With the bytes that it had, decompressed.
async fn read_sized_json(answer: Response) -> Result<(Value, usize), MessagingError> {
    let body = transport::body(answer).await?;
    let json = lossy_json::parse(&body);
    json.map(|json| (json, body.len())).map_err(|_| MessagingError::UnknownOutcome("an answer that cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::samples::deployment;

    #[test]
    fn an_attachment_is_fetched_only_from_salesforce() {
        let (http, deployment) = (Http::new(), deployment());
        let messaging = Messaging { http: &http, deployment: &deployment };
        let host = |url: &str| messaging.salesforce_host(url).map(|host| host.as_str().to_owned());
        for host_name in
            ["acme.my.salesforce-scrt.com", "acme.my.salesforce.com", "other--uat.sandbox.my.salesforce.com"]
        {
            assert_eq!(host(&format!("https://{host_name}/f/1?x=y")).as_deref(), Some(host_name));
        }
        for url in [
            "http://acme.my.salesforce.com/f",
            "https://evil.example/f",
            "https://acme.my.salesforce.com.evil.example/f",
            "https://acme.my.salesforce.com@evil.example/f",
            "https://user@acme.my.salesforce.com/f",
            "https://acme.my.salesforce.com:8443/f",
            "https://127.0.0.1/f",
            "http://169.254.169.254/latest",
            "acme",
            "",
        ] {
            assert_eq!(host(url), None, "{url}");
        }
    }
}

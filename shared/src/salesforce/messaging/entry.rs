//! Conversation entries, read leniently: what is unknown is kept as `Other`, as Salesforce demands of its clients.

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::Value;

use crate::lossy_json;

mod cut;

/// Longest subject of a participant, in characters.
const MAX_SUBJECT_CHARACTERS: usize = 100;

/// One entry of a conversation, as `GET entries` and the event stream give it. Holds what people said: it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// Its identifier; for our own messages, the id that we gave.
    pub identifier: String,
    /// When Salesforce stored it.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub sender: Role,
    /// The sender's display name.
    pub sender_name: Option<String>,
    /// What it is.
    pub kind: EntryKind,
    /// The entry as it came; one that is larger than any person or bot writes is cut to what we read of it.
    pub source: Value,
}

/// What an entry is.
#[derive(Clone, PartialEq)]
pub enum EntryKind {
    /// Somebody said something.
    Message {
        /// Its text; empty if it has none.
        text: String,
        /// Names of its files.
        files: Vec<String>,
    },
    /// People came or left.
    ParticipantChanged(Vec<Participant>),
    /// Omni-Channel routed it, or could not.
    RoutingResult {
        /// Why it could not.
        failure: Option<RoutingFailure>,
    },
    /// The messaging session changed.
    SessionStatusChanged {
        /// To what.
        status: SessionStatus,
        /// From what, if it says so.
        previous: Option<SessionStatus>,
    },
    /// Anything else.
    Other,
}

/// A file of a message. Its name is a person's words: it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// Its name; its id if it has none.
    pub name: String,
    /// Media type; `application/octet-stream` if it is not given.
    pub content_type: String,
    /// Where Salesforce keeps it. Not checked.
    pub url: String,
}

/// Somebody who came or left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// As what.
    pub role: Role,
    /// A user's id, cut to 15 characters, or the display name if there is none.
    pub subject: String,
    /// Display name.
    pub name: Option<String>,
    /// Came, or left.
    pub is_added: bool,
}

/// Who somebody is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The customer: we.
    EndUser,
    /// A human agent.
    Agent,
    /// A bot of the org. It is not a human.
    Chatbot,
    /// The org itself, its router, a supervisor, or a role that is new.
    Other,
}

/// Routing was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingFailure;

/// The status of a messaging session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// New, waiting, active, paused or asking for consent; or a status that is new.
    Open,
    /// The customer has not written for some time. A new message routes it again; after about 24 hours it ends.
    Inactive,
    /// Over.
    Ended,
    /// Failed.
    Error,
}

impl Entry {
    /// Reads an entry; `None` if it has no identifier of 1 to 200 characters.
    #[must_use]
    pub fn read(source: Value) -> Option<Self> {
        let entry = Self::read_whole(source)?;
        if cut::is_kept_whole(&entry.source) { Some(entry) } else { Self::read_whole(cut::cut(&entry)) }
    }

    fn read_whole(source: Value) -> Option<Self> {
        let identifier =
            source["identifier"].as_str().filter(|identifier| (1..=200).contains(&identifier.len()))?.to_owned();
        let payload = payload(&source);
        let kind = kind(source["entryType"].as_str().or(payload["entryType"].as_str()).unwrap_or_default(), &payload);
        Some(Self {
            identifier,
            at: time(&source["transcriptedTimestamp"]).or_else(|| time(&source["clientTimestamp"])).unwrap_or_default(),
            sender: role(&source["sender"]["role"]),
            sender_name: text(&source["senderDisplayName"]),
            kind,
            source,
        })
    }

    /// Its type, as Salesforce names it; empty if it has none.
    #[must_use]
    pub fn entry_type(&self) -> &str {
        self.source["entryType"].as_str().unwrap_or_default()
    }

    /// Its payload, as an object.
    #[must_use]
    pub fn payload(&self) -> Value {
        payload(&self.source)
    }

    /// How long Salesforce expects the customer to wait, if a routing result tells it.
    #[must_use]
    pub fn estimated_wait_seconds(&self) -> Option<u64> {
        let estimate = &self.payload()["estimatedWaitTime"];
        let is_asked = estimate["isEWTRequested"] == true;
        estimate["estimatedWaitTimeInSeconds"].as_u64().filter(|_| is_asked)
    }

    /// What was said, in Salesforce's form (`abstractMessage`); null if it is no message.
    #[must_use]
    pub fn message(&self) -> Value {
        payload(&self.source).get_mut("abstractMessage").map(Value::take).unwrap_or_default()
    }

    /// The files of a message, as far as they can be fetched.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        attachments(&self.message()["staticContent"]).filter_map(attachment).collect()
    }

    /// The file of a message that has this id.
    #[must_use]
    pub fn attachment(&self, id: &str) -> Option<Attachment> {
        self.attachments().into_iter().find(|attachment| attachment.id == id)
    }

    /// The `MessagingSession` record that it names, if it names one: routing results and session changes do so in their payload,
    /// messages in `relatedRecords`.
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        let payload = payload(&self.source);
        let candidates = [&payload["sessionId"], &payload["recordId"], &self.source["relatedRecords"][0]];
        candidates.into_iter().filter_map(Value::as_str).find(|id| is_session_id(id)).map(str::to_owned)
    }
}

/// 15 or 18 letters and digits, as all record ids.
fn is_session_id(id: &str) -> bool {
    matches!(id.len(), 15 | 18) && id.starts_with("0Mw") && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An object in `entries`, a text with JSON in the event stream; both are accepted in both places.
fn payload(source: &Value) -> Value {
    match &source["entryPayload"] {
        Value::String(text) => lossy_json::parse(text.as_bytes()).unwrap_or_default(),
        payload => payload.clone(),
    }
}

fn kind(entry_type: &str, payload: &Value) -> EntryKind {
    match entry_type {
        "Message" => message(&payload["abstractMessage"]),
        "ParticipantChanged" => {
            let changes = payload["entries"].as_array().into_iter().flatten();
            EntryKind::ParticipantChanged(changes.filter_map(participant).collect())
        }
        "RoutingResult" => {
            let is_failure = !matches!(payload["failureType"].as_str(), None | Some("None"))
                || payload["errorMessages"].as_array().is_some_and(|messages| !messages.is_empty());
            EntryKind::RoutingResult { failure: is_failure.then_some(RoutingFailure) }
        }
        "SessionStatusChanged" => EntryKind::SessionStatusChanged {
            status: payload["sessionStatus"].as_str().map_or(SessionStatus::Open, session_status),
            previous: payload["sessionStatusPrev"].as_str().map(session_status),
        },
        _ => EntryKind::Other,
    }
}

fn message(message: &Value) -> EntryKind {
    let content = &message["staticContent"];
    let files = attachments(content).filter_map(|file| text(&file["name"]));
    EntryKind::Message { text: text(&content["text"]).unwrap_or_default(), files: files.collect() }
}

fn attachments(static_content: &Value) -> impl Iterator<Item = &Value> {
    static_content["attachments"].as_array().into_iter().flatten()
}

fn attachment(file: &Value) -> Option<Attachment> {
    let id = text(&file["id"]).filter(|id| !id.is_empty())?;
    Some(Attachment {
        name: text(&file["name"]).unwrap_or_else(|| id.clone()),
        content_type: text(&file["mimeType"]).unwrap_or_else(|| "application/octet-stream".to_owned()),
        url: text(&file["url"])?,
        id,
    })
}

fn participant(change: &Value) -> Option<Participant> {
    let name = text(&change["displayName"]);
    let subject = change["participant"]["subject"].as_str().map(short_id).or_else(|| name.clone())?;
    let is_added = match change["operation"].as_str()? {
        "add" => true,
        "remove" => false,
        _ => return None,
    };
    Some(Participant { role: role(&change["participant"]["role"]), subject, name, is_added })
}

/// The same user is named with 15 characters in one entry and with 18 in another.
fn short_id(subject: &str) -> String {
    let is_long_id = subject.len() == 18 && subject.starts_with("005") && subject.is_ascii();
    if is_long_id { subject[..15].to_owned() } else { subject.chars().take(MAX_SUBJECT_CHARACTERS).collect() }
}

fn role(role: &Value) -> Role {
    match role.as_str() {
        Some("EndUser") => Role::EndUser,
        Some("Agent") => Role::Agent,
        Some("Chatbot") => Role::Chatbot,
        _ => Role::Other,
    }
}

fn session_status(status: &str) -> SessionStatus {
    match status {
        "Inactive" => SessionStatus::Inactive,
        "Ended" => SessionStatus::Ended,
        "Error" => SessionStatus::Error,
        _ => SessionStatus::Open,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Milliseconds, as a number or as a text of digits; `None` for a time with which we could not count, before 1970 or after 9998.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    let millis = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    DateTime::from_timestamp_millis(millis).filter(|at| (1970..9999).contains(&at.year()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(entry_type: &str, payload: &Value) -> Entry {
        let source = json!({
            "identifier": "e1", "entryType": entry_type, "entryPayload": payload, "transcriptedTimestamp": 1_800_000_000_000_i64,
            "sender": { "role": "Agent" }, "senderDisplayName": "Grace", "relatedRecords": ["0Mw000000000001AAA"],
        });
        Entry::read(source).unwrap()
    }

    fn said(text: &str) -> Value {
        json!({ "abstractMessage": { "staticContent": { "formatType": "Text", "text": text } } })
    }

    #[test]
    fn a_payload_is_read_as_an_object_and_as_text() {
        for payload in [said("Hello"), Value::String(said("Hello").to_string())] {
            let entry = entry("Message", &payload);
            assert!(entry.kind == EntryKind::Message { text: "Hello".into(), files: vec![] });
            assert_eq!((entry.sender, entry.sender_name.as_deref()), (Role::Agent, Some("Grace")));
            assert_eq!(entry.at.timestamp(), 1_800_000_000);
        }
    }

    #[test]
    fn a_file_needs_an_id_and_an_address() {
        let (named, bare) = (
            json!({ "id": "f1", "name": "a.png", "mimeType": "image/png", "url": "https://acme.example/f1" }),
            json!({ "id": "f2", "url": "https://acme.example/f2" }),
        );
        let lost = [json!({ "id": "", "url": "https://acme.example/" }), json!({ "id": "f3" }), json!(7)];
        let files: Vec<_> = [named, bare].into_iter().chain(lost).collect();
        let payload = json!({ "abstractMessage": { "staticContent": { "attachments": files } } });
        let file = |id: &str, name: &str, content_type: &str| Attachment {
            id: id.into(),
            name: name.into(),
            content_type: content_type.into(),
            url: format!("https://acme.example/{id}"),
        };
        let expected = [file("f1", "a.png", "image/png"), file("f2", "f2", "application/octet-stream")];
        for payload in [payload.clone(), Value::String(payload.to_string())] {
            let entry = entry("Message", &payload);
            assert!(entry.attachments() == expected);
            assert!(entry.attachment("f2").as_ref() == expected.get(1) && entry.attachment("f3").is_none());
        }
    }

    #[test]
    fn one_user_has_one_subject_however_long_the_id_is() {
        let change = |operation: &str, subject: &str| json!({ "entries": [{ "operation": operation, "displayName": "Grace", "participant": { "role": "Agent", "subject": subject } }] });
        let subject = |payload: Value| match entry("ParticipantChanged", &payload).kind {
            EntryKind::ParticipantChanged(changes) => (changes[0].subject.clone(), changes[0].is_added),
            _ => panic!(),
        };
        assert_eq!(subject(change("add", "005000000000001AAA")), ("005000000000001".to_owned(), true));
        assert_eq!(subject(change("remove", "005000000000001")), ("005000000000001".to_owned(), false));
    }

    #[test]
    fn a_routing_result_fails_by_its_type_or_by_its_messages() {
        let failure = |payload: Value| match entry("RoutingResult", &payload).kind {
            EntryKind::RoutingResult { failure } => failure.is_some(),
            _ => panic!(),
        };
        assert!(!failure(json!({ "failureType": "None", "errorMessages": [] })));
        assert!(failure(json!({ "failureType": "RoutingError", "errorMessages": [] })));
        assert!(failure(json!({ "failureType": "None", "errorMessages": ["no agents"] })));
    }

    #[test]
    fn a_session_that_ended_after_inactivity_says_so() {
        let payload =
            json!({ "sessionStatus": "Ended", "sessionStatusPrev": "Inactive", "sessionId": "0Mw000000000002AAA" });
        let entry = entry("SessionStatusChanged", &payload);
        let ended =
            EntryKind::SessionStatusChanged { status: SessionStatus::Ended, previous: Some(SessionStatus::Inactive) };
        assert!(entry.kind == ended);
        assert_eq!(entry.session_id().as_deref(), Some("0Mw000000000002AAA"));
    }

    #[test]
    fn a_session_is_named_by_a_record_id_and_nothing_else() {
        let session = |id: &str| {
            let entry = json!({ "identifier": "e1", "entryPayload": { "sessionId": id } });
            Entry::read(entry).unwrap().session_id()
        };
        assert_eq!(session("0Mw000000000001").as_deref(), Some("0Mw000000000001"));
        for other in ["0Mw", "0Mw00000000000%", "0Mw0000000000011", "500000000000001AAA", "0Mw' OR Id != null "] {
            assert_eq!(session(other), None, "{other}");
        }
    }

    #[test]
    fn a_time_with_which_nobody_can_count_is_none() {
        let at = |millis: Value| {
            let entry = json!({ "identifier": "e1", "transcriptedTimestamp": millis, "clientTimestamp": 5 });
            Entry::read(entry).unwrap().at.timestamp_millis()
        };
        assert_eq!(at(json!("1800000000000")), 1_800_000_000_000);
        for odd in [json!(i64::MIN), json!(i64::MAX), json!(-8_334_601_228_800_000_i64), json!(-1), json!("noon")] {
            assert_eq!(at(odd.clone()), 5, "{odd}");
        }
    }

    #[test]
    fn what_is_unknown_is_kept_and_ignored() {
        assert!(entry("SomethingNew", &json!(7)).kind == EntryKind::Other);
        assert!(Entry::read(json!({ "entryType": "Message" })).is_none());
        assert!(Entry::read(json!({ "identifier": "x" })).is_some());
    }
}

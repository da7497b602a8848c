//! What a record of the log is to the customer's chat.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::conversation::{ContextPart, CustomerContent, CustomerMessage, LogEvent, Record};
use shared::salesforce::messaging::{Attachment, Entry, EntryKind, Participant, Role};
use url::Url;
use uuid::Uuid;

use crate::event::{AgentChange, CustomerEvent, EventId, Numbered, Sender};
use shared::salesforce::messaging::Content;

/// All but the letters of UUIDs, record ids and clients' ids.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// What we said in the conversation for the customer: its entries are echoes, of which the chat is not told again.
pub struct OwnMessages {
    escalation_id: Uuid,
    /// In Salesforce.
    ids: HashSet<String>,
    texts: Vec<Said>,
}

/// A text of the customer's.
struct Said {
    text: String,
    /// Of each word that can be one.
    addresses: HashSet<String>,
}

impl OwnMessages {
    /// The agent's context only.
    #[must_use]
    pub fn new(escalation_id: Uuid) -> Self {
        let ids = ContextPart::ALL.map(|part| part.message_id(escalation_id).to_string());
        Self { escalation_id, ids: ids.into(), texts: Vec::new() }
    }

    /// Takes note of a record. What the customer says is in the log before its echo can be.
    pub fn learn(&mut self, record: &Record) {
        let LogEvent::Customer(message) = &record.event else { return };
        self.ids.insert(message.message_id(self.escalation_id).to_string());
        if let CustomerContent::Text(text) = &message.content {
            let addresses = text.split_whitespace().filter_map(address).collect();
            self.texts.push(Said { text: text.clone(), addresses });
        }
    }

    fn has(&self, entry: &Entry) -> bool {
        self.ids.contains(&entry.identifier)
    }

    /// Whether a content is a part of one of them: Salesforce splits a text that begins or ends with a URL, and only one part
    /// keeps our id. That the other parts' words or addresses are in what was sent is inferred.
    fn contain(&self, content: &Content) -> bool {
        self.texts.iter().any(|said| said.has(content))
    }
}

impl Said {
    /// Whether a content is a part of it: words, or links, whose titles are the pages' own.
    fn has(&self, content: &Content) -> bool {
        let text = content.text.trim();
        if content.links.is_empty() {
            return !text.is_empty() && self.text.contains(text);
        }
        content.links.iter().all(|link| address(&link.url).is_some_and(|wanted| self.addresses.contains(&wanted)))
    }
}

/// A URL without its scheme, which people leave out, and without what may end it or the sentence.
fn address(word: &str) -> Option<String> {
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let url = Url::parse(word).or_else(|_| Url::parse(&format!("https://{word}"))).ok()?;
    let query = url.query().unwrap_or_default();
    Some(format!("{}{}?{query}", url.host_str()?, url.path().trim_end_matches('/')))
}

/// The events that a record becomes: none, one or several. `own` has learned all records before it.
#[must_use]
pub fn events(record: &Record, own: &OwnMessages) -> Vec<Numbered> {
    let events = match &record.event {
        LogEvent::Entry(entry) => of_entry(entry, own),
        LogEvent::Customer(message) => vec![of_customer(message, own.escalation_id)],
        LogEvent::Status { status, at } => vec![CustomerEvent::Status { status: *status, at: *at }],
        LogEvent::Case { id, number, by } => {
            vec![CustomerEvent::Case { case_id: id.clone(), case_number: number.clone(), by: *by }]
        }
        LogEvent::Ended { by } => vec![CustomerEvent::Ended { by: *by }],
    };
    let id = |part| Some(EventId { record: record.number, part });
    (0..=u16::MAX).zip(events).map(|(part, event)| Numbered { id: id(part), event }).collect()
}

fn of_entry(entry: &Entry, own: &OwnMessages) -> Vec<CustomerEvent> {
    match &entry.kind {
        EntryKind::ParticipantChanged(changes) => {
            let agents = changes.iter().filter(|change| change.role == Role::Agent);
            agents.map(|change| of_agent(change, entry.at)).collect()
        }
        EntryKind::Message { .. } => of_message(entry, own),
        EntryKind::RoutingResult { .. } | EntryKind::SessionStatusChanged { .. } | EntryKind::Other => Vec::new(),
    }
}

fn of_agent(change: &Participant, at: DateTime<Utc>) -> CustomerEvent {
    let name = change.name.clone();
    CustomerEvent::Agent { change: if change.is_added { AgentChange::Joined } else { AgentChange::Left }, name, at }
}

/// What can be read of it, and each of its files.
fn of_message(entry: &Entry, own: &OwnMessages) -> Vec<CustomerEvent> {
    let content = Content::of(&entry.message());
    let files = entry.attachments();
    let is_customer = entry.sender == Role::EndUser;
    if own.has(entry) || (is_customer && files.is_empty() && own.contain(&content)) {
        return Vec::new();
    }
    let said = match content.is_empty() {
        false => Some(content),
        true if files.is_empty() && !is_customer => Some(Content::unreadable()),
        true => None,
    };
    let first_file = usize::from(said.is_some());
    let files = (first_file..).zip(files).map(|(place, file)| of_file(entry, place, file, own.escalation_id));
    said.map(|content| of_content(entry, content)).into_iter().chain(files).collect()
}

fn of_content(entry: &Entry, content: Content) -> CustomerEvent {
    let (from, author) = sender(entry);
    let Content { text, links, choices } = content;
    CustomerEvent::Message { id: entry.identifier.clone(), from, author, text, links, choices, sent_at: entry.at }
}

fn of_file(entry: &Entry, place: usize, file: Attachment, escalation_id: Uuid) -> CustomerEvent {
    let (from, author) = sender(entry);
    let identifier = &entry.identifier;
    CustomerEvent::File {
        id: if place == 0 { identifier.clone() } else { format!("{identifier}.{place}") },
        from,
        author,
        url: file_url(escalation_id, &file.id),
        name: file.name,
        content_type: file.content_type,
        size: None,
        sent_at: entry.at,
    }
}

fn sender(entry: &Entry) -> (Sender, Option<String>) {
    match entry.sender {
        Role::EndUser => (Sender::Customer, None),
        Role::Agent => (Sender::Agent, entry.sender_name.clone()),
        Role::Chatbot => (Sender::Bot, entry.sender_name.clone()),
        Role::Other => (Sender::System, None),
    }
}

fn of_customer(message: &CustomerMessage, escalation_id: Uuid) -> CustomerEvent {
    let (id, from, author, sent_at) = (message.id.clone(), Sender::Customer, None, message.at);
    match &message.content {
        CustomerContent::Text(text) => {
            CustomerEvent::Message { id, from, author, text: text.clone(), links: vec![], choices: vec![], sent_at }
        }
        CustomerContent::File { name, content_type, size, .. } => CustomerEvent::File {
            url: file_url(escalation_id, &id),
            id,
            from,
            author,
            name: name.clone(),
            content_type: content_type.clone(),
            size: u64::try_from(*size).ok(),
            sent_at,
        },
    }
}

/// Where the chat gets a file: under Salesforce's id of an attachment, or the client's id of the customer's own.
fn file_url(escalation_id: Uuid, file_id: &str) -> String {
    format!("/v1/conversations/{escalation_id}/files/{}", utf8_percent_encode(file_id, ENCODED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use shared::conversation::message_id;
    use shared::escalation::{By, Status};

    use super::*;

    const ESCALATION: Uuid = Uuid::from_u128(7);

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn customer(id: &str, content: CustomerContent) -> LogEvent {
        LogEvent::Customer(CustomerMessage { id: id.into(), at: at(), content })
    }

    fn text(id: &str, text: &str) -> LogEvent {
        customer(id, CustomerContent::Text(text.into()))
    }

    fn entry(identifier: &str, role: &str, entry_type: &str, payload: &Value) -> LogEvent {
        let source = json!({
            "identifier": identifier, "entryType": entry_type, "entryPayload": payload, "sender": { "role": role, "subject": "005x" },
            "senderDisplayName": "Grace", "transcriptedTimestamp": 1_800_000_000_000_i64, "relatedRecords": ["0Mw000000000001AAA"],
        });
        LogEvent::Entry(Entry::read(source).unwrap())
    }

    fn said(identifier: &str, role: &str, static_content: &Value) -> LogEvent {
        let message =
            json!({ "messageType": "StaticContentMessage", "id": identifier, "staticContent": static_content });
        entry(identifier, role, "Message", &json!({ "entryType": "Message", "id": "x", "abstractMessage": message }))
    }

    fn plain(text: &str) -> Value {
        json!({ "formatType": "Text", "text": text })
    }

    fn rich_link(title: &str, url: &str) -> Value {
        json!({ "formatType": "RichLink", "linkItem": { "url": url, "titleItem": { "title": title } } })
    }

    /// What a log becomes, as it goes over the wire.
    fn told(log: Vec<LogEvent>) -> Vec<(String, &'static str, Value)> {
        let mut own = OwnMessages::new(ESCALATION);
        let records = (1..).zip(log).map(|(number, event)| Record { number, event });
        let events = records.flat_map(|record| {
            own.learn(&record);
            events(&record, &own)
        });
        events
            .map(|Numbered { id, event }| {
                (id.unwrap().to_string(), event.name(), serde_json::to_value(&event).unwrap())
            })
            .collect()
    }

    /// The texts of what a log becomes.
    fn texts(log: Vec<LogEvent>) -> Vec<String> {
        told(log).into_iter().filter_map(|(_, _, data)| data["text"].as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn each_speaker_is_told_apart_and_only_people_and_bots_are_named() {
        let log = ["Agent", "Chatbot", "System", "Router"].map(|role| said(role, role, &plain("Hello")));
        let expected =
            [("agent", json!("Grace")), ("bot", json!("Grace")), ("system", Value::Null), ("system", Value::Null)];
        for ((_, name, data), (from, author)) in told(log.into()).into_iter().zip(expected) {
            assert_eq!((name, &data["from"], &data["author"]), ("message", &json!(from), &author));
            assert_eq!((&data["text"], &data["sentAt"]), (&json!("Hello"), &json!("2027-01-15T08:00:00Z")));
        }
    }

    #[test]
    fn a_payload_that_is_text_is_read_as_well() {
        let payload =
            json!({ "abstractMessage": { "messageType": "StaticContentMessage", "staticContent": plain("Hello") } });
        assert_eq!(texts(vec![entry("e1", "Agent", "Message", &Value::String(payload.to_string()))]), ["Hello"]);
    }

    #[test]
    fn agents_join_and_leave_and_nobody_else_does() {
        let change = |operation: &str, role: &str, name: &str| {
            let participant = json!({ "role": role, "subject": name, "appType": "agent" });
            json!({ "operation": operation, "displayName": name, "participant": participant })
        };
        let changes = [
            change("remove", "Agent", "Grace"),
            change("add", "Chatbot", "Robot"),
            change("add", "Agent", "Alan"),
            change("update", "Agent", "Alan"),
            change("add", "Supervisor", "Barbara"),
        ];
        let log = vec![entry("e1", "System", "ParticipantChanged", &json!({ "entries": changes }))];
        let expected = [
            ("1".to_owned(), "agent", json!({ "change": "left", "name": "Grace", "at": "2027-01-15T08:00:00Z" })),
            ("1.1".to_owned(), "agent", json!({ "change": "joined", "name": "Alan", "at": "2027-01-15T08:00:00Z" })),
        ];
        assert_eq!(told(log), expected);
    }

    #[test]
    fn a_message_with_files_is_told_part_by_part() {
        let file = |id: &str| {
            let name = format!("{id}.pdf");
            json!({ "id": id, "name": name, "mimeType": "application/pdf", "url": "https://acme.example/f" })
        };
        let content =
            json!({ "formatType": "Attachments", "text": "Here", "attachments": [file("f1"), file("a/b ?")] });
        let data = |id: &str, file: &str, url: &str| {
            json!({
                "id": id, "from": "agent", "author": "Grace", "name": format!("{file}.pdf"), "contentType": "application/pdf",
                "size": null, "url": format!("/v1/conversations/{ESCALATION}/files/{url}"), "sentAt": "2027-01-15T08:00:00Z",
            })
        };
        let all = told(vec![said("e1", "Agent", &content)]);
        assert_eq!((all[0].0.as_str(), all[0].1, &all[0].2["id"]), ("1", "message", &json!("e1")));
        assert_eq!(all[1], ("1.1".to_owned(), "file", data("e1.1", "f1", "f1")));
        assert_eq!(all[2], ("1.2".to_owned(), "file", data("e1.2", "a/b ?", "a%2Fb%20%3F")));
        let content = json!({ "formatType": "Attachments", "attachments": [file("f1")] });
        assert_eq!(told(vec![said("e1", "Agent", &content)]), [("1".to_owned(), "file", data("e1", "f1", "f1"))]);
    }

    #[test]
    fn what_cannot_be_read_is_told_to_have_been_sent() {
        let log =
            vec![entry("e1", "Agent", "Message", &json!({ "abstractMessage": { "messageType": "CatalogMessage" } }))];
        assert_eq!(texts(log), [Content::unreadable().text]);
    }

    #[test]
    fn a_part_of_the_customer_s_own_that_cannot_be_read_is_not_told() {
        assert_eq!(told(vec![said("p1", "EndUser", &json!({ "formatType": "SomethingNew" }))]), []);
    }

    #[test]
    fn the_customer_s_own_come_with_the_client_s_id_and_once() {
        let (name, content_type, digest) = ("a.png".into(), "image/png".into(), String::new());
        let file = CustomerContent::File { name, content_type, size: 7, digest, chunks: 1 };
        let echo = |id: &str, content: &Value| said(&message_id(ESCALATION, id).to_string(), "EndUser", content);
        let attachment = json!({ "id": "f1", "name": "a.png", "url": "https://acme.example/f" });
        let attachment = json!({ "formatType": "Attachments", "attachments": [attachment] });
        let log = vec![text("m1", "Hello"), customer("m2", file), echo("m1", &plain("He***")), echo("m2", &attachment)];
        let all = told(log);
        assert_eq!(all.len(), 2);
        let data = json!({
            "id": "m1", "from": "customer", "author": null, "text": "Hello", "links": [], "choices": [],
            "sentAt": "2027-01-15T08:00:00Z",
        });
        assert_eq!(all[0], ("1".to_owned(), "message", data));
        let (number, name, data) = &all[1];
        assert_eq!((number.as_str(), *name, &data["id"], &data["size"]), ("2", "file", &json!("m2"), &json!(7)));
        assert_eq!(data["url"], format!("/v1/conversations/{ESCALATION}/files/m2"));
    }

    #[test]
    fn the_context_is_the_agent_s_only() {
        let log =
            ContextPart::ALL.map(|part| said(&part.message_id(ESCALATION).to_string(), "EndUser", &plain("Context")));
        assert_eq!(told(log.into()), []);
    }

    #[test]
    fn the_parts_of_a_split_message_are_not_told_again() {
        let sent = "https://a.example/ä?x=1 is broken, see b.example/docs.";
        let id = message_id(ESCALATION, "m1").to_string();
        let parts = [
            said(&id, "EndUser", &rich_link("A page", "https://a.example/ä?x=1")),
            said("p1", "EndUser", &plain("is broken, see ")),
            said("p2", "EndUser", &rich_link("The documentation", "http://b.example/docs/")),
            said("p3", "EndUser", &rich_link("A page", "https://a.example/%C3%A4?x=1")),
        ];
        let log = std::iter::once(text("m1", sent)).chain(parts).collect();
        assert_eq!(texts(log), [sent]);
    }

    #[test]
    fn what_the_customer_said_elsewhere_is_told() {
        let log = vec![
            text("m1", "Look at https://a.example/one"),
            said("e1", "EndUser", &plain("Something else")),
            said("e2", "EndUser", &rich_link("Two", "https://a.example/two")),
            said("e3", "Agent", &plain("Look at")),
            said(
                "e4",
                "EndUser",
                &json!({ "text": "Look at", "attachments": [{ "id": "f1", "url": "https://acme.example/f" }] }),
            ),
        ];
        let told: Vec<_> = told(log).into_iter().skip(1).map(|(_, _, data)| data["from"].clone()).collect();
        assert_eq!(told, ["customer", "customer", "agent", "customer", "customer"]);
    }

    #[test]
    fn an_outcome_and_a_status_are_told_as_they_are() {
        let log = vec![
            LogEvent::Status { status: Status::Active, at: at() },
            LogEvent::Case { id: "500x".into(), number: Some("00001027".into()), by: By::Us },
            LogEvent::Ended { by: By::Agent },
        ];
        let expected = [
            ("1".to_owned(), "status", json!({ "status": "active", "at": "2027-01-15T08:00:00Z" })),
            ("2".to_owned(), "case", json!({ "caseId": "500x", "caseNumber": "00001027", "by": "us" })),
            ("3".to_owned(), "ended", json!({ "by": "agent" })),
        ];
        assert_eq!(told(log), expected);
    }

    #[test]
    fn what_moves_the_conversation_alone_is_not_told() {
        let payload = json!({ "failureType": "None", "sessionStatus": "Ended" });
        let types =
            ["RoutingResult", "SessionStatusChanged", "RoutingWorkResult", "CloseConversation", "SomethingNew", ""];
        let log = types.map(|entry_type| entry("e1", "System", entry_type, &payload));
        assert_eq!(told(log.into()), []);
    }

    #[test]
    fn an_entry_of_absurd_size_is_told_cut() {
        let file = json!({ "id": "f", "url": "https://acme.example/f" });
        let all = told(vec![said("e1", "Agent", &json!({ "text": "Here", "attachments": vec![file; 70_000] }))]);
        assert_eq!((all.len(), all[0].1, &all[0].2["text"]), (1, "message", &json!("Here [cut]")));
    }

    fn any_payload() -> impl Strategy<Value = Value> {
        let message = (any_json(), prop::collection::vec("[a-z/.]{0,3}", 0..4)).prop_map(|(mut body, ids)| {
            let files = ids.iter().map(|id| json!({ "id": id, "url": "https://acme.example/f" }));
            if let Some(body) = body.as_object_mut() {
                body.insert("attachments".into(), files.collect());
            }
            json!({ "abstractMessage": { "staticContent": body } })
        });
        let changes = any_json().prop_map(|changes| json!({ "entries": [changes] }));
        prop_oneof![any_json(), message, changes]
    }

    fn any_json() -> impl Strategy<Value = Value> {
        const NAMES: [&str; 8] =
            ["operation", "participant", "role", "displayName", "attachments", "url", "staticContent", "text"];
        const WORDS: [&str; 5] = ["https://a.example/", "add", "remove", "Agent", ""];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,9}".prop_map(Value::from),
            prop::sample::select(&WORDS[..]).prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 5, |inner| {
            let member = (prop::sample::select(&NAMES[..]).prop_map(str::to_owned), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                prop::collection::vec(member, 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_entry_is_mapped_to_events_with_growing_ids_and_their_own_names(
            payload in any_payload(),
            as_text: bool,
            entry_type in prop::sample::select(&["Message", "ParticipantChanged", "RoutingResult", "New"][..]),
            role in prop::sample::select(&["Agent", "EndUser", "Chatbot", "System"][..]),
            number: u64,
        ) {
            let payload = if as_text { Value::String(payload.to_string()) } else { payload };
            let record = Record { number, event: entry("e1", role, entry_type, &payload) };
            let mut own = OwnMessages::new(ESCALATION);
            own.learn(&Record { number: 0, event: text("m1", "Hello https://a.example/") });
            let all = events(&record, &own);
            prop_assert!(all.is_sorted_by(|one, next| one.id < next.id));
            prop_assert!(all.iter().all(|one| one.id.is_some_and(|id| id.record == number)));
            let data = all.iter().map(|one| serde_json::to_value(&one.event).unwrap());
            let names: HashSet<_> = data.map(|data| data["id"].to_string()).collect();
            prop_assert!(entry_type != "Message" || names.len() == all.len());
        }
    }
}

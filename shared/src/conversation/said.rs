//! What was said in a live conversation, and the ids of what we say in it.

use chrono::DateTime;
use uuid::Uuid;

use super::{CustomerContent, CustomerMessage};
use crate::salesforce::messaging::{Content, Entry, EntryKind, Role};
use crate::store::ConversationLog;
use crate::transcript::LiveMessage;

/// A message of the agent's context. No id of a customer's message has a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextPart {
    /// The first message.
    First,
    /// The file with the whole conversation.
    File,
    /// The second message.
    Second,
}

impl ContextPart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::File, Self::Second];

    /// Its id in Salesforce.
    #[must_use]
    pub fn message_id(self, escalation_id: Uuid) -> Uuid {
        let name = match self {
            Self::First => "context/1",
            Self::File => "context/file",
            Self::Second => "context/2",
        };
        message_id(escalation_id, name)
    }
}

/// The Salesforce id of a message: the same for each repetition.
#[must_use]
pub fn message_id(escalation_id: Uuid, client_id: &str) -> Uuid {
    Uuid::new_v5(&escalation_id, client_id.as_bytes())
}

/// What people said, without the context that we gave; and what the customer sent that did not arrive. Salesforce's order stays,
/// and so does the customer's: what did not arrive comes after what the customer said before it, however late that arrived.
#[must_use]
pub fn live_messages(log: &ConversationLog, escalation_id: Uuid) -> Vec<LiveMessage> {
    let context = ContextPart::ALL.map(|part| part.message_id(escalation_id).to_string());
    let entries = log.entries();
    let arrived_at = |id: String| entries.iter().find(|entry| entry.identifier == id).map(|entry| entry.at);
    let mut earlier = DateTime::UNIX_EPOCH;
    let pending = log.customer_messages().filter_map(|message| {
        let arrived_at = arrived_at(message.message_id(escalation_id).to_string());
        earlier = earlier.max(arrived_at.unwrap_or(message.at));
        arrived_at.is_none().then(|| (earlier, pending_message(message)))
    });
    let pending: Vec<_> = pending.collect();
    let said = entries.iter().filter(|entry| !context.contains(&entry.identifier));
    let said = said.filter_map(|entry| Some((entry.at, live_message(entry)?)));
    let mut messages: Vec<_> = said.chain(pending).collect();
    messages.sort_by_key(|(place, _)| *place);
    messages.into_iter().map(|(_, message)| message).collect()
}

fn pending_message(message: &CustomerMessage) -> LiveMessage {
    let (text, files) = match &message.content {
        CustomerContent::Text(text) => (text.clone(), Vec::new()),
        CustomerContent::File { name, .. } => (String::new(), vec![name.clone()]),
    };
    LiveMessage { author: None, role: "customer", text, at: message.at, files }
}

fn live_message(entry: &Entry) -> Option<LiveMessage> {
    let EntryKind::Message { files, .. } = &entry.kind else { return None };
    let content = Content::of(&entry.message());
    let content = if content.is_empty() && files.is_empty() { Content::unreadable() } else { content };
    let (role, author) = match entry.sender {
        Role::EndUser => ("customer", None),
        Role::Agent => ("agent", entry.sender_name.clone()),
        Role::Chatbot => ("bot", entry.sender_name.clone()),
        Role::Other => ("system", None),
    };
    Some(LiveMessage { author, role, text: content.written(), at: entry.at, files: files.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conversation::{LogEvent, Record};

    #[test]
    fn what_did_not_arrive_is_told_and_what_did_is_told_once() {
        let message = |id: &str| {
            let content = CustomerContent::Text(id.to_owned());
            LogEvent::Customer(CustomerMessage { id: id.to_owned(), at: chrono::DateTime::UNIX_EPOCH, content })
        };
        let echo = said(&message_id(Uuid::nil(), "arrived").to_string(), "EndUser", "arrived");
        let messages = live_messages(&log(vec![message("arrived"), message("lost"), echo]), Uuid::nil());
        let mut texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["arrived", "lost"]);
    }

    fn log(events: Vec<LogEvent>) -> ConversationLog {
        let records: Vec<_> = (1..).zip(events).map(|(number, event)| Record { number, event }).collect();
        ConversationLog { last: records.len() as u64, records }
    }

    fn said(identifier: &str, role: &str, text: &str) -> LogEvent {
        let content = json!({ "formatType": "Attachments", "text": text, "attachments": [{ "name": "log.txt" }] });
        let source = json!({
            "identifier": identifier, "entryType": "Message", "sender": { "role": role }, "senderDisplayName": "Grace",
            "entryPayload": { "abstractMessage": { "staticContent": content } },
        });
        LogEvent::Entry(Entry::read(source).unwrap())
    }

    #[test]
    fn what_did_not_arrive_comes_after_what_the_customer_said_before_it() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let message = |id: &str, seconds| {
            let content = CustomerContent::Text(id.to_owned());
            LogEvent::Customer(CustomerMessage { id: id.to_owned(), at: at(seconds), content })
        };
        let source = json!({
            "identifier": message_id(Uuid::nil(), "first"), "entryType": "Message", "sender": { "role": "EndUser" },
            "transcriptedTimestamp": 90_000, "entryPayload": { "abstractMessage": { "staticContent": { "text": "first" } } },
        });
        let late = LogEvent::Entry(Entry::read(source).unwrap());
        let messages = live_messages(&log(vec![message("first", 10), message("lost", 20), late]), Uuid::nil());
        let told: Vec<_> = messages.iter().map(|message| (message.text.as_str(), message.at)).collect();
        assert_eq!(told, [("first", at(90)), ("lost", at(20))]);
    }

    #[test]
    fn our_own_context_is_not_what_people_said() {
        let context = ContextPart::First.message_id(Uuid::nil()).to_string();
        let messages =
            live_messages(&log(vec![said(&context, "EndUser", "Context"), said("m", "Agent", "Hello")]), Uuid::nil());
        assert_eq!(messages.len(), 1);
        assert_eq!((messages[0].text.as_str(), messages[0].author.as_deref()), ("Hello", Some("Grace")));
        assert_eq!(messages[0].files, ["log.txt"]);
    }

    #[test]
    fn what_an_agent_offers_is_written_out() {
        let choices = json!({ "text": "Which one?", "optionItems": [{ "title": "Blue" }, { "title": "Red" }] });
        let source = json!({
            "identifier": "m", "entryType": "Message", "sender": { "role": "Agent" },
            "entryPayload": { "abstractMessage": { "messageType": "ChoicesMessage", "choices": choices } },
        });
        let offered = LogEvent::Entry(Entry::read(source).unwrap());
        assert_eq!(live_messages(&log(vec![offered]), Uuid::nil())[0].text, "Which one?\n[Blue]\n[Red]");
    }

    #[test]
    fn each_speaker_is_named_by_role() {
        let entries = ["EndUser", "Agent", "Chatbot", "System"].map(|role| said(role, role, "x"));
        let roles: Vec<_> =
            live_messages(&log(entries.into()), Uuid::nil()).iter().map(|message| message.role).collect();
        assert_eq!(roles, ["customer", "agent", "bot", "system"]);
    }

    #[test]
    fn a_message_has_one_id_in_salesforce_however_often_it_is_sent() {
        assert_eq!(message_id(Uuid::nil(), "m1"), message_id(Uuid::nil(), "m1"));
        assert_ne!(message_id(Uuid::nil(), "m1"), message_id(Uuid::max(), "m1"));
        let parts = ContextPart::ALL.map(|part| part.message_id(Uuid::nil()));
        assert!(parts[0] != parts[1] && parts[1] != parts[2] && parts[0] != parts[2]);
    }
}

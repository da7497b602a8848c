//! What the support AI hands over: the accepted body, parsed.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod body;
mod parse;
mod stored;

pub use body::{CustomerBody, EscalationBody};
pub use parse::{MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS, parse, without_conversation};
pub use stored::UnreadableRequest;

/// A conversation that the AI could not finish. Holds a customer's words: it has no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct EscalationRequest {
    /// What was said.
    pub conversation: Conversation,
    /// Who said it.
    pub customer: Customer,
    /// Why it is handed over.
    pub reason: EscalationReason,
    /// The AI's short summary.
    pub summary: Option<String>,
}

/// What was said.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The caller's name for it.
    pub id: String,
    /// What it is about.
    pub subject: Option<String>,
    /// A locale, as `en_US`.
    pub language: Option<String>,
    /// In the order in which they were said; at least one.
    pub messages: Vec<Message>,
}

/// One message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Who spoke.
    pub role: Role,
    /// The speaker's name.
    pub author: Option<String>,
    /// What they said.
    pub text: String,
    /// When.
    pub sent_at: DateTime<Utc>,
    /// Files that were named; they are listed, never fetched.
    pub attachments: Vec<Attachment>,
}

/// Who spoke.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The customer.
    Customer,
    /// The AI.
    Assistant,
    /// A program.
    System,
}

/// A file that was named in a message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
}

/// Who asks for help; every part may be missing.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The caller's id of the customer.
    pub id: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// E-mail address, as given.
    pub email: Option<String>,
    /// Phone number, as given.
    pub phone: Option<String>,
    /// At most 100, each a string, a number or a boolean; in the order given by their names.
    pub properties: Vec<(String, Value)>,
}

/// Why the AI hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EscalationReason {
    /// The customer asked for a person.
    CustomerRequested,
    /// The AI could not help.
    Unresolved,
    /// A rule demands a person.
    Policy,
}

impl EscalationReason {
    /// Its word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerRequested => "customerRequested",
            Self::Unresolved => "unresolved",
            Self::Policy => "policy",
        }
    }

    /// What an agent reads.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CustomerRequested => "The customer asked for a person.",
            Self::Unresolved => "The AI could not resolve it.",
            Self::Policy => "A policy asks for a person.",
        }
    }
}

/// The text of a customer property; numbers and booleans as JSON writes them.
#[must_use]
pub fn property_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl EscalationRequest {
    /// The value of an attribute: a customer property, else `id`, `name`, `email`, `phone`, `language`, `reason` or `subject`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let property = self.customer.properties.iter().find(|(key, _)| key == name);
        if let Some((_, value)) = property {
            return Some(property_text(value));
        }
        match name {
            "id" => self.customer.id.clone(),
            "name" => self.customer.name.clone(),
            "email" => self.customer.email.clone(),
            "phone" => self.customer.phone.clone(),
            "language" => self.conversation.language.clone(),
            "reason" => Some(self.reason.as_str().to_owned()),
            "subject" => self.conversation.subject.clone(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> EscalationRequest {
        let body = json!({
            "conversation": { "id": "c", "language": "en_US",
                "messages": [{ "role": "customer", "text": "Hi", "sentAt": "2026-11-20T09:14:03Z" }] },
            "customer": { "email": "ada@example.com", "properties": { "seats": 12, "vip": true, "email": "own" } },
            "reason": "policy",
        });
        parse(&body).ok().unwrap()
    }

    #[test]
    fn a_property_goes_before_a_built_in_attribute() {
        assert_eq!(request().attribute("email").unwrap(), "own");
    }

    #[test]
    fn numbers_and_booleans_are_sent_as_text() {
        assert_eq!(request().attribute("seats").unwrap(), "12");
        assert_eq!(request().attribute("vip").unwrap(), "true");
    }

    #[test]
    fn what_is_absent_has_no_value() {
        assert_eq!(request().attribute("phone"), None);
        assert_eq!(request().attribute("unheardOf"), None);
        assert_eq!(request().attribute("reason").unwrap(), "policy");
    }

    #[test]
    fn a_stored_request_reads_back_as_it_was() {
        let stored = serde_json::to_vec(&request()).unwrap();
        assert!(serde_json::from_slice::<EscalationRequest>(&stored).unwrap() == request());
    }
}

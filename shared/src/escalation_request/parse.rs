//! From a JSON body to an [`EscalationRequest`], naming every wrong field.

use serde_json::Value;

use super::{Attachment, Conversation, Customer, EscalationReason, EscalationRequest, Message, Role};
use crate::json_reader::JsonReader;
use crate::problem::FieldError;

pub(super) const MAX_MESSAGES: usize = 5_000;
/// Longest text of a message, and of other texts that have no shorter limit.
pub const MAX_TEXT_CHARACTERS: usize = 100_000;
/// Longest name, id or address.
pub const MAX_NAME_CHARACTERS: usize = 255;
pub(super) const MAX_PROPERTIES: usize = 100;
pub(super) const MAX_ATTACHMENTS: usize = 100;
pub(super) const MAX_URL_CHARACTERS: usize = 8_192;

const ROLES: [(&str, Role); 3] =
    [("customer", Role::Customer), ("assistant", Role::Assistant), ("system", Role::System)];
const REASONS: [(&str, EscalationReason); 3] = [
    ("customerRequested", EscalationReason::CustomerRequested),
    ("unresolved", EscalationReason::Unresolved),
    ("policy", EscalationReason::Policy),
];

/// Parses the body of an escalation.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn parse(body: &Value) -> Result<EscalationRequest, Vec<FieldError>> {
    let mut errors = Vec::new();
    let request = request(&mut JsonReader::new(body, &mut errors));
    request.filter(|_| errors.is_empty()).ok_or(errors)
}

fn request(body: &mut JsonReader<'_, '_>) -> Option<EscalationRequest> {
    body.object()?;
    let conversation = body.required_object("conversation").and_then(|mut reader| conversation(&mut reader));
    let customer = body.optional_object("customer").map(|mut reader| customer(&mut reader)).unwrap_or_default();
    let reason = body.required("reason").and_then(|mut reader| reader.one_of(&REASONS));
    let summary = body.optional_string("summary", MAX_TEXT_CHARACTERS);
    Some(EscalationRequest { conversation: conversation?, customer, reason: reason?, summary })
}

/// Reads what may be known of a customer before anything was said, as a preview has it: `customer`, `reason` (else
/// `customerRequested`) and `language`.
pub fn without_conversation(body: &mut JsonReader<'_, '_>) -> Option<EscalationRequest> {
    let customer = body.optional_object("customer").map(|mut reader| customer(&mut reader)).unwrap_or_default();
    let reason = match body.optional("reason") {
        None => EscalationReason::CustomerRequested,
        Some(mut reader) => reader.one_of(&REASONS)?,
    };
    let language = body.optional_string("language", MAX_NAME_CHARACTERS);
    let subject = body.optional_string("subject", MAX_TEXT_CHARACTERS);
    let conversation = Conversation { id: String::new(), subject, language, messages: Vec::new() };
    Some(EscalationRequest { conversation, customer, reason, summary: None })
}

fn conversation(reader: &mut JsonReader<'_, '_>) -> Option<Conversation> {
    let id = reader.required_string("id", MAX_NAME_CHARACTERS);
    let subject = reader.optional_string("subject", MAX_TEXT_CHARACTERS);
    let language = reader.optional_string("language", MAX_NAME_CHARACTERS);
    let messages = reader.required("messages").map(|mut reader| messages(&mut reader));
    Some(Conversation { id: id?, subject, language, messages: messages? })
}

fn messages(reader: &mut JsonReader<'_, '_>) -> Vec<Message> {
    match reader.value().as_array().map(Vec::len) {
        Some(0) => reader.reject("must hold at least one message"),
        Some(count) if count > MAX_MESSAGES => reader.reject(format!("must hold at most {MAX_MESSAGES} messages")),
        _ => return reader.each(message),
    }
    Vec::new()
}

fn message(reader: &mut JsonReader<'_, '_>) -> Option<Message> {
    reader.object()?;
    reader.optional_string("id", MAX_NAME_CHARACTERS);
    let role = reader.required("role").and_then(|mut reader| reader.one_of(&ROLES));
    let author = reader.optional_string("author", MAX_NAME_CHARACTERS);
    let text = reader.required("text").and_then(|mut reader| reader.string(0, MAX_TEXT_CHARACTERS));
    let sent_at = reader.required("sentAt").and_then(|mut reader| reader.time());
    let attachments = reader.optional("attachments").map(|mut reader| attachments(&mut reader)).unwrap_or_default();
    Some(Message { role: role?, author, text: text?.to_owned(), sent_at: sent_at?, attachments })
}

fn attachments(reader: &mut JsonReader<'_, '_>) -> Vec<Attachment> {
    if reader.value().as_array().is_some_and(|elements| elements.len() > MAX_ATTACHMENTS) {
        reader.reject(format!("must hold at most {MAX_ATTACHMENTS} attachments"));
        return Vec::new();
    }
    reader.each(|reader| {
        reader.object()?;
        let name = reader.required_string("name", MAX_NAME_CHARACTERS);
        let url = reader.required_string("url", MAX_URL_CHARACTERS);
        Some(Attachment { name: name?, url: url? })
    })
}

fn customer(reader: &mut JsonReader<'_, '_>) -> Customer {
    Customer {
        id: reader.optional_string("id", MAX_NAME_CHARACTERS),
        name: reader.optional_string("name", MAX_NAME_CHARACTERS),
        email: reader.optional_string("email", MAX_NAME_CHARACTERS),
        phone: reader.optional_string("phone", MAX_NAME_CHARACTERS),
        properties: reader.optional_object("properties").map(|mut reader| properties(&mut reader)).unwrap_or_default(),
    }
}

fn properties(reader: &mut JsonReader<'_, '_>) -> Vec<(String, Value)> {
    if reader.value().as_object().is_some_and(|members| members.len() > MAX_PROPERTIES) {
        reader.reject(format!("must hold at most {MAX_PROPERTIES} properties"));
        return Vec::new();
    }
    reader.each_member(|name, member| {
        if name.is_empty() {
            member.reject("must have a name");
            return None;
        }
        match member.value() {
            Value::Null => None,
            Value::String(_) => member.string(0, MAX_TEXT_CHARACTERS).map(|text| (name.to_owned(), Value::from(text))),
            value @ (Value::Number(_) | Value::Bool(_)) => Some((name.to_owned(), value.clone())),
            _ => {
                member.reject("must be a string, a number or a boolean");
                None
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn valid() -> Value {
        json!({
            "conversation": { "id": "conv_8731", "subject": "Invoice export fails", "language": "en_US",
                "messages": [{ "id": "m1", "role": "customer", "author": "Ada", "text": "Hi", "sentAt": "2026-11-20T10:14:03+01:00",
                    "attachments": [{ "name": "a.png", "url": "https://example.com/a.png" }] }] },
            "customer": { "id": "cus_1", "name": "Ada Lovelace", "properties": { "plan": "enterprise", "seats": 12 } },
            "reason": "unresolved", "summary": "short",
        })
    }

    fn pointers(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut body = valid();
        change(&mut body);
        parse(&body).err().unwrap_or_default().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn the_design_s_example_is_accepted_and_times_become_utc() {
        let request = parse(&valid()).ok().unwrap();
        assert_eq!(request.conversation.messages[0].sent_at.to_rfc3339(), "2026-11-20T09:14:03+00:00");
        assert_eq!(request.customer.properties.len(), 2);
    }

    #[test]
    fn only_id_messages_and_reason_are_required() {
        let body = json!({
            "conversation": { "id": "c", "messages": [{ "role": "system", "text": "", "sentAt": "2026-11-20T09:14:03.5Z" }] },
            "reason": "policy",
        });
        assert!(parse(&body).is_ok());
    }

    #[test]
    fn unknown_members_are_ignored() {
        assert!(pointers(|body| body["conversation"]["novel"] = json!({})).is_empty());
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let found = pointers(|body| {
            body["reason"] = json!("boredom");
            body["conversation"]["id"] = json!("");
            body["conversation"]["messages"][0]["role"] = json!("robot");
            body["conversation"]["messages"][0]["sentAt"] = json!("yesterday");
            body["conversation"]["messages"][0]["attachments"][0]["url"] = json!(7);
            body["customer"]["properties"]["plan"] = json!([1]);
            body["customer"]["name"] = json!("n".repeat(256));
        });
        assert_eq!(
            found,
            [
                "/conversation/id",
                "/conversation/messages/0/role",
                "/conversation/messages/0/sentAt",
                "/conversation/messages/0/attachments/0/url",
                "/customer/name",
                "/customer/properties/plan",
                "/reason"
            ]
        );
    }

    #[test]
    fn missing_parts_are_named() {
        assert_eq!(pointers(|body| drop(body.as_object_mut().unwrap().remove("conversation"))), ["/conversation"]);
        assert_eq!(pointers(|body| *body = json!({})), ["/conversation", "/reason"]);
        assert_eq!(pointers(|body| *body = json!([])), [""]);
    }

    #[test]
    fn limits_are_inclusive() {
        let message = valid()["conversation"]["messages"][0].clone();
        let count = |count: usize| {
            pointers(|body| body["conversation"]["messages"] = Value::Array(vec![message.clone(); count]))
        };
        assert!(count(5_000).is_empty());
        assert_eq!(count(5_001), ["/conversation/messages"]);
        assert_eq!(count(0), ["/conversation/messages"]);
        let text =
            |length: usize| pointers(|body| body["conversation"]["messages"][0]["text"] = json!("ä".repeat(length)));
        assert!(text(100_000).is_empty());
        assert_eq!(text(100_001), ["/conversation/messages/0/text"]);
    }

    #[test]
    fn at_most_100_properties() {
        let properties = |count: usize| {
            let members: serde_json::Map<_, _> = (0..count).map(|index| (format!("p{index}"), json!(1))).collect();
            pointers(|body| body["customer"]["properties"] = Value::Object(members))
        };
        assert!(properties(100).is_empty());
        assert_eq!(properties(101), ["/customer/properties"]);
    }

    #[test]
    fn a_property_has_a_name_and_a_value_of_limited_length() {
        let property =
            |name: &str, value: Value| pointers(|body| body["customer"]["properties"] = json!({ name: value }));
        assert!(property(&"n".repeat(255), json!("v".repeat(100_000))).is_empty());
        assert_eq!(property(&"n".repeat(256), json!("v")), ["/customer/properties"]);
        assert_eq!(property("", json!("v")), ["/customer/properties/"]);
        assert_eq!(property("n", json!("v".repeat(100_001))), ["/customer/properties/n"]);
    }
}

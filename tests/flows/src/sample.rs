//! Requests that tests send.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// One message.
#[must_use]
pub fn message(id: &str, text: &str) -> Value {
    json!({ "id": id, "role": "customer", "author": "Ada", "text": text, "sentAt": "2026-11-20T09:14:03Z" })
}

/// A short, valid escalation.
#[must_use]
pub fn conversation(id: &str) -> Value {
    json!({
        "conversation": { "id": id, "subject": "Invoice export fails", "language": "en_US",
                          "messages": [message("m1", "The export stops at 80 percent.")] },
        "customer": { "id": "cus_1", "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+44 20 7946 0000",
                      "properties": { "plan": "enterprise", "seats": 12, "beta": true } },
        "reason": "unresolved",
        "summary": "The export of invoices fails.",
    })
}

/// A valid escalation of so many messages of about so many characters, each different and hard to compress.
#[must_use]
pub fn long_conversation(id: &str, messages: usize, characters: usize) -> Value {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut text = |index: usize| {
        let mut text = format!("{index}: ");
        while text.len() < characters {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let _ = write!(text, "{state:x} ");
        }
        text
    };
    let mut body = conversation(id);
    body["conversation"]["messages"] = (0..messages).map(|index| message(&format!("m{index}"), &text(index))).collect();
    body
}

/// Settings of an organisation whose org is at `salesforce` (host and port), with a client id and secret.
#[must_use]
pub fn settings(salesforce: &str, client_id: &str, client_secret: &str) -> Value {
    json!({
        "integrationType": "fullviewFlow",
        "salesforce": { "domain": salesforce, "clientId": client_id, "clientSecret": client_secret },
    })
}

/// The body with another value at a JSON pointer; a last member that is absent is added.
#[must_use]
pub fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    } else if let Some(parent) = body.pointer_mut(parent) {
        parent[name] = value;
    }
    body
}

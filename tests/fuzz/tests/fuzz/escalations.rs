use escalation_intake::accept::Incoming;
use fuzz::{Form, Target, Verdict, refusal};
use serde_json::{Map, Value};
use shared::escalation_request::{EscalationRequest, Message};
use shared::routing_attributes::routing_attributes;
use shared::settings::RoutingAttribute;
use uuid::Uuid;

const TARGET: Target<'_> = Target {
    name: "escalations",
    form: Form::Json,
    words: &["customer", "assistant", "system", "policy", "unresolved", "2026-11-20T09:14:03.123456789+01:00"],
    accepted_percent: 15,
};

#[test]
fn an_accepted_escalation_is_within_the_limits_and_is_stored_as_it_came() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    match Incoming::parse(&body, None) {
        Ok(incoming) => accepted(&body, &incoming),
        Err(problem) => {
            refusal::check(&body, &problem);
            Verdict::Refused
        }
    }
}

fn accepted(body: &Value, incoming: &Incoming) -> Verdict {
    let request = &incoming.request;
    check_limits(request);
    let stored = EscalationRequest::unpack(&request.pack().unwrap()).unwrap();
    assert!(stored == *request, "it is read as it was stored");
    let again = Incoming::parse(&turned(body), Some("k")).ok().unwrap();
    assert_eq!(again.body_digest, incoming.body_digest, "equal JSON has equal digests");
    assert!(again.request == *request);
    check_attributes(request);
    Verdict::Accepted
}

fn check_limits(request: &EscalationRequest) {
    let is_name = |text: &str| (1..=255).contains(&text.chars().count());
    let is_optional_name = |text: &Option<String>| text.as_deref().is_none_or(is_name);
    let (conversation, customer) = (&request.conversation, &request.customer);
    assert!(is_name(&conversation.id) && is_optional_name(&conversation.language));
    assert!([&customer.id, &customer.name, &customer.email, &customer.phone].into_iter().all(is_optional_name));
    assert!(customer.properties.len() <= 100);
    let is_property = |(name, value): &(String, Value)| {
        is_name(name)
            && value.as_str().is_none_or(is_text)
            && !(value.is_object() || value.is_array() || value.is_null())
    };
    assert!(customer.properties.iter().all(is_property));
    assert!((1..=5_000).contains(&conversation.messages.len()));
    assert!(conversation.messages.iter().all(is_message));
    assert!([&conversation.subject, &request.summary].into_iter().flatten().all(|text| is_text(text)));
}

fn is_message(message: &Message) -> bool {
    let is_file = |url: &str, name: &str| url.chars().count() <= 8_192 && name.chars().count() <= 255;
    is_text(&message.text)
        && message.author.as_ref().is_none_or(|author| author.chars().count() <= 255)
        && message.attachments.len() <= 100
        && message.attachments.iter().all(|file| is_file(&file.url, &file.name))
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= 100_000
}

/// Whatever is asked for is told in no more than a channel's parameter holds.
fn check_attributes(request: &EscalationRequest) {
    let names = request.customer.properties.iter().map(|(name, _)| name.as_str()).chain(["subject", "name", "email"]);
    let rows: Vec<_> =
        names.map(|name| RoutingAttribute { attribute: name.to_owned(), value: format!("V {name}") }).collect();
    let attributes = routing_attributes(&rows, request, Uuid::nil());
    assert!(attributes.values.values().all(|value| value.encode_utf16().count() <= 255));
    assert!(attributes.values.len() <= rows.len() + 1);
}

/// The same JSON with its members the other way round.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().rev().map(|(name, member)| (name.clone(), turned(member))).collect::<Map<_, _>>(),
        ),
        Value::Array(elements) => elements.iter().map(turned).collect(),
        leaf => leaf.clone(),
    }
}

//! Requests are read by hand. Their schemas and their readers agree: on documents made by the schema, on each that lacks a required member, and
//! on each in which something is of another kind, too short or too long.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use shared::problem::FieldError;

use super::generator::{Choices, document};
use super::schema::{errors, resolved};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(super::kept);

/// Rules that JSON Schema can't say, or not readably: their descriptions do. What breaks one is refused with this in its detail.
const RULES: [&str; 8] = [
    "is required for fullviewFlow with messaging",
    "is sent by another row already",
    "is sent by us with every conversation",
    "needs assignmentRule to be false",
    "is mapped already",
    "is set by us or by a setting of its own",
    "Closing equals opening",
    "An earlier exception has this date",
];
const SETTINGS: Choices = &[
    ("/salesforce/domain", &["acme", "https://Acme--uat.sandbox.my.salesforce.com/"]),
    ("/messaging/url", &["acme", "acme.my.salesforce-scrt.com"]),
    ("/timeZone", &["Europe/Copenhagen", "UTC"]),
    ("/holidays", &["DK", ""]),
];
/// What takes the place of each part of a document.
const OTHERS: [fn() -> Value; 8] = [
    || json!(null),
    || json!(true),
    || json!(7.5),
    || json!(-1),
    || json!(""),
    || json!("x".repeat(5_000)),
    || json!([]),
    || json!({}),
];

type Reader = fn(&Value) -> Vec<FieldError>;

/// Whether a reader accepts a document, but for the rules.
fn accepts(read: Reader, document: &Value) -> bool {
    read(document).iter().all(|error| RULES.iter().any(|rule| error.detail.contains(rule)))
}

fn agree(name: &str, choices: Choices, read: Reader) {
    let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let documents = document(&DESCRIPTION, &schema, choices);
    let check = |document: Value| {
        prop_assert!(accepts(read, &document), "{:?} for {document}", read(&document));
        for less in without_a_required_member(&schema, &document) {
            prop_assert!(!accepts(read, &less), "accepted: {less}");
        }
        for pointer in pointers(&document) {
            for other in OTHERS.map(|other| other()) {
                let is_chosen = choices.iter().any(|(end, _)| pointer.ends_with(end)) && other.is_string();
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).unwrap() = other;
                let wrong = errors(&DESCRIPTION, &schema, &changed);
                prop_assert!(
                    is_chosen || wrong.is_empty() == accepts(read, &changed),
                    "{wrong:?} {:?} at {pointer}",
                    read(&changed)
                );
            }
        }
        Ok(())
    };
    runner.run(&documents, check).unwrap();
}

/// Each place of a document.
fn pointers(value: &Value) -> Vec<String> {
    let below = |token: &str, value: &Value| {
        pointers(value)
            .into_iter()
            .map(|rest| format!("/{}{rest}", shared::json_reader::pointer_token(token)))
            .collect::<Vec<_>>()
    };
    let children = match value {
        Value::Object(members) => members.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(index, value)| below(&index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    [vec![String::new()], children].concat()
}

/// The document without each of its required members.
fn without_a_required_member(schema: &Value, document: &Value) -> Vec<Value> {
    let places = required_members(schema, document);
    places
        .into_iter()
        .map(|(parent, name)| {
            let mut less = document.clone();
            less.pointer_mut(&parent).unwrap().as_object_mut().unwrap().remove(&name);
            less
        })
        .collect()
}

/// Where the required members are: the pointer of the object, and their names.
fn required_members(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let schema = alternative(resolved(&DESCRIPTION, schema), value);
    let mut members = Vec::new();
    let mut below = |token: &str, schema: &Value, value: &Value| {
        let token = shared::json_reader::pointer_token(token);
        members.extend(
            required_members(schema, value).into_iter().map(|(place, name)| (format!("/{token}{place}"), name)),
        );
    };
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                below(name, schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]), value);
            }
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| below(&index.to_string(), &schema["items"], value));
        }
        _ => {}
    }
    let own = schema["required"].as_array().into_iter().flatten().filter(|_| value.is_object());
    members.extend(own.map(|name| (String::new(), name.as_str().unwrap().to_owned())));
    members
}

/// The one of a schema's alternatives that a value is.
fn alternative<'s>(schema: &'s Value, value: &Value) -> &'s Value {
    let Some(alternatives) = schema["anyOf"].as_array() else { return schema };
    let is_it = |one: &&Value| errors(&DESCRIPTION, one, value).is_empty();
    let one = alternatives.iter().find(is_it).unwrap();
    alternative(resolved(&DESCRIPTION, one), value)
}

fn mistakes<T>(read: Result<T, Vec<FieldError>>) -> Vec<FieldError> {
    read.err().unwrap_or_default()
}

#[test]
fn an_escalation() {
    agree("EscalationBody", &[], |body| mistakes(shared::escalation_request::parse(body)));
}

#[test]
fn settings() {
    agree("SettingsBody", SETTINGS, |body| mistakes(settings::parse::parse(body, true, false)));
}

#[test]
fn a_preview() {
    agree("PreviewBody", SETTINGS, |body| mistakes(settings::preview::question(body, false)));
}

#[test]
fn a_connection_test() {
    agree("ConnectionTestBody", SETTINGS, |body| mistakes(settings::connection_test::unsaved(body, true, false)));
}

#[test]
fn an_organisation() {
    agree("OrganisationBody", &[], |body| mistakes(settings::organisations::parse(body, "acme")));
}

#[test]
fn an_escalations_token() {
    agree("EscalationsTokenBody", &[], |body| mistakes(settings::escalations_tokens::overlap(body)));
}

#[test]
fn a_callback() {
    agree("CallbackBody", &[], |body| mistakes(apex_callback::callback::parse(body)));
}

#[test]
fn a_customer_s_message_and_signals() {
    agree("ChatMessageBody", &[], |body| {
        mistakes(conversation_relay::messages::parse(body).map_err(|problem| problem.errors))
    });
    agree("TypingBody", &[], |body| {
        mistakes(conversation_relay::signals::parse_typing(body).map_err(|problem| problem.errors))
    });
    agree("ReadBody", &[], |body| {
        mistakes(conversation_relay::signals::parse_read(body).map_err(|problem| problem.errors))
    });
}

//! What the org's flow tells.

use serde_json::Value;
use shared::json_reader::JsonReader;
use shared::problem::FieldError;
use uuid::Uuid;

use crate::record_id::record_id;

const CASE_PREFIX: &str = "500";
const SESSION_PREFIX: &str = "0Mw";
pub(crate) const MAX_ID_CHARACTERS: usize = 100;
/// Those of an auto-number field.
pub(crate) const MAX_NUMBER_CHARACTERS: usize = 30;
pub(crate) const MAX_VERSION_CHARACTERS: usize = 30;

/// What a request of the package says.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// What became of a conversation.
    Callback(Callback),
    /// That the way from the org to us is open.
    Test {
        /// What a callback test waits for.
        nonce: String,
    },
}

/// What became of a conversation in the org's flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The escalation's id, which is the conversation's.
    pub escalation_id: Uuid,
    /// The `MessagingSession`.
    pub session_id: Option<String>,
    /// The Case that the flow made; without one, the conversation ends silently.
    pub case: Option<FlowCase>,
}

/// A Case that the flow made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowCase {
    /// The record id, 18 characters.
    pub id: String,
    /// The `CaseNumber`, if the flow told it.
    pub number: Option<String>,
}

/// Reads the body of a callback.
///
/// # Errors
/// Every wrong member, with a pointer to it.
pub fn parse(body: &Value) -> Result<Message, Vec<FieldError>> {
    let mut errors = Vec::new();
    let message = message(&mut JsonReader::new(body, &mut errors));
    message.filter(|_| errors.is_empty()).ok_or(errors)
}

fn message(body: &mut JsonReader<'_, '_>) -> Option<Message> {
    body.object()?;
    if let Some(mut nonce) = body.optional("nonce") {
        return nonce.string(1, MAX_ID_CHARACTERS).map(|nonce| Message::Test { nonce: nonce.to_owned() });
    }
    let escalation_id = body.required("conversationId").and_then(|mut id| uuid(&mut id));
    let session_id = optional_id(body, "messagingSessionId", SESSION_PREFIX);
    let number = body.optional_string("caseNumber", MAX_NUMBER_CHARACTERS);
    let case = optional_id(body, "caseId", CASE_PREFIX).map(|id| FlowCase { id, number });
    body.optional_string("packageVersion", MAX_VERSION_CHARACTERS);
    Some(Message::Callback(Callback { escalation_id: escalation_id?, session_id, case }))
}

fn uuid(reader: &mut JsonReader<'_, '_>) -> Option<Uuid> {
    let id = reader.string(1, MAX_ID_CHARACTERS)?.parse().ok();
    if id.is_none() {
        reader.reject("must be a UUID");
    }
    id
}

/// A record id; empty counts as absent, as a flow's blank variable may come so.
fn optional_id(body: &mut JsonReader<'_, '_>, name: &str, prefix: &str) -> Option<String> {
    let mut reader = body.optional(name)?;
    let text = reader.string(0, MAX_ID_CHARACTERS).filter(|text| !text.is_empty())?;
    let id = record_id(text, prefix);
    if id.is_none() {
        reader.reject(format!("must be a record id of 15 or 18 characters that starts with {prefix}"));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What the org's Apex sends; its own tests and `infra/salesforce/check` hold the Apex to it.
    const EXAMPLE: &str =
        include_str!("../../../infra/salesforce/packages/callback/staticresources/FullviewCallbackExample.json");
    const CASE_EVENT: &str = include_str!("../../../events/apex-callback.json");
    const SILENT_EVENT: &str = include_str!("../../../events/apex-callback-without-case.json");

    fn body() -> Value {
        json!({
            "conversationId": "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417", "messagingSessionId": "0Mw000000000001AAA",
            "caseId": "500000000000001AAA", "caseNumber": "00001027", "packageVersion": "1.0",
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = body();
        body[name] = value;
        body
    }

    fn callback(body: &Value) -> Callback {
        match parse(body) {
            Ok(Message::Callback(callback)) => callback,
            other => panic!("{other:?}"),
        }
    }

    fn nonce(body: &Value) -> String {
        match parse(body) {
            Ok(Message::Test { nonce }) => nonce,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_callback_names_the_conversation_the_session_and_the_case() {
        let callback = callback(&with("later", json!("unknown members are ignored")));
        assert_eq!(callback.escalation_id.to_string(), "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417");
        assert_eq!(callback.session_id.as_deref(), Some("0Mw000000000001AAA"));
        assert_eq!(callback.case, Some(FlowCase { id: "500000000000001AAA".into(), number: Some("00001027".into()) }));
    }

    #[test]
    fn what_the_org_sends_is_read_whole() {
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        let with_case = callback(&example["withCase"]);
        assert_eq!(with_case.escalation_id.to_string(), example["withCase"]["conversationId"]);
        assert_eq!(json!(with_case.session_id), example["withCase"]["messagingSessionId"]);
        let case = with_case.case.as_ref().unwrap();
        assert_eq!((json!(case.id), json!(case.number)), (json!("5005g00000KqYzLAAV"), json!("00001027")));
        assert_eq!(callback(&example["silent"]), Callback { case: None, ..with_case });
        assert_eq!(json!({ "nonce": nonce(&example["test"]) }), example["test"]);
    }

    #[test]
    fn the_sample_events_have_the_bodies_that_the_org_sends() {
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        for (event, body) in [(CASE_EVENT, "withCase"), (SILENT_EVENT, "silent")] {
            let event: Value = serde_json::from_str(event).unwrap();
            let sent: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            assert_eq!(sent, example[body]);
        }
    }

    #[test]
    fn all_but_the_conversation_may_be_missing_null_or_empty() {
        let bare = callback(&json!({ "conversationId": "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417" }));
        assert_eq!((bare.session_id.as_ref(), bare.case.as_ref()), (None, None));
        for nothing in [json!(null), json!("")] {
            assert_eq!(callback(&with("caseId", nothing.clone())).case, None);
            assert_eq!(callback(&with("messagingSessionId", nothing.clone())).session_id, None);
            assert_eq!(callback(&with("caseNumber", nothing)).case.unwrap().number, None);
        }
    }

    #[test]
    fn a_case_id_of_15_characters_is_completed() {
        assert_eq!(callback(&with("caseId", json!("500000000000001"))).case.unwrap().id, "500000000000001AAA");
    }

    #[test]
    fn each_wrong_member_is_named() {
        for (name, value) in [
            ("conversationId", json!("conv_8731")),
            ("conversationId", json!(null)),
            ("messagingSessionId", json!("500000000000001AAA")),
            ("caseId", json!("0Mw000000000001AAA")),
            ("caseId", json!("500/../../query?q=1")),
            ("caseId", json!(500)),
            ("caseNumber", json!("1".repeat(31))),
            ("packageVersion", json!(1.0)),
        ] {
            let errors = parse(&with(name, value.clone())).unwrap_err();
            assert_eq!(errors.len(), 1, "{name} {value}");
            assert_eq!(errors[0].pointer, format!("/{name}"), "{value}");
        }
        assert_eq!(parse(&json!([])).unwrap_err()[0].pointer, "");
    }

    #[test]
    fn a_nonce_is_a_test_of_the_way() {
        assert_eq!(nonce(&json!({ "nonce": "n1" })), "n1");
        assert_eq!(parse(&json!({ "nonce": 1 })).unwrap_err()[0].pointer, "/nonce");
    }
}

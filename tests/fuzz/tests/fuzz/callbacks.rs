use apex_callback::callback::{FlowCase, Message, parse};
use fuzz::{Form, Target, Verdict, refusal};
use serde_json::Value;

const TARGET: Target<'_> = Target {
    name: "callbacks",
    form: Form::Json,
    words: &[
        "500000000000001",
        "500000000000001AAA",
        "0Mw000000000001AAA",
        "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417",
        "00001027",
        "nonce",
    ],
    accepted_percent: 15,
};

#[test]
fn an_accepted_callback_names_records_by_ids_and_nothing_else() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    match parse(&body) {
        Ok(Message::Callback(callback)) => {
            assert!(callback.session_id.is_none_or(|id| is_id(&id, "0Mw")));
            callback.case.iter().for_each(check_case);
            assert!(body["conversationId"].is_string() && body.get("nonce").is_none_or(Value::is_null));
            Verdict::Accepted
        }
        Ok(Message::Test { nonce }) => {
            assert_eq!(body["nonce"], nonce);
            Verdict::Accepted
        }
        Err(errors) => {
            refusal::check_errors(&body, &errors);
            Verdict::Refused
        }
    }
}

fn check_case(case: &FlowCase) {
    assert!(is_id(&case.id, "500"), "{}", case.id);
    assert!(case.number.as_ref().is_none_or(|number| (1..=30).contains(&number.chars().count())));
}

fn is_id(id: &str, prefix: &str) -> bool {
    id.len() == 18 && id.starts_with(prefix) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

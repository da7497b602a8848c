use conversation_relay::messages::parse;
use fuzz::{Form, Target, Verdict, refusal};
use serde_json::Value;

const TARGET: Target<'_> = Target {
    name: "chat_messages",
    form: Form::Json,
    words: &["m-1_A", "😀", "\u{a0}", "\u{feff}"],
    accepted_percent: 10,
};

#[test]
fn an_accepted_message_can_be_sent_and_shown() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    match parse(&body) {
        Ok((id, text)) => {
            assert!((1..=64).contains(&id.len()));
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')), "{id}");
            assert!((1..=4_000).contains(&text.encode_utf16().count()) && !text.trim().is_empty());
            assert_eq!((body["id"].as_str(), body["text"].as_str()), (Some(id.as_str()), Some(text.as_str())));
            Verdict::Accepted
        }
        Err(problem) => {
            refusal::check(&body, &problem);
            Verdict::Refused
        }
    }
}

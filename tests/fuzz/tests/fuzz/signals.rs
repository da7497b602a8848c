use conversation_relay::signals::{parse_read, parse_typing};
use fuzz::{Form, Target, Verdict, refusal};
use serde_json::Value;

const TARGET: Target<'_> =
    Target { name: "signals", form: Form::Json, words: &["typing", "messageId", "m-1_A"], accepted_percent: 10 };

#[test]
fn an_accepted_signal_is_as_it_was_sent() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    let (typing, read) = (parse_typing(&body), parse_read(&body));
    for refused in [typing.as_ref().err(), read.as_ref().err()].into_iter().flatten() {
        refusal::check(&body, refused);
    }
    if let Ok(is_typing) = typing {
        assert_eq!(body["typing"].as_bool(), Some(is_typing));
    }
    if let Ok(id) = &read {
        assert!(body["messageId"].as_str() == Some(id) && (1..=200).contains(&id.chars().count()));
    }
    Verdict::accepted_if(typing.is_ok() || read.is_ok())
}

use std::time::Duration;

use conversation_relay::event::EventId;
use escalation_intake::prefer;
use fuzz::{Form, Target, Verdict};
use shared::authentication::bearer;

const TARGET: Target<'_> = Target {
    name: "headers",
    form: Form::Bytes,
    words: &[
        "wait=",
        "wait=7",
        ", ",
        "; ",
        "Bearer ",
        "bearer\t",
        "12.1",
        "18446744073709551615.65535",
        "65536",
        "\"25\"",
    ],
    accepted_percent: 30,
};

#[test]
fn a_header_that_is_understood_means_one_thing() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let id = EventId::parse(&text);
    if let Some(id) = id {
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        assert!(id >= EventId::default());
    }
    let wait = prefer::wait(Some(&text));
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(25)));
    let key = bearer(&text);
    if let Some(key) = key {
        assert!(!key.is_empty() && key.trim() == key && text.ends_with(key.trim_end()) | text.contains(key));
        assert!(text[..6].eq_ignore_ascii_case("bearer"));
    }
    Verdict::accepted_if(id.is_some() || wait.is_some() || key.is_some())
}

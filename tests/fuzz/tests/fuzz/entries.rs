use std::collections::HashSet;

use conversation_relay::mapping::{OwnMessages, events};
use fuzz::{Form, Target, Verdict};
use serde_json::Value;
use shared::conversation::{LogEvent, Record};
use shared::salesforce::messaging::{Content, Entry, EntryKind};
use uuid::Uuid;

const TARGET: Target<'_> = Target {
    name: "entries",
    form: Form::Json,
    words: &[
        "Message",
        "ParticipantChanged",
        "RoutingResult",
        "SessionStatusChanged",
        "QueuePosition",
        "Agent",
        "EndUser",
        "Chatbot",
        "add",
        "remove",
        "Ended",
        "https://a.example/",
        "javascript:alert(1)",
        "0Mw000000000001AAA",
        "005000000000001AAA",
        "text/html",
    ],
    accepted_percent: 40,
};

#[test]
fn an_entry_is_kept_small_and_means_the_same_when_it_is_read_again() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(source) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    let Some(entry) = Entry::read(source) else { return Verdict::Refused };
    check_entry(&entry);
    let record = Record { number: 7, event: LogEvent::Entry(entry) };
    check_events(&record);
    Verdict::Accepted
}

/// Checks an entry that was read, wherever it came from.
pub(crate) fn check_entry(entry: &Entry) {
    assert!((1..=200).contains(&entry.identifier.len()));
    assert!(entry.source.to_string().len() <= 80_000, "an item holds no more");
    assert!((0..=253_370_764_800_000).contains(&entry.at.timestamp_millis()), "{}", entry.at);
    let stored = LogEvent::Entry(entry.clone()).to_json();
    assert!(LogEvent::from_json(stored) == Some(LogEvent::Entry(entry.clone())), "it is read as it was stored");
    assert!(entry.session_id().is_none_or(|id| matches!(id.len(), 15 | 18)));
    if let EntryKind::ParticipantChanged(changes) = &entry.kind {
        assert!(changes.iter().all(|change| change.subject.chars().count() <= 100 || change.name.is_some()));
    }
    let content = Content::of(&entry.message());
    assert!(content.links.iter().all(|link| link.url.starts_with("http://") || link.url.starts_with("https://")));
}

/// Each has an id of its own, and goes over the wire as one event.
fn check_events(record: &Record) {
    let own = OwnMessages::new(Uuid::nil());
    let all = events(record, &own);
    let ids: HashSet<_> = all.iter().filter_map(|event| event.id.map(|id| id.to_string())).collect();
    assert_eq!(ids.len(), all.len());
    for event in &all {
        let encoded = String::from_utf8(event.encoded().to_vec()).unwrap();
        assert!(encoded.ends_with("\n\n") && encoded.trim_end().lines().count() == 3, "{encoded}");
    }
}

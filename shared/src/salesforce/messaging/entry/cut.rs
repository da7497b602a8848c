//! Cuts an entry that is larger than any person or bot writes to what we read of it, so that it can be kept, and means the same.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Entry, EntryKind, Participant, Role, SessionStatus};

/// An entry of more bytes is cut: an item holds 400 kB, and a transaction of forty 4 MB.
const MAX_BYTES: usize = 80_000;
const MAX_TEXT_BYTES: usize = 60_000;
const MAX_NAME_BYTES: usize = 500;
/// People of one change who are kept.
const MAX_PARTICIPANTS: usize = 40;

/// Whether an entry can be kept as it came.
pub(super) fn is_kept_whole(source: &Value) -> bool {
    size(source) <= MAX_BYTES
}

/// The entry as it is kept.
pub(super) fn cut(entry: &Entry) -> Value {
    let name = |name: &str| cut_text(name, MAX_NAME_BYTES);
    let mut payload = payload(&entry.kind);
    payload["sessionId"] = json!(entry.session_id());
    json!({
        "identifier": entry.identifier,
        "entryType": entry.source["entryType"].as_str().or(entry.payload()["entryType"].as_str()).map(name),
        "entryPayload": payload,
        "sender": { "role": role(entry.sender) },
        "senderDisplayName": entry.sender_name.as_deref().map(name),
        "transcriptedTimestamp": entry.at.timestamp_millis(),
    })
}

fn payload(kind: &EntryKind) -> Value {
    match kind {
        EntryKind::Message { text, .. } => {
            let text = cut_text(text, MAX_TEXT_BYTES) + " [cut]";
            json!({ "abstractMessage": { "staticContent": { "formatType": "Text", "text": text } } })
        }
        EntryKind::ParticipantChanged(changes) => {
            json!({ "entries": changes.iter().take(MAX_PARTICIPANTS).map(participant).collect::<Vec<_>>() })
        }
        EntryKind::RoutingResult { failure } => {
            json!({ "failureType": if failure.is_some() { "Unknown" } else { "None" } })
        }
        EntryKind::SessionStatusChanged { status, previous } => {
            json!({ "sessionStatus": session_status(*status), "sessionStatusPrev": previous.map(session_status) })
        }
        EntryKind::Other => json!({}),
    }
}

fn participant(change: &Participant) -> Value {
    json!({
        "operation": if change.is_added { "add" } else { "remove" },
        "displayName": change.name.as_deref().map(|name| cut_text(name, MAX_NAME_BYTES)),
        "participant": { "role": role(change.role), "subject": cut_text(&change.subject, MAX_NAME_BYTES) },
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::EndUser => "EndUser",
        Role::Agent => "Agent",
        Role::Chatbot => "Chatbot",
        Role::Other => "System",
    }
}

fn session_status(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Open => "Active",
        SessionStatus::Inactive => "Inactive",
        SessionStatus::Ended => "Ended",
        SessionStatus::Error => "Error",
    }
}

/// As much of a text as JSON can write in so many bytes.
fn cut_text(text: &str, max_bytes: usize) -> String {
    let mut left = max_bytes;
    let fits = |character: &char| {
        let bytes = match character {
            '"' | '\\' => 2,
            character if character.is_control() => 6,
            character => character.len_utf8(),
        };
        let fits = bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    };
    text.chars().take_while(fits).collect()
}

/// Bytes of its JSON.
fn size(value: &Value) -> usize {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).map_or(usize::MAX, |()| counter.0)
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with a member that makes it too large, and the same without it.
    fn huge_and_plain(entry_type: &str, payload: &Value) -> (Entry, Entry) {
        let source = json!({
            "identifier": "e1", "entryType": entry_type, "entryPayload": payload, "transcriptedTimestamp": 1_800_000_000_000_i64,
            "sender": { "role": "Agent" }, "senderDisplayName": "Grace", "relatedRecords": ["0Mw000000000001AAA"],
        });
        let mut huge = source.clone();
        huge["novel"] = json!("x".repeat(600_000));
        (Entry::read(huge).unwrap(), Entry::read(source).unwrap())
    }

    fn said(text: &str) -> Value {
        json!({ "abstractMessage": { "staticContent": { "formatType": "Text", "text": text } } })
    }

    #[test]
    fn what_is_cut_means_the_same() {
        let added = json!({ "operation": "add", "displayName": "Grace", "participant": { "role": "Agent", "subject": "005000000000001AAA" } });
        let payloads = [
            (
                "ParticipantChanged",
                json!({ "entries": [added, { "operation": "remove", "displayName": "Bot", "participant": { "role": "Chatbot" } }] }),
            ),
            ("RoutingResult", json!({ "failureType": "None", "errorMessages": ["no agents"] })),
            ("RoutingResult", json!({ "failureType": "None" })),
            ("SessionStatusChanged", json!({ "sessionStatus": "Ended", "sessionStatusPrev": "Inactive" })),
            ("SessionStatusChanged", json!({ "sessionStatus": "Error" })),
            ("SomethingNew", json!(7)),
        ];
        for (entry_type, payload) in payloads {
            let (huge, plain) = huge_and_plain(entry_type, &payload);
            assert!(size(&huge.source) <= MAX_BYTES, "{payload}");
            assert!(huge.kind == plain.kind, "{payload}");
            assert_eq!((huge.sender, &huge.sender_name, huge.at), (plain.sender, &plain.sender_name, plain.at));
            assert_eq!((huge.entry_type(), huge.session_id()), (plain.entry_type(), plain.session_id()));
        }
    }

    #[test]
    fn a_text_is_cut_to_what_can_be_kept_however_json_writes_it() {
        for text in ["x".repeat(600_000), "漢".repeat(200_000), "\u{1}".repeat(100_000), "\\".repeat(100_000)] {
            let (huge, _) = huge_and_plain("Message", &said(&text));
            assert!(size(&huge.source) <= MAX_BYTES && size(&huge.source) > MAX_TEXT_BYTES);
            let EntryKind::Message { text: kept, .. } = &huge.kind else { panic!() };
            assert!(text.starts_with(kept.strip_suffix(" [cut]").unwrap()));
            assert!(Entry::read(huge.source.clone()).unwrap() == huge, "what is kept is read as it was");
        }
    }

    #[test]
    fn a_text_that_can_be_kept_is_not_cut() {
        let source = json!({ "identifier": "e1", "entryType": "Message", "entryPayload": said(&"x".repeat(70_000)) });
        assert!(Entry::read(source.clone()).unwrap().source == source);
    }

    #[test]
    fn names_without_an_end_are_cut_too() {
        let people: Vec<_> = (0..5_000)
            .map(|_| json!({ "operation": "add", "displayName": "\u{1}".repeat(90), "participant": { "subject": "\u{1}".repeat(90) } }))
            .collect();
        let (huge, _) = huge_and_plain("ParticipantChanged", &json!({ "entries": people }));
        assert!(size(&huge.source) <= MAX_BYTES);
    }
}

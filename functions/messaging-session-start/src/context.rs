//! What the agent reads first: the summary, who the customer is, and the conversation, in one or two messages.
//!
//! Salesforce takes 22 messages a minute of a conversation, so it is not replayed line by line; and a message's length is not
//! documented, so each stays below 4,000 characters. All of it appears as the customer's.

use std::iter::once;

use shared::transcript::{Transcript, file_name};
use shared::utf16::units;
use uuid::Uuid;

/// A message's UTF-16 units, and half of its bytes: one unconfirmed source speaks of 8 kB.
const MESSAGE_UNITS: usize = 3_800;
/// The heading leaves room for the conversation.
const HEADING_UNITS: usize = 2_000;
/// One long message leaves room for others.
const LINE_CHARACTERS: usize = 1_200;
/// A text that ended or began with a link would be split by Salesforce into several messages.
const CONTINUED: &str = "\n(The next message goes on.)";
const CONTINUATION: &str = "(It goes on.)\n";
/// Room for what ends a message.
const END_UNITS: usize = 200;
const END: &str = "\n(End of the conversation with the AI assistant.)";

/// Where the whole conversation is, if the messages do not hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// In a file of the conversation.
    File,
    /// Only with us.
    Kept,
}

/// The messages without the end of the last one, and how much of the conversation they show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// One or two.
    messages: Vec<String>,
    /// What they lack is told at the end.
    pub(crate) is_cut: bool,
    escalation_id: Uuid,
}

impl Context {
    /// Cut only if two messages do not hold everything: then to the first message and the latest ones.
    pub(crate) fn of(transcript: &Transcript<'_>, escalation_id: Uuid) -> Self {
        let lines: Vec<_> = transcript.messages().collect();
        let heading = heading(transcript);
        let is_shortened = heading.is_cut || lines.iter().any(|line| shortened(line) != *line);
        if !is_shortened && let Some(messages) = pack(once(heading.text.clone()).chain(lines.iter().cloned())) {
            return Self { messages, is_cut: false, escalation_id };
        }
        let mut messages = vec![heading.text.clone()];
        for latest in 0..lines.len().max(1) {
            let Some(more) = pack(shown(&heading.text, &lines, latest)) else { break };
            messages = more;
        }
        Self { messages, is_cut: true, escalation_id }
    }

    /// All messages but the last, and the last.
    pub(crate) fn messages(self, whole: Whole) -> (Option<String>, String) {
        let end = if self.is_cut { format!("\n({}){END}", place(self.escalation_id, whole)) } else { END.to_owned() };
        let mut messages = self.messages;
        let last = messages.pop().unwrap_or_default() + &end;
        (messages.pop(), last)
    }

    /// The first message, if it is not the last one too.
    pub(crate) fn first(&self) -> Option<&str> {
        if self.messages.len() > 1 { self.messages.first().map(String::as_str) } else { None }
    }
}

/// The heading, the first message, how many are left out, and so many of the latest.
fn shown(heading: &str, lines: &[String], latest: usize) -> impl Iterator<Item = String> {
    let left_out = lines.len().saturating_sub(latest + 1);
    let gap = match left_out {
        0 => None,
        1 => Some("\n(1 message is left out here.)\n".to_owned()),
        count => Some(format!("\n({count} messages are left out here.)\n")),
    };
    let first = lines.first().map(|line| shortened(line));
    let last = lines[lines.len() - latest..].iter().map(|line| shortened(line));
    once(heading.to_owned()).chain(first).chain(gap).chain(last)
}

struct Heading {
    text: String,
    is_cut: bool,
}

fn heading(transcript: &Transcript<'_>) -> Heading {
    let with_values_up_to =
        |max| transcript.introduction() + &transcript.summary(max) + &transcript.customer(max) + &transcript.title();
    let whole = with_values_up_to(usize::MAX);
    if size(&whole) <= HEADING_UNITS {
        return Heading { text: whole, is_cut: false };
    }
    let shorter = [1_000, 500, 200, 80].map(with_values_up_to).into_iter().find(|text| size(text) <= HEADING_UNITS);
    let without_customer = || transcript.introduction() + &transcript.summary(1_000);
    Heading { text: shorter.unwrap_or_else(without_customer), is_cut: true }
}

fn place(escalation_id: Uuid, whole: Whole) -> String {
    match whole {
        Whole::File => format!("The whole conversation is in the file {}.", file_name(escalation_id)),
        Whole::Kept => format!("The whole conversation is kept by Fullview under {escalation_id}."),
    }
}

/// One message of the conversation, cut if it is long.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARACTERS) {
        Some((end, _)) => format!("{} [cut: {} characters in all]\n", &line[..end], line.chars().count()),
        None => line.to_owned(),
    }
}

/// Fills one message or two, with room for the end; `None` if that does not hold all blocks.
fn pack(blocks: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let mut messages = vec![String::new()];
    for block in blocks {
        let last = messages.last_mut()?;
        if size(last) + size(&block) + END_UNITS <= MESSAGE_UNITS {
            last.push_str(&block);
        } else {
            last.push_str(CONTINUED);
            messages.push(CONTINUATION.to_owned() + &block);
        }
    }
    let fits = messages.len() <= 2
        && messages.iter().all(|message| size(message) + END_UNITS <= MESSAGE_UNITS + CONTINUED.len());
    fits.then_some(messages)
}

fn size(text: &str) -> usize {
    units(text).max(text.len() / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use shared::escalation_request::{EscalationRequest, parse};

    use super::*;

    fn request(texts: &[String], summary: &str) -> EscalationRequest {
        let message = |text: &String| json!({ "role": "customer", "text": text, "sentAt": "2026-11-20T09:14:03Z" });
        let body = json!({
            "conversation": { "id": "c", "messages": texts.iter().map(message).collect::<Vec<_>>() },
            "customer": { "name": "Ada" }, "reason": "customerRequested", "summary": summary,
        });
        parse(&body).ok().unwrap()
    }

    struct Made {
        messages: Vec<String>,
        is_cut: bool,
    }

    fn made(texts: &[String], summary: &str) -> Made {
        let request = request(texts, summary);
        let accepted_at = "2026-11-20T09:14:03Z".parse().unwrap();
        let time_zone = chrono_tz::UTC;
        let transcript =
            Transcript { request: &request, live: &[], accepted_at, why: "", next_opening: None, time_zone };
        let context = Context::of(&transcript, Uuid::nil());
        let is_cut = context.is_cut;
        let (first, last) = context.messages(Whole::File);
        Made { messages: first.into_iter().chain([last]).collect(), is_cut }
    }

    fn texts(count: usize, length: usize) -> Vec<String> {
        (0..count).map(|number| format!("text {number}: {}", "x".repeat(length))).collect()
    }

    #[test]
    fn a_short_conversation_is_one_message_summary_first() {
        let context = made(&texts(3, 10), "The export fails.");
        assert_eq!(context.messages.len(), 1);
        assert!(!context.is_cut);
        let text = &context.messages[0];
        let places = ["customer asked for a person", "The export fails.", "Customer: Ada", "text 0", "text 2", "(End"];
        let places = places.map(|part| text.find(part).unwrap());
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn a_longer_one_is_two_messages_with_all_of_it() {
        let context = made(&texts(8, 500), "s");
        assert_eq!((context.messages.len(), context.is_cut), (2, false));
        let all = context.messages.concat();
        assert!((0..8).all(|number| all.contains(&format!("text {number}:"))));
    }

    #[test]
    fn a_long_one_shows_its_beginning_and_its_latest_and_says_where_the_rest_is() {
        let context = made(&texts(200, 300), "s");
        assert_eq!((context.messages.len(), context.is_cut), (2, true));
        let all = context.messages.concat();
        assert!(all.contains("text 0:") && all.contains("text 199:") && !all.contains("text 100:"));
        assert!(all.contains("messages are left out here"));
        assert!(all.contains(&format!("in the file Transcript-{}.txt", Uuid::nil())), "{all}");
    }

    #[test]
    fn one_huge_message_is_cut_and_the_file_holds_it() {
        let context = made(&texts(1, 50_000), "s");
        assert!(context.is_cut);
        assert!(context.messages[0].contains("[cut: 50"), "{}", context.messages[0]);
    }

    #[test]
    fn no_message_begins_or_ends_with_what_could_be_a_link() {
        let links: Vec<_> = (0..60).map(|number| format!("https://example.com/{number}/{}", "x".repeat(200))).collect();
        for count in [1, 20, 60] {
            for message in made(&links[..count], "https://example.com").messages {
                assert!(message.ends_with(".)") && !message.starts_with("http"), "{message}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn there_are_one_or_two_messages_below_the_limit_whatever_was_said(
            texts in prop::collection::vec("(\\PC|[😀漢]){0,1500}", 1..25), summary in "\\PC{0,3000}",
        ) {
            let texts: Vec<_> = texts.into_iter().map(|text| format!("x{text}")).collect();
            let context = made(&texts, &format!("s{summary}"));
            prop_assert!((1..=2).contains(&context.messages.len()));
            for message in &context.messages {
                prop_assert!(message.encode_utf16().count() < 4_000);
            }
        }
    }
}

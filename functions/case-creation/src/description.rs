//! What stands in the Case itself: the Subject, and as much of the transcript as the Description holds.

use shared::transcript::{Transcript, file_name};
use shared::utf16::{cut, units};
use uuid::Uuid;

/// `Case.Subject` holds 255 characters.
const SUBJECT_UNITS: usize = 255;
/// `Case.Description` holds 32,000 characters; UTF-16 units are counted, and a margin is left for what Salesforce may count otherwise.
const DESCRIPTION_UNITS: usize = 31_000;
/// Room for the sentence that says what is missing.
const NOTICE_UNITS: usize = 400;
/// The heading leaves at least a third to the conversation.
const HEADING_UNITS: usize = 20_000;

/// Where the whole conversation is, if not in the Description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// In a file of the Case.
    File,
    /// Only with us.
    Kept,
}

/// The Description, and whether it lacks something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) text: String,
    pub(crate) is_cut: bool,
}

/// Makes the Description: everything if it fits, else the heading and the first messages, cut at a message's end and saying so.
pub(crate) fn description(transcript: &Transcript<'_>, escalation_id: Uuid, whole: Whole) -> Description {
    let all = printable(&transcript.whole());
    if units(&all) <= DESCRIPTION_UNITS {
        return Description { text: all, is_cut: false };
    }
    let mut text = printable(&heading(transcript));
    let mut used = units(&text);
    let mut shown = 0;
    for message in transcript.messages() {
        let message = printable(&message);
        used += units(&message);
        if used > DESCRIPTION_UNITS - NOTICE_UNITS {
            break;
        }
        text.push_str(&message);
        shown += 1;
    }
    text.push_str(&notice(shown, transcript.messages().count(), escalation_id, whole));
    Description { text, is_cut: true }
}

/// The heading, with long values cut as little as need be.
fn heading(transcript: &Transcript<'_>) -> String {
    let headings = [2_000, 500, 100].map(|max| transcript.heading_with_values_up_to(max));
    let whole = transcript.heading();
    let fits = |heading: &String| units(heading) <= HEADING_UNITS;
    std::iter::once(whole).chain(headings).find(fits).unwrap_or_else(|| transcript.heading_with_values_up_to(40))
}

fn notice(shown: usize, all: usize, escalation_id: Uuid, whole: Whole) -> String {
    let place = match whole {
        Whole::File => format!("is in the file {}", file_name(escalation_id)),
        Whole::Kept => format!("is kept by Fullview under {escalation_id}"),
    };
    format!("\n== Cut here: {shown} of {all} messages are shown. The whole conversation {place}. ==\n")
}

/// The Subject, cut to fit; with the reference by which the Case is found in an org without our field.
pub(crate) fn subject(given: Option<&str>, reference: Option<Uuid>) -> String {
    let end = reference.map(|id| format!(" {}", subject_reference(id))).unwrap_or_default();
    let words: Vec<_> = given.unwrap_or_default().split_whitespace().collect();
    let words =
        if words.is_empty() { "Conversation escalated by the AI assistant".to_owned() } else { words.join(" ") };
    let room = SUBJECT_UNITS - units(&end);
    printable(&cut(&words, room)) + &end
}

/// What an org without our field finds the Case by.
pub(crate) fn subject_reference(escalation_id: Uuid) -> String {
    format!("[FV-{escalation_id}]")
}

/// A text field takes no control characters; the file keeps them.
fn printable(text: &str) -> String {
    text.replace(|character: char| character.is_control() && !matches!(character, '\n' | '\t'), " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use shared::escalation_request::{EscalationRequest, parse};

    fn request(texts: &[String], summary: &str) -> EscalationRequest {
        let messages: Vec<_> = texts
            .iter()
            .map(|text| json!({ "role": "customer", "text": text, "sentAt": "2026-11-20T09:14:03Z" }))
            .collect();
        let body =
            json!({ "conversation": { "id": "c", "messages": messages }, "reason": "policy", "summary": summary });
        parse(&body).ok().unwrap()
    }

    fn transcript(request: &EscalationRequest) -> Transcript<'_> {
        Transcript {
            request,
            live: &[],
            accepted_at: "2026-11-20T09:14:03Z".parse().unwrap(),
            why: "Why.",
            next_opening: None,
            time_zone: chrono_tz::UTC,
        }
    }

    fn described(request: &EscalationRequest) -> Description {
        description(&transcript(request), Uuid::nil(), Whole::File)
    }

    #[test]
    fn a_short_conversation_is_there_whole() {
        let request = request(&["Hello".into()], "");
        let description = described(&request);
        assert_eq!(description, Description { text: transcript(&request).whole(), is_cut: false });
    }

    #[test]
    fn a_long_one_is_cut_at_a_message_s_end_and_says_so() {
        let texts: Vec<_> = (0..400).map(|index| format!("{index}:{}", "x".repeat(500))).collect();
        let Description { text, is_cut } = described(&request(&texts, ""));
        assert!(is_cut);
        let shown = texts.iter().filter(|message| text.contains(message.as_str())).count();
        assert!(text.ends_with(&format!(
            "== Cut here: {shown} of 400 messages are shown. The whole conversation is in the file Transcript-{}.txt. ==\n",
            Uuid::nil()
        )));
        assert!(shown > 40, "{shown}");
        assert!(!text.contains(&format!("{shown}:")), "no part of the first message that is left out");
    }

    #[test]
    fn without_a_file_it_says_who_keeps_the_whole() {
        let request = request(&["x".repeat(40_000)], "");
        let text = description(&transcript(&request), Uuid::nil(), Whole::Kept).text;
        assert!(text.contains("0 of 1 messages are shown") && text.contains("kept by Fullview"), "{text}");
    }

    #[test]
    fn a_huge_summary_leaves_room_for_the_conversation() {
        let Description { text, is_cut } = described(&request(&["the question".into()], &"s".repeat(90_000)));
        assert!(is_cut && text.contains("the question") && text.contains("[cut: 90000 characters in all]"));
    }

    #[test]
    fn the_reference_stands_at_the_subject_s_end() {
        let subject = subject(Some(&"word ".repeat(100)), Some(Uuid::nil()));
        assert_eq!(units(&subject), 255);
        assert!(subject.ends_with(" [FV-00000000-0000-0000-0000-000000000000]"));
    }

    #[test]
    fn a_subject_is_one_line_and_never_empty() {
        assert_eq!(super::subject(Some("a\n b\u{7}"), None), "a b ");
        assert_eq!(super::subject(None, None), "Conversation escalated by the AI assistant");
        assert_eq!(super::subject(Some(" "), None), "Conversation escalated by the AI assistant");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_description_always_fits(texts in prop::collection::vec("\\PC{0,4000}", 1..30), summary in "\\PC{0,3000}") {
            prop_assert!(units(&described(&request(&texts, &summary)).text) <= 32_000);
        }

        #[test]
        fn a_subject_always_fits(given in "\\PC{0,400}") {
            prop_assert!(units(&subject(Some(&given), Some(Uuid::nil()))) <= 255);
        }

        #[test]
        fn a_cut_text_is_a_beginning_of_the_whole(text in "\\PC{0,60}", max in 1_usize..60) {
            let cut = cut(&text, max);
            prop_assert!(units(&cut) <= max);
            prop_assert!(text.starts_with(cut.strip_suffix('…').unwrap_or(&cut)) || cut == text);
        }
    }
}

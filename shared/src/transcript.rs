//! The conversation as an agent reads it: plain text, UTF-8, lines ended by LF. A sample is in `events/`.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::escalation_request::{EscalationRequest, Message, Role, property_text};

/// All that a transcript tells besides the conversation itself.
#[derive(Clone, Copy)]
pub struct Transcript<'a> {
    /// What was said, by whom, and why it is handed over.
    pub request: &'a EscalationRequest,
    /// What was said after that, in the live conversation.
    pub live: &'a [LiveMessage],
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// Why it became a Case: a sentence; empty for a live conversation.
    pub why: &'a str,
    /// When the organisation opens next.
    pub next_opening: Option<DateTime<Utc>>,
    /// The organisation's time zone, in which all times are told.
    pub time_zone: Tz,
}

/// Something that was said in a live conversation. It has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct LiveMessage {
    /// The speaker's name.
    pub author: Option<String>,
    /// Who spoke: `agent`, `customer`, `bot` or `system`.
    pub role: &'static str,
    /// What they said.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Names of files that came with it.
    pub files: Vec<String>,
}

/// The transcript file's name.
#[must_use]
pub fn file_name(escalation_id: Uuid) -> String {
    format!("Transcript-{escalation_id}.txt")
}

impl Transcript<'_> {
    /// Everything.
    #[must_use]
    pub fn whole(&self) -> String {
        self.messages().fold(self.heading(), |text, message| text + &message)
    }

    /// All messages, each as it is read; before the first live one stands that it is one.
    pub fn messages(&self) -> impl Iterator<Item = String> {
        let live = self.live.iter().enumerate().map(|(index, message)| match index {
            0 => format!("\n== Live conversation ({}) ==\n{}", counted(self.live.len()), self.live_message(message)),
            _ => self.live_message(message),
        });
        self.request.conversation.messages.iter().map(|message| self.message(message)).chain(live)
    }

    /// All before the first message: who, why, when, the customer's context and the summary.
    #[must_use]
    pub fn heading(&self) -> String {
        self.heading_with_values_up_to(usize::MAX)
    }

    /// The heading with long values cut to so many characters, each marked where it is cut.
    #[must_use]
    pub fn heading_with_values_up_to(&self, max: usize) -> String {
        self.introduction() + &self.customer(max) + &self.summary(max) + &self.title()
    }

    /// What stands before the conversation.
    #[must_use]
    pub fn title(&self) -> String {
        format!("\n== Conversation ({}) ==\n", counted(self.request.conversation.messages.len()))
    }

    /// When and why it was escalated.
    #[must_use]
    pub fn introduction(&self) -> String {
        let mut text = format!("Escalated by the AI assistant on {}\n", self.time(self.accepted_at));
        let _ = writeln!(text, "{}", self.request.reason.sentence());
        if !self.why.is_empty() {
            let _ = writeln!(text, "{}{}", self.why, self.opening());
        }
        text
    }

    /// Who the customer is, with long values cut to so many characters.
    #[must_use]
    pub fn customer(&self, max: usize) -> String {
        let mut text = String::new();
        let properties = &self.request.customer.properties;
        let properties = properties.iter().map(|(name, value)| (name.as_str(), property_text(value)));
        section(&mut text, "Customer", self.known(), max);
        section(&mut text, "Customer properties", properties, max);
        text
    }

    /// The AI's summary, cut to so many characters; empty if there is none.
    #[must_use]
    pub fn summary(&self, max: usize) -> String {
        let summary = self.request.summary.as_ref();
        summary.map(|summary| format!("\n== Summary by the AI ==\n{}\n", cut(summary, max))).unwrap_or_default()
    }

    fn known(&self) -> impl Iterator<Item = (&'static str, String)> {
        let customer = &self.request.customer;
        let conversation = &self.request.conversation;
        let labelled = [
            ("Customer", &customer.name),
            ("E-mail", &customer.email),
            ("Phone", &customer.phone),
            ("Customer id", &customer.id),
            ("Subject", &conversation.subject),
            ("Language", &conversation.language),
        ];
        labelled.into_iter().filter_map(|(label, value)| Some((label, value.clone()?)))
    }

    /// One message: a blank line, who and when, the text, and its attachments.
    #[must_use]
    pub fn message(&self, message: &Message) -> String {
        let mut text = format!("\n{}, {}\n", self.speaker(message), self.time(message.sent_at));
        if !message.text.is_empty() {
            let _ = writeln!(text, "{}", lines(&message.text));
        }
        for attachment in &message.attachments {
            let _ = writeln!(text, "Attachment: {} {}", lines(&attachment.name), lines(&attachment.url));
        }
        text
    }

    fn live_message(&self, message: &LiveMessage) -> String {
        let speaker = speaker(message.author.as_deref(), message.role);
        let mut text = format!("\n{speaker}, {}\n", self.time(message.at));
        if !message.text.is_empty() {
            let _ = writeln!(text, "{}", lines(&message.text));
        }
        for file in &message.files {
            let _ = writeln!(text, "File: {}", lines(file));
        }
        text
    }

    fn speaker(&self, message: &Message) -> String {
        let role = match message.role {
            Role::Customer => "customer",
            Role::Assistant => "AI assistant",
            Role::System => "system",
        };
        let customer = self.request.customer.name.as_ref().filter(|_| message.role == Role::Customer);
        speaker(message.author.as_ref().or(customer).map(String::as_str), role)
    }

    fn opening(&self) -> String {
        self.next_opening.map(|at| format!(" Next opening: {}.", self.time(at))).unwrap_or_default()
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.time_zone).format("%-d %B %Y, %H:%M %Z").to_string()
    }
}

fn speaker(name: Option<&str>, role: &str) -> String {
    match name {
        Some(name) => format!("{} ({role})", lines(name)),
        None => role[..1].to_uppercase() + &role[1..],
    }
}

fn counted(messages: usize) -> String {
    if messages == 1 { "1 message".to_owned() } else { format!("{messages} messages") }
}

/// Ends every line with LF, whatever it was ended with.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A title and a line for each value; nothing if there is none.
fn section<'l>(text: &mut String, title: &str, values: impl Iterator<Item = (&'l str, String)>, max: usize) {
    for (index, (label, value)) in values.enumerate() {
        if index == 0 {
            let _ = write!(text, "\n== {title} ==\n");
        }
        let _ = writeln!(text, "{}: {}", cut(label, max), cut(&value, max));
    }
}

/// With LF at every line's end, and marked where it is cut.
fn cut(text: &str, max: usize) -> String {
    let text = lines(text);
    match text.char_indices().nth(max) {
        None => text,
        Some((end, _)) => format!("{} [cut: {} characters in all]", &text[..end], text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> EscalationRequest {
        let body = json!({
            "conversation": { "id": "c", "subject": "Export", "messages": [
                { "role": "customer", "text": "It fails\r\nagain", "sentAt": "2026-07-20T09:14:03Z" },
                { "role": "assistant", "author": "Fullview", "text": "", "sentAt": "2026-07-20T09:15:00Z",
                  "attachments": [{ "name": "a.png", "url": "https://example.com/a.png" }] },
                { "role": "system", "text": "مرحبا 😀", "sentAt": "2026-12-20T09:15:00Z" } ] },
            "customer": { "name": "Ada Lovelace", "properties": { "seats": 12 } },
            "reason": "customerRequested", "summary": "Short.",
        });
        crate::escalation_request::parse(&body).ok().unwrap()
    }

    fn transcript(request: &EscalationRequest) -> Transcript<'_> {
        Transcript {
            request,
            live: &[],
            accepted_at: "2026-11-20T19:14:03Z".parse().unwrap(),
            why: "It was outside business hours.",
            next_opening: Some("2026-11-23T08:00:00Z".parse().unwrap()),
            time_zone: chrono_tz::Europe::Copenhagen,
        }
    }

    #[test]
    fn it_tells_who_why_when_the_context_the_summary_and_the_conversation() {
        assert_eq!(
            transcript(&request()).whole(),
            "Escalated by the AI assistant on 20 November 2026, 20:14 CET\n\
             The customer asked for a person.\n\
             It was outside business hours. Next opening: 23 November 2026, 09:00 CET.\n\
             \n== Customer ==\nCustomer: Ada Lovelace\nSubject: Export\n\
             \n== Customer properties ==\nseats: 12\n\
             \n== Summary by the AI ==\nShort.\n\
             \n== Conversation (3 messages) ==\n\
             \nAda Lovelace (customer), 20 July 2026, 11:14 CEST\nIt fails\nagain\n\
             \nFullview (AI assistant), 20 July 2026, 11:15 CEST\nAttachment: a.png https://example.com/a.png\n\
             \nSystem, 20 December 2026, 10:15 CET\nمرحبا 😀\n"
        );
    }

    #[test]
    fn what_was_said_live_follows_as_a_part_of_its_own() {
        let request = request();
        let said = |author: Option<&str>, role, text: &str, files: &[&str]| LiveMessage {
            author: author.map(str::to_owned),
            role,
            text: text.to_owned(),
            at: "2026-11-20T19:20:00Z".parse().unwrap(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        };
        let live = [said(Some("Grace"), "agent", "Hello\r\nAda", &[]), said(None, "customer", "", &["log.txt"])];
        let transcript = Transcript { live: &live, ..transcript(&request) };
        let expected = "\n== Live conversation (2 messages) ==\n\nGrace (agent), 20 November 2026, 20:20 CET\nHello\nAda\n\
                        \nCustomer, 20 November 2026, 20:20 CET\nFile: log.txt\n";
        assert!(transcript.whole().ends_with(expected), "{}", transcript.whole());
    }

    #[test]
    fn a_cut_value_says_how_long_it_was() {
        let mut request = request();
        request.summary = Some("ä".repeat(50));
        let heading = transcript(&request).heading_with_values_up_to(10);
        assert!(heading.contains("ääääääääää [cut: 50 characters in all]\n"), "{heading}");
        assert!(!heading.contains(&"ä".repeat(11)));
    }

    #[test]
    fn a_missing_section_leaves_no_title() {
        let mut request = request();
        request.summary = None;
        request.customer = crate::escalation_request::Customer::default();
        let text = transcript(&request).whole();
        assert!(!text.contains("Summary") && !text.contains("properties"), "{text}");
        assert!(text.contains("\nCustomer, 20 July"), "{text}");
    }
}

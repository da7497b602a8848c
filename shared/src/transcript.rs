//! The conversation as an agent reads it: plain text, UTF-8, lines ended by LF. A sample is in `events/`.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::escalation_request::{EscalationRequest, Message, Role, property_text};

/// All that a transcript tells besides the conversation itself.
#[derive(Clone, Copy)]
pub struct Transcript<'a> {
    /// What was said, by whom, and why it is handed over.
    pub request: &'a EscalationRequest,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// Why it became a Case: a sentence.
    pub why: &'a str,
    /// When the organisation opens next.
    pub next_opening: Option<DateTime<Utc>>,
    /// The organisation's time zone, in which all times are told.
    pub time_zone: Tz,
}

impl Transcript<'_> {
    /// Everything.
    #[must_use]
    pub fn whole(&self) -> String {
        self.request.conversation.messages.iter().fold(self.heading(), |text, message| text + &self.message(message))
    }

    /// All before the first message: who, why, when, the customer's context and the summary.
    #[must_use]
    pub fn heading(&self) -> String {
        self.heading_with_values_up_to(usize::MAX)
    }

    /// The heading with long values cut to so many characters, each marked where it is cut.
    #[must_use]
    pub fn heading_with_values_up_to(&self, max: usize) -> String {
        let request = self.request;
        let mut text = format!("Escalated by the AI assistant on {}\n", self.time(self.accepted_at));
        let _ = writeln!(text, "{}", request.reason.sentence());
        let _ = writeln!(text, "{}{}", self.why, self.opening());
        let properties = request.customer.properties.iter().map(|(name, value)| (name.as_str(), property_text(value)));
        section(&mut text, "Customer", self.known(), max);
        section(&mut text, "Customer properties", properties, max);
        if let Some(summary) = &request.summary {
            let _ = write!(text, "\n== Summary by the AI ==\n{}\n", cut(summary, max));
        }
        let count = request.conversation.messages.len();
        let _ = write!(text, "\n== Conversation ({count} {}) ==\n", if count == 1 { "message" } else { "messages" });
        text
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

    fn speaker(&self, message: &Message) -> String {
        let role = match message.role {
            Role::Customer => "customer",
            Role::Assistant => "AI assistant",
            Role::System => "system",
        };
        let customer = self.request.customer.name.as_ref().filter(|_| message.role == Role::Customer);
        match message.author.as_ref().or(customer) {
            Some(name) => format!("{} ({role})", lines(name)),
            None => role[..1].to_uppercase() + &role[1..],
        }
    }

    fn opening(&self) -> String {
        self.next_opening.map(|at| format!(" Next opening: {}.", self.time(at))).unwrap_or_default()
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.time_zone).format("%-d %B %Y, %H:%M %Z").to_string()
    }
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

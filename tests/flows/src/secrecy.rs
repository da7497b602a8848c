//! What must stay secret in a test, and whether a log or an error tells it.
//!
//! Whatever a test sends is remembered as it goes out, and whatever is in the simulated orgs is read at the end. A text is looked
//! for in *pieces*: its parts without a character that a log would escape, each cut to its first [`LONGEST_PIECE`] characters. A piece
//! is a secret if it has at least [`SHORTEST_PIECE`] characters and is in no organisation's settings: what is shorter, such as `Ada` or
//! `pro`, is an ordinary word that may be there by chance. Upper and lower case are the same, and so is what is percent-encoded.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aho_corasick::AhoCorasick;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use salesforce_simulator::{Entry, Handle, Role};
use serde_json::Value;

/// In characters.
const SHORTEST_PIECE: usize = 8;
/// In characters.
const LONGEST_PIECE: usize = 32;
/// The header of a JSON Web Token that is signed with HMAC-SHA-256, as guests' tokens are.
const GUEST_TOKEN_START: &str = "eyJhbGciOiJIUzI1NiI";
/// The member of an organisation's settings that is a secret.
const CLIENT_SECRET: &str = "clientSecret";
/// Members of an answer that are secrets.
const SECRET_ANSWERS: [&str; 3] = ["key", "token", "conversationToken"];
/// Members of an answer that say what went wrong.
const REPORTS: [&str; 3] = ["timeline", "stuck", "checks"];

/// What must stay secret in a test, and the answers that must not tell it.
#[derive(Debug, Default)]
pub(crate) struct Secrecy(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Pieces in lower case, and what they are part of.
    secrets: BTreeMap<String, String>,
    /// The settings' texts in lower case, one a line.
    settings: String,
    reports: Vec<Report>,
}

/// Something in which no secret may be.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Where it is.
    pub(crate) place: String,
    /// What it says.
    pub(crate) text: String,
}

impl Secrecy {
    /// A text is a secret, of this kind.
    pub(crate) fn keep(&self, kind: &str, text: &str) {
        self.lock().keep(kind, text);
    }

    /// A request goes out.
    pub(crate) fn sent(&self, url: &Url, authorization: Option<&str>, body: Option<&[u8]>) {
        let credentials =
            authorization.map(|value| value.split_once(' ').map_or(value, |(_, credentials)| credentials));
        let mut known = self.lock();
        known.keep("a key or token that was sent", credentials.unwrap_or_default());
        known.sent(url.path(), &String::from_utf8_lossy(body.unwrap_or_default()));
    }

    /// An answer has come that is an error.
    pub(crate) fn refused(&self, place: &str, text: &str) {
        self.lock().reports.push(Report { place: place.to_owned(), text: text.to_owned() });
    }

    /// An answer has come.
    pub(crate) fn answered(&self, place: &str, body: &Value) {
        self.lock().answered(place, body);
    }

    /// What is said in the simulated orgs is a secret, and so is what begins as the tokens do that they give.
    pub(crate) fn keep_orgs(&self, salesforce: &Handle) {
        let mut known = self.lock();
        known.keep("a guest's token of Salesforce", GUEST_TOKEN_START);
        for org in salesforce.orgs() {
            let organization_id = org.organization_id.get(..15).unwrap_or_default();
            known.keep("an access token of Salesforce", &format!("{organization_id}!"));
            known.keep("a client secret", &org.client_secret);
            for conversation in salesforce.conversations(&org.client_id) {
                conversation.messages().for_each(|message| known.said(message));
            }
        }
    }

    /// The secrets that are told, in these reports or in the answers: where, and of which kind. Never the secret itself.
    pub(crate) fn told(&self, reports: impl IntoIterator<Item = Report>) -> Vec<String> {
        let known = self.lock();
        let is_secret = |(piece, _): &(&String, &String)| !known.settings.contains(piece.as_str());
        let (pieces, kinds): (Vec<_>, Vec<_>) = known.secrets.iter().filter(is_secret).unzip();
        let Ok(secrets) = AhoCorasick::new(pieces) else { return vec!["there are too many secrets".to_owned()] };
        let found = known.reports.iter().cloned().chain(reports).filter_map(|Report { place, text }| {
            let texts = [text.to_lowercase(), decoded(&text).to_lowercase()];
            let found = texts.iter().find_map(|text| secrets.find(text));
            found.map(|found| format!("{place} tells {}, at byte {}", kinds[found.pattern()], found.start()))
        });
        found.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn keep(&mut self, kind: &str, text: &str) {
        self.secrets.extend(pieces(text).map(|piece| (piece, kind.to_owned())));
    }

    /// A message of anybody in a conversation: an agent, for example.
    fn said(&mut self, message: &Entry) {
        self.keep("what was said in a conversation", message.text.as_deref().unwrap_or_default());
        if matches!(message.sender.role, Role::Agent | Role::Chatbot) {
            self.keep("an agent's name", &message.sender.name);
        }
        let files = message.payload.pointer("/abstractMessage/staticContent/attachments").and_then(Value::as_array);
        for name in files.into_iter().flatten().filter_map(|file| file["name"].as_str()) {
            self.keep("the name of a file in a conversation", name);
        }
    }

    fn sent(&mut self, path: &str, body: &str) {
        let json = serde_json::from_str::<Value>(body).ok();
        match json.as_ref() {
            Some(event) if path.ends_with("/invocations") => {
                let path = ["path", "rawPath"].into_iter().find_map(|name| event[name].as_str());
                self.sent(path.unwrap_or_default(), event["body"].as_str().unwrap_or_default());
            }
            _ if path.starts_with("/v1/callbacks/") => {}
            // Its parts are told by whoever makes it.
            None if path.ends_with("/files") => {}
            Some(json) => self.keep_members(path, "", json),
            None => self.keep(&format!("the body that was sent to {path}"), body),
        }
    }

    fn keep_members(&mut self, path: &str, pointer: &str, value: &Value) {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let is_settings = path.ends_with("/settings") || pointer.starts_with("/settings/");
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.keep_members(path, &format!("{pointer}/{name}"), value));
            }
            Value::Array(elements) => elements.iter().for_each(|value| self.keep_members(path, pointer, value)),
            Value::String(text) if is_settings && name != CLIENT_SECRET => {
                self.settings = format!("{}\n{}", self.settings, text.to_lowercase());
            }
            Value::String(text) if is_settings || is_customers(path, pointer) => {
                self.keep(&format!("{pointer} that was sent to {path}"), text);
            }
            _ => {}
        }
    }

    fn answered(&mut self, place: &str, body: &Value) {
        match body {
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(secret) if SECRET_ANSWERS.contains(&name.as_str()) => {
                    self.keep(&format!("{name} of the {place}"), secret);
                }
                report if REPORTS.contains(&name.as_str()) => {
                    self.reports.push(Report { place: format!("{name} of the {place}"), text: report.to_string() });
                }
                value => self.answered(place, value),
            }),
            Value::Array(elements) => elements.iter().for_each(|element| self.answered(place, element)),
            _ => {}
        }
    }
}

/// Whether a member of a body holds what a customer, or somebody about them, has said; not an id, time or word that a program chose.
fn is_customers(path: &str, pointer: &str) -> bool {
    let is_told = ["/escalations", "/messages", "/preview"].iter().any(|end| path.ends_with(end));
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let is_chosen = ["at", "id", "language", "organisation", "reason", "role", "sentAt"].contains(&name);
    is_told && (!is_chosen || pointer == "/customer/id")
}

/// The pieces of a text, in lower case.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let is_plain = |character: char| {
        character.is_alphanumeric() || (' '..='~').contains(&character) && !['"', '\\'].contains(&character)
    };
    let runs = text.split(move |character| !is_plain(character)).map(str::trim);
    let pieces = runs.filter(|run| run.chars().count() >= SHORTEST_PIECE);
    pieces.map(|run| run.chars().take(LONGEST_PIECE).collect::<String>().trim().to_lowercase())
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PATH: &str = "/v1/organisations/acme/escalations";

    fn told(secrecy: &Secrecy, text: &str) -> Vec<String> {
        secrecy.told([Report { place: "the log".to_owned(), text: text.to_owned() }])
    }

    fn sent(path: &str, body: &str) -> Secrecy {
        let secrecy = Secrecy::default();
        let url = Url::parse(&format!("http://127.0.0.1{path}")).unwrap();
        secrecy.sent(&url, Some("Bearer 1234-key-5678"), Some(body.as_bytes()));
        secrecy
    }

    #[test]
    fn all_that_a_customer_said_is_a_secret_however_it_is_written() {
        let body = json!({ "customer": { "id": "customer-7", "email": "Ada@example.com", "properties": { "plan": "enterprise" } },
                           "summary": "It said \"no\" and\nthen nothing more",
                           "conversation": { "messages": [{ "text": "My password is é", "attachments": [{ "url": "https://a.example/1?k" }] }] } });
        let secrecy = sent(PATH, &body.to_string());
        for line in [
            "a customer-7 b",
            "mail to ada@EXAMPLE.com",
            "q=ada%40example.com&x",
            r#"{"message":"then nothing more"}"#,
            "enterprises",
            "MY PASSWORD IS É",
            "at https://a.example/1?k",
            "key 1234-key-5678",
        ] {
            assert_eq!(told(&secrecy, line).len(), 1, "{line}");
        }
        assert_eq!(told(&secrecy, "nothing of that"), [""; 0]);
    }

    #[test]
    fn where_and_what_is_told_and_not_the_secret() {
        let secrecy = sent(PATH, &json!({ "summary": "a long summary" }).to_string());
        let expected = format!("the log tells /summary that was sent to {PATH}, at byte 3");
        assert_eq!(told(&secrecy, "it a long summary"), [expected]);
    }

    #[test]
    fn ordinary_words_ids_and_settings_are_no_secrets() {
        let body = json!({ "customer": { "name": "Ada" }, "reason": "customerRequested",
                           "conversation": { "id": "conversation-7", "subject": "Fullview Chat", "language": "en_US-long" } });
        let secrecy = sent(PATH, &body.to_string());
        let url = Url::parse("http://127.0.0.1/v1/organisations/acme/settings").unwrap();
        let settings =
            json!({ "case": { "origin": "The Fullview Chat" }, "salesforce": { "clientSecret": "acme-secret" } });
        secrecy.sent(&url, None, Some(settings.to_string().as_bytes()));
        assert_eq!(told(&secrecy, "Ada customerRequested conversation-7 Fullview Chat en_US-long"), [""; 0]);
        assert_eq!(told(&secrecy, "acme-secret").len(), 1);
    }

    #[test]
    fn a_long_text_is_found_by_how_it_begins_and_so_is_a_body_that_is_no_json() {
        let text = "abcdefgh".repeat(1_000);
        assert_eq!(told(&sent(PATH, &json!({ "summary": text }).to_string()), &text[..100]).len(), 1);
        assert_eq!(told(&sent(PATH, "{\"summary\": \"broken off"), "at broken off").len(), 1);
    }

    #[test]
    fn answers_are_looked_at_and_the_keys_and_tokens_in_them_are_secrets() {
        let secrecy = sent(PATH, &json!({ "summary": "a long summary" }).to_string());
        secrecy.answered(
            "answer",
            &json!({ "tokens": [{ "token": "abc-token-def" }], "conversationId": "a long summary" }),
        );
        assert_eq!(told(&secrecy, "abc-token-def").len(), 1);
        secrecy.answered("answer", &json!({ "timeline": [{ "detail": "a long summary" }] }));
        secrecy.refused("answer 400", "a long summary");
        assert_eq!(told(&secrecy, "").len(), 2);
    }

    #[test]
    fn what_was_invoked_directly_holds_a_request() {
        let body = json!({ "summary": "a long summary" }).to_string();
        let event = json!({ "path": PATH, "body": body }).to_string();
        let secrecy = sent("/2015-03-31/functions/escalation-intake/invocations", &event);
        assert_eq!(told(&secrecy, "a long summary").len(), 1);
    }
}

//! What must hold of the customers' messages.

use std::collections::BTreeSet;

use salesforce_simulator::{Conversation, EntryType, Record, Role};
use shared::escalation::{By, Escalation};

use super::outcome::is_ours;
use super::{Evidence, short};
use crate::chat::Chat;
use crate::customer::{Customer, Sent};

/// What is kept of what was said: where, and the text.
struct Kept {
    place: &'static str,
    text: String,
}

/// Of each message, how often it is in the record of its escalation: in our Case if that is the outcome, else in the conversation.
pub(super) fn each_once(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for (customer, fresh, escalation) in told(evidence) {
        let kept = kept(evidence, escalation);
        let entries = conversation(evidence, escalation).map(said).unwrap_or_default();
        for sent in &customer.learned().sent {
            let times = kept.text.matches(&mark(sent)).count();
            let is_undelivered = is_undelivered(&customer.chat, sent) || is_undelivered(fresh, sent);
            let is_right = match times {
                0 => !sent.is_accepted || (is_undelivered && kept.place != "the Case"),
                1 => sent.is_accepted || sent.is_unsure,
                _ => false,
            };
            if !is_right || entries.matches(&mark(sent)).count() > 1 {
                let place = kept.place;
                violations.push(format!(
                    "{}: {} is {times} times in {place}, {sent:?}: {:?}",
                    short(escalation),
                    sent.id,
                    kept.text
                ));
            }
        }
    }
    violations
}

/// The agent reads the context, and whatever the customer says, once.
pub(super) fn nothing_is_said_twice(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for conversation in evidence.conversations() {
        let texts = conversation.texts_of(Role::EndUser).into_iter().filter(|text| !text.is_empty());
        let mut seen = BTreeSet::new();
        let twice = texts.filter(|text| !seen.insert(*text));
        violations.extend(twice.map(|text| format!("{}: {text:?}", conversation.id)));
    }
    violations
}

/// Those that are in the record are there in the order in which they were sent.
pub(super) fn in_order(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for (customer, _, escalation) in told(evidence) {
        let kept = kept(evidence, escalation);
        let sent = customer.learned().sent.clone();
        let places: Vec<_> = sent.iter().filter_map(|sent| Some((kept.text.find(&mark(sent))?, &sent.id))).collect();
        if !places.is_sorted_by_key(|(place, _)| *place) {
            violations.push(format!("{}: in {} {places:?}: {:?}", short(escalation), kept.place, kept.text));
        }
    }
    violations
}

/// Each customer with the fresh chat and the escalation, if there is one that has its outcome.
fn told<'a>(evidence: &'a Evidence<'_>) -> Vec<(&'a Customer, &'a Chat, &'a Escalation)> {
    let customers = evidence.customers.iter().zip(evidence.fresh);
    let told = customers.filter_map(|(customer, fresh)| {
        let mut own = evidence.escalations.iter().filter(|own| own.conversation_id == customer.plan.name);
        Some((&**customer, fresh, own.next().filter(|own| own.status.is_final())?))
    });
    told.collect()
}

/// What nothing else that is said contains.
fn mark(sent: &Sent) -> String {
    let id = &sent.id;
    if sent.is_file { format!("{id}.txt") } else { format!("text of {id}.") }
}

fn kept(evidence: &Evidence<'_>, escalation: &Escalation) -> Kept {
    let by_us = escalation.case.as_ref().is_some_and(|case| case.by == By::Us);
    let case = evidence.cases().find(|case| by_us && is_ours(case, escalation));
    match case {
        Some(case) => Kept { place: "the Case", text: described(case) },
        None => {
            Kept { place: "the conversation", text: conversation(evidence, escalation).map(said).unwrap_or_default() }
        }
    }
}

fn described(case: &Record) -> String {
    case.get("Description").and_then(|text| text.as_str()).unwrap_or_default().to_owned()
}

fn conversation<'a>(evidence: &'a Evidence<'_>, escalation: &Escalation) -> Option<&'a Conversation> {
    evidence.conversations().find(|own| own.id == escalation.escalation_id.to_string())
}

/// What the customer said in it. A file is its name.
fn said(conversation: &Conversation) -> String {
    let entries = conversation.entries.iter().filter(|entry| entry.entry_type == EntryType::Message);
    let entries = entries.filter(|entry| entry.sender.role == Role::EndUser);
    let said = entries.map(|entry| {
        let names = entry.payload.pointer("/abstractMessage/staticContent/attachments");
        let names = names.and_then(|files| files.as_array()).into_iter().flatten();
        let names = names.filter_map(|file| file["name"].as_str().map(str::to_owned));
        entry.text.clone().into_iter().chain(names).collect::<Vec<_>>().join(" ")
    });
    said.collect::<Vec<_>>().join("\n")
}

fn is_undelivered(chat: &Chat, sent: &Sent) -> bool {
    chat.seen().events.iter().any(|event| {
        event.name == "receipt" && event.data["messageId"] == sent.id && event.data["state"] == "undelivered"
    })
}

//! What must hold of what a customer's chat gets.

use std::collections::BTreeSet;

use conversation_relay::event::EventId;
use shared::escalation::{Escalation, Status};

use super::{Evidence, short};
use crate::chat::{Chat, Event};

/// Over all connections, ids grow, and no message or file comes twice.
pub(super) fn once_and_in_order(evidence: &Evidence<'_>) -> Vec<String> {
    chats(evidence)
        .flat_map(|(escalation, chat)| {
            let events = chat.seen().events.clone();
            let ids: Vec<_> = events.iter().filter_map(|event| EventId::parse(event.id.as_deref()?)).collect();
            let mut seen = BTreeSet::new();
            let doubled: Vec<_> = events.iter().filter_map(said).filter(|id| !seen.insert(id.clone())).collect();
            let grows = ids.is_sorted_by(|one, other| one < other);
            let disorder = (!grows).then(|| format!("{}: ids do not grow: {:?}", short(escalation), ids));
            disorder
                .into_iter()
                .chain((!doubled.is_empty()).then(|| format!("{}: twice: {doubled:?}", short(escalation))))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The last event of a chat is the outcome, and there is one such.
pub(super) fn ends_with_the_outcome(evidence: &Evidence<'_>) -> Vec<String> {
    let finals = chats(evidence).filter(|(escalation, _)| escalation.status.is_final());
    let wrong = finals.filter_map(|(escalation, chat)| {
        let events = chat.seen().events.clone();
        let ends: Vec<_> = events.iter().filter(|event| matches!(event.name.as_str(), "case" | "ended")).collect();
        let is_right = ends.len() == 1 && events.last().is_some_and(|last| tells(last, escalation));
        (!is_right).then(|| {
            format!("{} is {:?} by {:?}, and a chat got {ends:?}", short(escalation), escalation.status, escalation.by)
        })
    });
    wrong.collect()
}

/// All chats, with their escalations.
fn chats<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = (&'a Escalation, &'a Chat)> {
    let all = evidence.customers.iter().zip(evidence.fresh);
    all.flat_map(|(customer, fresh)| {
        let own = evidence.escalations.iter().find(|own| own.conversation_id == customer.plan.name);
        own.into_iter().flat_map(move |own| [(own, &customer.chat), (own, fresh)])
    })
}

fn said(event: &Event) -> Option<String> {
    let is_said = matches!(event.name.as_str(), "message" | "file");
    is_said.then(|| format!("{} {}", event.data["from"], event.data["id"]))
}

fn tells(event: &Event, escalation: &Escalation) -> bool {
    match (escalation.status, &escalation.case) {
        (Status::CaseCreated, Some(case)) => event.name == "case" && event.data["caseId"] == case.id.as_str(),
        (Status::Ended, _) => event.name == "ended" && escalation.by.is_some_and(|by| event.data["by"] == by.as_str()),
        _ => false,
    }
}

//! What must hold of escalations, Cases and conversations.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use salesforce_simulator::{Conversation, EXTERNAL_ID_FIELD, FLOW_CASE_MARK, Record, SessionStatus};
use shared::escalation::{By, Escalation, Event, Status};
use uuid::Uuid;

use super::{Evidence, Org, has, short, timeline};

/// Requests are answered with what the API documents for them.
pub(super) fn no_surprises(evidence: &Evidence<'_>) -> Vec<String> {
    let customers = evidence.customers.iter();
    customers
        .flat_map(|customer| {
            let surprises = customer.learned().surprises.clone();
            surprises.into_iter().map(|surprise| format!("{}: {surprise}", customer.plan.name))
        })
        .collect()
}

/// However often a request is repeated, it is one escalation.
pub(super) fn one_escalation_for_each_key(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for customer in evidence.customers {
        let told: BTreeSet<_> = customer.learned().escalations.iter().cloned().collect();
        let stored = evidence.escalations.iter().filter(|escalation| escalation.conversation_id == customer.plan.name);
        let stored = stored.count();
        if told.len() > 1 || stored > 1 {
            violations.push(format!("{}: told {told:?}, {stored} stored", customer.plan.name));
        }
    }
    violations
}

/// An accepted escalation ends in a Case, or a conversation that somebody ended; and then nothing is owed any more.
pub(super) fn every_escalation_is_final(evidence: &Evidence<'_>) -> Vec<String> {
    let open = evidence
        .escalations
        .iter()
        .filter(|escalation| !escalation.status.is_final() || escalation.next_due().is_some());
    let mut open: Vec<_> =
        open.map(|open| format!("{} is {:?}: {}", short(open), open.status, timeline(open))).collect();
    let told = evidence.customers.iter().flat_map(|customer| customer.learned().escalations.clone());
    let stored: BTreeSet<_> =
        evidence.escalations.iter().map(|escalation| escalation.escalation_id.to_string()).collect();
    open.extend(told.filter(|id| !stored.contains(id)).map(|id| format!("{id} was accepted and is gone")));
    if !evidence.is_settled && open.is_empty() {
        open.push("something is still under way".into());
    }
    open
}

/// No setting here is wrong: whatever happened, tries and time bring the outcome.
pub(super) fn nothing_is_stuck(evidence: &Evidence<'_>) -> Vec<String> {
    let stuck = evidence.escalations.iter().filter(|escalation| escalation.status == Status::Stuck);
    stuck.map(|stuck| format!("{}: {:?}", short(stuck), stuck.stuck)).collect()
}

/// Once final, an escalation keeps its status, who brought it about, and its Case.
pub(super) fn outcomes_stay(evidence: &Evidence<'_>) -> Vec<String> {
    let outcome = |escalation: &Escalation| {
        let case = escalation.case.as_ref().map(|case| case.id.clone());
        (escalation.status, escalation.by, case)
    };
    let mut finals: BTreeMap<Uuid, _> = BTreeMap::new();
    let mut violations = Vec::new();
    for (at, state) in &evidence.states {
        match finals.get(&state.escalation_id) {
            Some(before) if *before != outcome(state) => {
                violations.push(format!("{} at {at}: {before:?} became {:?}", short(state), outcome(state)));
            }
            None if state.status.is_final() => drop(finals.insert(state.escalation_id, outcome(state))),
            _ => {}
        }
    }
    violations
}

/// A Case of ours carries the escalation's id, in the field or in its Subject.
pub(super) fn is_ours(case: &Record, escalation: &Escalation) -> bool {
    let id = escalation.escalation_id.to_string();
    let in_subject = case["Subject"].as_str().is_some_and(|subject| subject.contains(&id));
    let in_field = case.get(EXTERNAL_ID_FIELD).and_then(|value| value.as_str()).is_some_and(|value| value == id);
    !case.contains_key(FLOW_CASE_MARK) && (in_subject || in_field)
}

/// We make one Case at most for an escalation, none if the outcome is another, and never lack the one that we told of.
pub(super) fn one_case_of_ours(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for escalation in evidence.escalations {
        let ours: Vec<_> = evidence.cases().filter(|case| is_ours(case, escalation)).collect();
        let is_outcome = escalation.case.as_ref().is_some_and(|case| case.by == By::Us);
        let ids: Vec<_> = ours.iter().filter_map(|case| case["Id"].as_str()).collect();
        let told = escalation.case.as_ref().filter(|_| is_outcome).map(|case| case.id.as_str());
        if ids.len() != usize::from(is_outcome) || told.is_some_and(|told| !ids.contains(&told)) {
            violations.push(format!(
                "{}: Cases {ids:?}, outcome {:?} {told:?}: {}",
                short(escalation),
                escalation.status,
                timeline(escalation)
            ));
        }
        let is_known = |id: &str| evidence.cases().any(|case| case["Id"] == id);
        if escalation.case.as_ref().is_some_and(|case| !is_known(&case.id)) {
            violations.push(format!("{}: there is no Case {:?}", short(escalation), escalation.case));
        }
    }
    violations
}

/// One escalation opens one session at most.
pub(super) fn one_session(evidence: &Evidence<'_>) -> Vec<String> {
    let many = evidence.conversations().filter(|conversation| conversation.sessions.len() > 1);
    many.map(|conversation| format!("{}: {} sessions", conversation.id, conversation.sessions.len())).collect()
}

/// What is in an org belongs to an escalation of its own organisation.
pub(super) fn no_strangers(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for org in &evidence.orgs {
        for own in evidence.escalations.iter().filter(|own| own.organisation_id != org.organisation) {
            let id = own.escalation_id.to_string();
            if org.cases.iter().any(|case| is_ours(case, own)) || org.conversations.iter().any(|open| open.id == id) {
                violations.push(format!("{} is in the org of {}", short(own), org.organisation));
            }
        }
    }
    violations
}

/// What an org refuses is not tried without pause: some calls a minute, and some for each of its escalations.
pub(super) fn no_storms(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for org in &evidence.orgs {
        let own = evidence.escalations.iter().filter(|own| own.organisation_id == org.organisation).count() as u64;
        let minutes = evidence.refusals.iter().filter(|((host, _), _)| *host == org.host);
        let storms = minutes.filter(|(_, refused)| **refused > 10 + 10 * own);
        violations.extend(storms.map(|((host, minute), refused)| format!("{host}: {refused} in minute {minute}")));
    }
    violations
}

/// Nobody waits in, or is sent to, a conversation whose escalation has its outcome; unless its timeline says so, and its token has
/// run out by then.
pub(super) fn nothing_is_left_open(evidence: &Evidence<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for org in &evidence.orgs {
        let open = org.conversations.iter().filter(|own| own.is_open && own.session_status() != SessionStatus::Ended);
        let open = open.filter(|open| !is_excused(open, org, evidence.escalations));
        violations.extend(open.map(|open| format!("{} is open, with {:?}", open.id, open.agents())));
    }
    violations
}

fn is_excused(open: &Conversation, org: &Org, escalations: &[Escalation]) -> bool {
    let own = escalations.iter().find(|own| own.escalation_id.to_string() == open.id);
    own.is_some_and(|own| {
        let lasts_until = own.accepted_at + org.token_lifetime - TimeDelta::minutes(1);
        let mut given_up = own.timeline.iter().filter(|entry| entry.event == Event::ConversationNotClosed);
        !own.status.is_final() || given_up.any(|entry| entry.at >= lasts_until)
    })
}

/// Whoever answers a callback with 204 has stored what it says.
pub(super) fn callbacks_are_recorded(evidence: &Evidence<'_>) -> Vec<String> {
    let taken = evidence.orgs.iter().flat_map(|org| &org.callbacks).filter(|callback| callback.status == Some(204));
    let is_recorded = |id: &str| {
        let own = evidence.escalations.iter().find(|escalation| escalation.escalation_id.to_string() == id);
        own.is_some_and(|own| has(own, Event::Callback))
    };
    let ids = taken.filter_map(|callback| callback.body["conversationId"].as_str());
    ids.filter(|id| !is_recorded(id)).map(|id| format!("{id} knows nothing of it")).collect()
}

/// It begins with the acceptance, and holds what led to the outcome.
pub(super) fn timelines_explain(evidence: &Evidence<'_>) -> Vec<String> {
    let unexplained = evidence.escalations.iter().filter(|escalation| !explains(escalation));
    unexplained.map(|escalation| format!("{}: {}", short(escalation), timeline(escalation))).collect()
}

fn explains(escalation: &Escalation) -> bool {
    let begins = escalation.timeline.first().is_some_and(|first| first.event == Event::Accepted);
    let times = |event| escalation.timeline.iter().filter(|entry| entry.event == event).count();
    let is_by_flow = escalation.by == Some(By::SalesforceFlow);
    let outcome = match escalation.status {
        Status::CaseCreated => times(Event::CaseCreated) == 1 && (escalation.reason.is_some() || is_by_flow),
        Status::Ended => times(Event::Ended) == 1,
        _ => true,
    };
    let routed = times(Event::Routed) == usize::from(escalation.decision.is_some());
    let human = escalation.by != Some(By::Agent) || has(escalation, Event::AgentJoined);
    let ordered = escalation.timeline.is_sorted_by_key(|entry| entry.at);
    begins && outcome && routed && human && ordered
}

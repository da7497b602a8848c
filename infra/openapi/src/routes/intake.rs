//! `escalation-intake`.

use escalation_intake::bodies::{Accepted, EscalationCounts, EscalationList};
use serde_json::{Value, json};
use shared::escalation::{EscalationView, Status};
use shared::escalation_request::EscalationBody;
use shared::problem::Code;

use super::pages;
use crate::answer::Answer;
use crate::operation::{Group, Operation, Security};
use crate::parameter::Parameter;
use crate::schemas::of;

const ESCALATIONS: Group = Group {
    function: "escalation-intake",
    tag: "Escalations",
    security: Security::OrganisationKey,
    codes: &[Code::Unauthenticated, Code::Forbidden, Code::NotFound, Code::Unavailable],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![accept(), list(), counts(), show(), redrive()]
}

fn accept() -> Operation {
    let accepted = |status, description| {
        Answer::json(status, description, of::<Accepted>).with_header("Location", "The path of the escalation.")
    };
    ESCALATIONS
        .operation("POST", "/v1/organisations/{organisationId}/escalations", "acceptEscalation", "Escalate a conversation")
        .about(
            "Accepted once for each key: an equal request (equal JSON) gets the same escalation, another one with the same key is refused, unless \
             the key was `conversation.id` and that escalation is final. A conversation has at most one escalation that is not final.",
        )
        .takes(Parameter::header(
            "Idempotency-Key",
            "The key of the request; `conversation.id` by default.",
            json!({ "type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$" }),
        ))
        .takes(Parameter::header(
            "Prefer",
            "`wait=N` (RFC 7240): answer when the outcome is known, after N seconds at the latest, of which there are 25 at most. What is not understood \
             is ignored.",
            json!({ "type": "string" }),
        ))
        .body(of::<EscalationBody>)
        .answers(accepted(200, "An equal request was accepted before: this is what became of it."))
        .answers(accepted(201, "Accepted, and its outcome is known already."))
        .answers(accepted(202, "Accepted."))
        .refuses(&[Code::AlreadyEscalated, Code::OrganisationNotConfigured, Code::IdempotencyKeyReused])
}

fn list() -> Operation {
    let listed = pages(ESCALATIONS.operation(
        "GET",
        "/v1/organisations/{organisationId}/escalations",
        "listEscalations",
        "List escalations, newest first",
    ));
    listed
        .takes(Parameter::query("status", "Only those of this status; `open` is all that are not final.", statuses()))
        .answers(Answer::json(200, "A page of them.", of::<EscalationList<'_>>))
}

fn statuses() -> Value {
    let words: Vec<_> = Status::ALL.into_iter().map(Status::as_str).chain(["open"]).collect();
    json!({ "type": "string", "enum": words })
}

fn counts() -> Operation {
    ESCALATIONS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/escalations/counts",
            "countEscalations",
            "Count escalations by status",
        )
        .answers(Answer::json(200, "How many there are. They may lag by seconds.", of::<EscalationCounts>))
}

fn show() -> Operation {
    ESCALATIONS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/escalations/{escalationId}",
            "showEscalation",
            "Show an escalation with its timeline",
        )
        .answers(Answer::json(200, "As it stands now.", of::<EscalationView<'_>>))
}

fn redrive() -> Operation {
    ESCALATIONS
        .operation(
            "POST",
            "/v1/organisations/{organisationId}/escalations/{escalationId}/redrive",
            "redriveEscalation",
            "Drive a stuck escalation on",
        )
        .answers(Answer::json(202, "It is driven on.", of::<EscalationView<'_>>))
        .refuses(&[Code::NotStuck])
}

//! What the API answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::escalation::{CaseReference, EscalationView, Status};
use uuid::Uuid;

/// An escalation that was accepted, now or by an earlier equal request.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Also the conversation's id in Salesforce.
    pub escalation_id: Uuid,
    /// The outcome so far.
    pub status: Status,
    /// Opens the conversation to its customer, until 24 hours after the final status. Every repetition gets the same one.
    pub conversation_token: String,
    /// The Case, if there is one already.
    pub case: Option<CaseReference>,
    /// Where it goes on.
    pub links: Links,
}

/// Paths of an escalation.
#[derive(Serialize, JsonSchema)]
pub struct Links {
    /// Itself.
    #[serde(rename = "self")]
    pub itself: String,
    /// What the customer's chat follows.
    pub events: String,
}

/// A page of an organisation's escalations, newest first.
#[derive(Serialize, JsonSchema)]
pub struct EscalationList<'a> {
    /// Without their timelines. They may lag by seconds.
    pub escalations: Vec<EscalationView<'a>>,
    /// Where the next page starts; null at the end.
    pub cursor: Option<String>,
}

/// How many escalations an organisation has.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EscalationCounts {
    /// By status; each of them is there.
    pub counts: BTreeMap<&'static str, usize>,
    /// Whether all are counted, and not only the newest 80,000 or so.
    pub is_complete: bool,
}

//! The words of an escalation's life. Their spelling is part of the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an escalation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Accepted and stored.
    Received,
    /// Live was chosen.
    StartingMessaging,
    /// A conversation is open in Salesforce, with no human in it.
    Waiting,
    /// A human is in it.
    Active,
    /// A Case was chosen.
    CreatingCase,
    /// Final: there is a Case.
    CaseCreated,
    /// Final: the conversation ended.
    Ended,
    /// Needs a person.
    Stuck,
}

impl Status {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::StartingMessaging,
        Self::Waiting,
        Self::Active,
        Self::CreatingCase,
        Self::CaseCreated,
        Self::Ended,
        Self::Stuck,
    ];

    /// Its word in the API and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::StartingMessaging => "startingMessaging",
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::CreatingCase => "creatingCase",
            Self::CaseCreated => "caseCreated",
            Self::Ended => "ended",
            Self::Stuck => "stuck",
        }
    }

    /// Whether the outcome is there. `stuck` is not one: it can be driven again.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::CaseCreated | Self::Ended)
    }

    /// Whether the customer may say something: it will be in the conversation, or in the Case.
    #[must_use]
    pub fn takes_messages(self) -> bool {
        matches!(self, Self::Received | Self::StartingMessaging | Self::Waiting | Self::Active)
    }

    /// Whether it is on its way to a human or a Case, and has neither.
    #[must_use]
    pub fn lacks_human(self) -> bool {
        self.is_in_progress() || self == Self::Waiting
    }

    /// Whether a caller that waits should wait longer.
    #[must_use]
    pub fn is_in_progress(self) -> bool {
        matches!(self, Self::Received | Self::StartingMessaging | Self::CreatingCase)
    }
}

/// Who brought an outcome about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// We made the Case.
    Us,
    /// The company's own Omni-Channel flow.
    SalesforceFlow,
    /// The human agent.
    Agent,
    /// The customer.
    Customer,
    /// Nobody said anything for too long.
    Inactivity,
}

impl By {
    /// Its word in the API and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::SalesforceFlow => "salesforceFlow",
            Self::Agent => "agent",
            Self::Customer => "customer",
            Self::Inactivity => "inactivity",
        }
    }
}

/// The two ways to a human.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Route {
    /// A live conversation.
    Messaging,
    /// A Case.
    Case,
}

/// Why the router chose a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionReason {
    /// The org's flow decides; we always open a conversation.
    OmniChannelFlow,
    /// The organisation is open.
    WithinBusinessHours,
    /// The organisation is closed.
    OutsideBusinessHours,
    /// There are no messaging settings.
    MessagingNotConfigured,
}

/// Why an escalation became a Case or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CaseReason {
    /// The organisation was closed.
    OutsideBusinessHours,
    /// There were no messaging settings.
    MessagingNotConfigured,
    /// The conversation could not be started in time.
    StartFailed,
    /// It ended without a human.
    EndedUnanswered,
    /// Nobody took it in time.
    LongestWait,
    /// The guest token ran out.
    TokenExpired,
    /// Salesforce could not be reached for too long.
    Outage,
}

impl CaseReason {
    /// Its word in the API and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutsideBusinessHours => "outsideBusinessHours",
            Self::MessagingNotConfigured => "messagingNotConfigured",
            Self::StartFailed => "startFailed",
            Self::EndedUnanswered => "endedUnanswered",
            Self::LongestWait => "longestWait",
            Self::TokenExpired => "tokenExpired",
            Self::Outage => "outage",
        }
    }

    /// What an agent reads.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::OutsideBusinessHours => "It was outside business hours.",
            Self::MessagingNotConfigured => "Live messaging is not set up.",
            Self::StartFailed => "A live conversation could not be started.",
            Self::EndedUnanswered => "The live conversation ended before a person joined.",
            Self::LongestWait => "Nobody could take the live conversation in time.",
            Self::TokenExpired => "The live conversation's time ran out.",
            Self::Outage => "The live conversation was interrupted by an outage.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CaseReason::{EndedUnanswered, LongestWait, MessagingNotConfigured, Outage, OutsideBusinessHours};
    use super::CaseReason::{StartFailed, TokenExpired};
    use super::*;

    #[test]
    fn each_status_is_spelled_alike_everywhere() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }

    #[test]
    fn each_reason_and_author_of_an_outcome_is_spelled_alike_everywhere() {
        for by in [By::Us, By::SalesforceFlow, By::Agent, By::Customer, By::Inactivity] {
            assert_eq!(serde_json::to_value(by).unwrap(), by.as_str());
        }
        let reasons = [OutsideBusinessHours, MessagingNotConfigured, StartFailed, EndedUnanswered];
        for reason in reasons.into_iter().chain([LongestWait, TokenExpired, Outage]) {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn stuck_is_neither_final_nor_in_progress() {
        assert!(!Status::Stuck.is_final());
        assert!(!Status::Stuck.is_in_progress());
        assert!(!Status::Stuck.lacks_human());
    }

    #[test]
    fn only_a_case_and_an_end_are_final() {
        let finals: Vec<_> = Status::ALL.into_iter().filter(|status| status.is_final()).collect();
        assert_eq!(finals, [Status::CaseCreated, Status::Ended]);
    }
}

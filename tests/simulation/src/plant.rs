//! Planted bugs: what a careless version of the code would do, done at its seams. Each must be found.

use serde_json::json;

use crate::dynamodb::Item;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// A transition is written without the condition on its revision.
    UnconditionalTransition,
    /// Idempotency marks are written whether or not they are there.
    UnconditionalAcceptance,
    /// Records of the conversation's log overwrite each other.
    UnconditionalLog,
    /// The feed is written without the condition on its revision.
    UnconditionalFeed,
    /// The close that is owed is not stored.
    ForgottenClose,
    /// The close is said to be done, and is never sent.
    UnsentClose,
    /// A lease that somebody has is seen as ended.
    IgnoredLease,
    /// The attempt of an insert is not stored.
    ForgottenInsert,
    /// The attempt to forward a message is not stored.
    ForgottenForward,
    /// An insert is repeated without a look for the earlier one.
    BlindInsert,
    /// What is owed to a Case is not in the index of what is due.
    ForgottenDue,
    /// A callback is answered and dropped.
    DroppedCallback,
    /// The guest token is not stored.
    ForgottenToken,
    /// A message of the customer is answered, and not stored in the conversation's log.
    DroppedMessage,
}

impl Plant {
    /// Whether the condition of a write to this partition is skipped.
    pub(crate) fn skips_condition(self, pk: &str) -> bool {
        match self {
            Self::UnconditionalTransition => pk.starts_with("ESCALATION#"),
            Self::UnconditionalAcceptance => pk.starts_with("IDEMPOTENCY#") || pk.starts_with("CONVERSATION#"),
            Self::UnconditionalLog => pk.starts_with("CONVERSATION_LOG#"),
            Self::UnconditionalFeed => pk.starts_with("FEED#"),
            _ => false,
        }
    }

    /// What is stored of an item.
    pub(crate) fn spoil_write(plant: Option<Self>, mut item: Item) -> Option<Item> {
        let sk = item["sk"]["S"].as_str().unwrap_or_default().to_owned();
        match (plant, sk.as_str()) {
            (Some(Self::ForgottenClose), "ESCALATION") => drop(item.remove("close")),
            (Some(Self::ForgottenInsert), "ESCALATION") => {
                if let Some(creation) = item.get_mut("caseCreation").and_then(|creation| creation["M"].as_object_mut())
                {
                    creation.remove("attempt");
                }
            }
            (Some(Self::ForgottenForward), "FEED") => drop(item.remove("attempt")),
            (Some(Self::ForgottenDue), "ESCALATION") if item["status"] == json!({ "S": "creatingCase" }) => {
                item.remove("duePartition");
                item.remove("dueAt");
            }
            (Some(Self::ForgottenToken), "GUEST_TOKEN") => return None,
            (Some(Self::DroppedMessage), sk) if sk.starts_with("RECORD#") && is_customers(&item) => {
                item.insert(
                    "event".into(),
                    json!({ "S": r#"{"kind":"status","status":"waiting","at":"2026-11-23T00:00:00Z"}"# }),
                );
            }
            _ => {}
        }
        Some(item)
    }

    /// What is read of an item.
    pub(crate) fn spoil_read(plant: Option<Self>, mut item: Item) -> Item {
        if plant == Some(Self::IgnoredLease)
            && let Some(lease) = item.get_mut("lease").and_then(|lease| lease["M"].as_object_mut())
        {
            lease.insert("until".into(), json!({ "S": "2020-01-01T00:00:00Z" }));
        }
        item
    }
}

fn is_customers(item: &Item) -> bool {
    item["event"]["S"].as_str().is_some_and(|event| event.contains(r#""kind":"customer""#))
}

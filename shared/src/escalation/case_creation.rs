//! How far the making of our Case has come.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far the making of our Case has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseCreation {
    /// When a Case was chosen; time-outs count from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Failures in a row; the delay grows with them.
    pub failures: u32,
    /// Hints that come sooner are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
    /// An insert that was sent and whose outcome is not known to be a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<CaseAttempt>,
    /// The settings under which it got stuck; only newer ones are worth a redrive.
    #[serde(default)]
    pub stuck_on_settings: u64,
    /// Names of the optional parts that Salesforce refused, each left out from then on.
    #[serde(default)]
    pub omitted: Vec<String>,
}

/// An insert of our Case, stored before it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseAttempt {
    /// How it can be found again.
    pub mechanism: Mechanism,
    /// The REST host that it went to.
    pub host: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What makes our Case findable and unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mechanism {
    /// The unique external-id field of our package.
    ExternalIdField,
    /// A reference at the end of the Subject, in an org without the field.
    SubjectReference,
}

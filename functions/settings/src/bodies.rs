//! What the API answers, and small bodies that it takes. Requests are read by hand: nothing is ever read into their types.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::business_hours::HolidayCountry;
use shared::callback_test::CallbackTestStep;
use shared::escalation::{DecisionReason, Route};
use shared::escalation_request::{CustomerBody, EscalationReason, MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS};
use shared::store::{Audited, FieldChange};
use uuid::Uuid;

use crate::checks::Check;
use crate::escalations_tokens::MAX_OVERLAP_HOURS;
use crate::settings_body::SettingsBody;

/// How an organisation is called.
#[derive(JsonSchema)]
pub struct OrganisationBody {
    /// For people.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub name: String,
}

/// An organisation.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organisation<'a> {
    /// As in its paths.
    pub organisation_id: &'a str,
    /// For people.
    pub name: String,
}

/// A key that was made. It is shown this once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedKey<'a> {
    /// Its public name, by which it can be deleted.
    pub key_id: Uuid,
    /// The key.
    pub key: &'a str,
}

/// What is known of customers.
#[derive(Serialize, JsonSchema)]
pub struct CustomerProperties {
    /// Names of customer properties that were seen lately.
    pub properties: BTreeSet<String>,
}

/// The countries that `holidays` of business hours may name.
#[derive(Serialize, JsonSchema)]
pub struct HolidayCountries {
    /// By name.
    pub countries: Vec<CountryWithHolidays>,
}

/// A country with its next holidays.
#[derive(Serialize, JsonSchema)]
pub struct CountryWithHolidays {
    /// Which country.
    #[serde(flatten)]
    pub country: HolidayCountry,
    /// Its public holidays of the next 400 days.
    pub holidays: Vec<NaiveDate>,
}

/// A page of who changed what, newest first.
#[derive(Serialize, JsonSchema)]
pub struct AuditList {
    /// At most as many as were asked for.
    pub changes: Vec<AuditedChange>,
    /// Where the next page starts; null at the end.
    pub cursor: Option<String>,
}

/// A change of an organisation's settings, escalations tokens or keys. It holds no secret, no token and no key.
#[derive(Serialize, JsonSchema)]
pub struct AuditedChange {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who made it: `platform`, or the id of a key.
    pub by: String,
    /// What was changed.
    pub what: Audited,
    /// The id of the escalations token or key.
    pub subject: Option<Uuid>,
    /// The version of the settings that it made.
    pub version: Option<u64>,
    /// How the settings differ.
    pub changes: Vec<FieldChange>,
}

/// What would happen to this customer at this moment?
#[derive(JsonSchema)]
pub struct PreviewBody {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The customer.
    pub customer: Option<CustomerBody>,
    /// Why the conversation is handed over; `customerRequested` by default.
    pub reason: Option<EscalationReason>,
    /// A locale, as `en_US`.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub language: Option<String>,
    /// What the conversation is about.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    pub subject: Option<String>,
    /// Settings that need not be stored; without them, those that are.
    pub settings: Option<SettingsBody>,
}

/// What would happen. Nothing is sent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Live or Case.
    pub route: Route,
    /// Why.
    pub reason: DecisionReason,
    /// When the organisation opens next, if it is closed and opens within 400 days.
    pub next_opening: Option<DateTime<Utc>>,
    /// What the org's flow would be told, by channel variable.
    pub routing_attributes: BTreeMap<String, String>,
    /// The fields of the Case, by API name, but for Subject, Description and Contact.
    #[schemars(with = "BTreeMap<String, String>")]
    pub case_fields: Map<String, Value>,
}

/// Which settings are tested.
#[derive(JsonSchema)]
pub struct ConnectionTestBody {
    /// Settings that need not be stored; without them, those that are. Without a secret, the stored one is used.
    pub settings: Option<SettingsBody>,
}

/// What a connection test found.
#[derive(Serialize, JsonSchema)]
pub struct ConnectionTest {
    /// In the order in which they are to be shown.
    pub checks: Vec<Check>,
}

/// A callback test that was started.
#[derive(Serialize, JsonSchema)]
pub struct CallbackTestStarted<'a> {
    /// What the org must bring back.
    pub nonce: &'a str,
    /// Always `pending`.
    pub state: CallbackTestWord,
}

/// The last callback test.
#[derive(Serialize, JsonSchema)]
pub struct CallbackTestResult {
    /// How it stands.
    pub state: CallbackTestWord,
    /// What failed.
    pub step: Option<CallbackTestStep>,
    /// More about it.
    pub detail: Option<String>,
}

/// How a callback test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CallbackTestWord {
    /// The nonce may still come.
    Pending,
    /// The nonce came back in time.
    Passed,
    /// It did not within 120 s, or it can't.
    Failed,
}

/// How a token is replaced.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct EscalationsTokenBody {
    /// So many hours the tokens before it stay valid, at most.
    #[schemars(range(max = MAX_OVERLAP_HOURS))]
    pub overlap_hours: u64,
}

/// An escalations token, with which the organisation's org calls back.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EscalationsToken")]
pub struct EscalationsTokenView {
    /// Its public name, by which it can be deleted.
    pub id: Uuid,
    /// The token.
    pub token: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the org last called with it, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it ends, if another one has replaced it.
    pub valid_until: Option<DateTime<Utc>>,
}

/// The escalations tokens that are valid.
#[derive(Serialize, JsonSchema)]
pub struct EscalationsTokenList {
    /// Newest first, at most ten.
    pub tokens: Vec<EscalationsTokenView>,
}

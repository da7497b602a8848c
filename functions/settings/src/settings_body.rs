//! The settings document, as the API describes it: what [`parse`](crate::parse::parse) reads and [`view`](crate::view::view) shows.
//! Nothing is ever read into these types.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use shared::business_hours::{BusinessHours, MAX_EXCEPTIONS, MAX_INTERVALS_PER_DAY};
use shared::settings::{
    AttachTranscript, ContactPolicy, FieldSource, IntegrationType, RescueSettings, RoutingAttribute,
};

use crate::parse::{MAX_CREDENTIAL_CHARACTERS, MAX_NAME_CHARACTERS, MAX_ROUTING_ATTRIBUTES};
use crate::parse_case::MAX_FIELDS;

/// An organisation's settings, whole. What is absent or null has its default. `fullviewFlow` with messaging requires business hours.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct SettingsBody {
    /// Who decides between live and Case.
    pub integration_type: IntegrationType,
    /// The way into the org.
    pub salesforce: SalesforceBody,
    /// The Enhanced Chat deployment; without one, every escalation becomes a Case.
    pub messaging: Option<MessagingBody>,
    /// When people are there; without them, always.
    pub business_hours: Option<BusinessHoursBody>,
    /// What is told to the org's flow.
    #[schemars(length(max = MAX_ROUTING_ATTRIBUTES))]
    pub routing_attributes: Option<Vec<RoutingAttributeBody>>,
    /// How a Case is made.
    pub case: Option<CaseBody>,
    /// When live turns into a Case.
    pub rescue: Option<RescueBody>,
    /// The admin's own tick; it never changes routing.
    pub apex_action_configured: Option<bool>,
}

/// The way into the org's REST API.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct SalesforceBody {
    /// My Domain's host, `*.my.salesforce.com`; a bare My Domain name is completed. Loopback hosts are for the local stack only.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub domain: String,
    /// The external client app's consumer key.
    #[schemars(length(min = 1, max = MAX_CREDENTIAL_CHARACTERS))]
    pub client_id: String,
    /// Its consumer secret. Required as long as none is stored; absent or null keeps the stored one. It is never shown.
    #[schemars(length(min = 1, max = MAX_CREDENTIAL_CHARACTERS), extend("writeOnly" = true))]
    pub client_secret: Option<String>,
}

/// The Enhanced Chat deployment (type Custom Client), from its code snippet.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct MessagingBody {
    /// The org's id; of 18 characters, 15 are kept.
    #[schemars(regex(pattern = "^00D([0-9A-Za-z]{12}|[0-9A-Za-z]{15})$"))]
    pub organization_id: String,
    /// The deployment's API name.
    #[schemars(regex(pattern = "^[A-Za-z][0-9A-Za-z_]{0,79}$"))]
    pub developer_name: String,
    /// The messaging host, `*.my.salesforce-scrt.com`, with or without `https://`.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub url: String,
}

/// When people are there, by the local wall clock.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct BusinessHoursBody {
    /// IANA name of the time zone in which all times are meant, such as `Europe/Copenhagen`.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub time_zone: String,
    /// Intervals by weekday, `monday` to `sunday`; a missing weekday is closed.
    #[schemars(extend("propertyNames" = { "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] }))]
    pub weekly: Option<BTreeMap<String, Intervals>>,
    /// Dates that have their own intervals instead of the weekday's and the holiday's; no date twice.
    #[schemars(length(max = MAX_EXCEPTIONS))]
    pub exceptions: Option<Vec<ExceptionBody>>,
    /// Country whose public holidays are closed: one of `GET …/settings/holiday-countries`.
    #[schemars(regex(pattern = "^([A-Z]{2})?$"))]
    pub holidays: Option<String>,
}

/// The intervals of a day; none: closed.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct Intervals(#[schemars(length(max = MAX_INTERVALS_PER_DAY))] pub Vec<IntervalBody>);

/// A time of opening, which belongs to the day on which it begins.
#[derive(JsonSchema)]
pub struct IntervalBody {
    /// The first minute that is open.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub open: String,
    /// The first minute that is closed again, another than `open`; an earlier one is on the next day.
    #[schemars(regex(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))]
    pub close: String,
}

/// The intervals of one date, which replace those of its weekday and make it no holiday.
#[derive(JsonSchema)]
pub struct ExceptionBody {
    /// In the time zone of the hours.
    pub date: NaiveDate,
    /// None: closed.
    pub intervals: Intervals,
}

/// One row of the routing attributes.
#[derive(JsonSchema)]
pub struct RoutingAttributeBody {
    /// A customer property, else `id`, `name`, `email`, `phone`, `language`, `reason` or `subject`.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub attribute: String,
    /// The channel variable that it is sent as, in no other row, and not `FullviewEscalationId`.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub value: String,
}

/// How a Case is made.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct CaseBody {
    /// Picklist value of `Case.Origin`; `Chat` by default.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub origin: Option<String>,
    /// Picklist value of `Case.Priority`; `Medium` by default.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub priority: Option<String>,
    /// Picklist value of `Case.Status`; `New` by default.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub status: Option<String>,
    /// A record type's id.
    #[schemars(regex(pattern = "^012([0-9A-Za-z]{12}|[0-9A-Za-z]{15})$"))]
    pub record_type_id: Option<String>,
    /// A user's or queue's id; it needs `assignmentRule` to be false.
    #[schemars(regex(pattern = "^(005|00G)([0-9A-Za-z]{12}|[0-9A-Za-z]{15})$"))]
    pub owner_id: Option<String>,
    /// Whether the org's active Case assignment rule sets the owner; true by default.
    pub assignment_rule: Option<bool>,
    /// Whether the customer's Contact is looked up; `link` by default.
    pub contact: Option<ContactPolicy>,
    /// When the transcript is attached as a file; `whenTruncated` by default.
    pub attach_transcript: Option<AttachTranscript>,
    /// More fields of the Case, by API name; none that has a setting of its own or is set by us.
    #[schemars(extend("maxProperties" = MAX_FIELDS, "propertyNames" = { "pattern": "^[A-Za-z][0-9A-Za-z_]{0,79}$" }))]
    pub fields: Option<BTreeMap<String, FieldSourceBody>>,
}

/// Where a field's value comes from: one of the two.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum FieldSourceBody {
    /// From the customer.
    Attribute {
        /// A customer property or a built-in attribute, as in the routing attributes.
        #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
        attribute: String,
    },
    /// Always the same.
    Value {
        /// A fixed text.
        #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
        value: String,
    },
}

/// When live turns into a Case.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct RescueBody {
    /// Minutes without a human; 20 by default for `fullviewFlow`, else 1440.
    #[schemars(range(min = 1, max = 1440))]
    pub longest_wait_minutes: Option<u32>,
}

/// An organisation's settings as they are shown: never with a secret. They can be put again.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "Settings")]
pub struct SettingsView {
    /// Grows by one with each change; 0 before the first.
    pub version: u64,
    /// For the Apex action.
    pub organisation_id: String,
    /// For the Apex action: the base URL of this API.
    pub api_endpoint: String,
    /// Who decides between live and Case; null before the first `PUT`.
    pub integration_type: Option<IntegrationType>,
    /// The way into the org.
    pub salesforce: SalesforceView,
    /// The Enhanced Chat deployment, if live messaging is set up.
    pub messaging: Option<MessagingView>,
    /// When people are there.
    pub business_hours: Option<BusinessHours>,
    /// What is told to the org's flow.
    pub routing_attributes: Vec<RoutingAttribute>,
    /// How a Case is made.
    pub case: CaseView,
    /// When live turns into a Case.
    pub rescue: RescueSettings,
    /// The admin's own tick; it never changes routing.
    pub apex_action_configured: bool,
}

/// The way into the org's REST API.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "SalesforceSettings")]
pub struct SalesforceView {
    /// My Domain's host; null before the first `PUT`.
    pub domain: Option<String>,
    /// The external client app's consumer key; null before the first `PUT`.
    pub client_id: Option<String>,
    /// Whether a consumer secret is stored.
    pub client_secret_set: bool,
}

/// The Enhanced Chat deployment (type Custom Client).
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "MessagingSettings")]
pub struct MessagingView {
    /// The org's id, 15 characters.
    pub organization_id: String,
    /// The deployment's API name.
    pub developer_name: String,
    /// The messaging host's URL.
    pub url: String,
}

/// How a Case is made.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "CaseSettings")]
pub struct CaseView {
    /// Picklist value of `Case.Origin`.
    pub origin: String,
    /// Picklist value of `Case.Priority`.
    pub priority: String,
    /// Picklist value of `Case.Status`.
    pub status: String,
    /// A record type's id.
    pub record_type_id: Option<String>,
    /// A user's or queue's id.
    pub owner_id: Option<String>,
    /// Whether the org's active Case assignment rule sets the owner.
    pub assignment_rule: bool,
    /// Whether the customer's Contact is looked up.
    pub contact: ContactPolicy,
    /// When the transcript is attached as a file.
    pub attach_transcript: AttachTranscript,
    /// More fields of the Case, by API name.
    pub fields: BTreeMap<String, FieldSource>,
}

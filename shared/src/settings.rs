//! What an organisation has set: how to reach its org, and what becomes of its escalations.

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::business_hours::BusinessHours;
use crate::salesforce::Host;

/// An organisation's settings, valid as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Grows by one with each change; the first is 1.
    pub version: u64,
    /// Who decides between live and Case.
    pub integration_type: IntegrationType,
    /// The way into the org.
    pub salesforce: SalesforceSettings,
    /// The Enhanced Chat deployment, if live messaging is set up.
    pub messaging: Option<MessagingSettings>,
    /// When people are there.
    pub business_hours: Option<BusinessHours>,
    /// What is told to the org's flow.
    pub routing_attributes: Vec<RoutingAttribute>,
    /// How a Case is made.
    pub case: CaseSettings,
    /// When live turns into a Case.
    pub rescue: RescueSettings,
    /// The admin's own tick; it never changes routing.
    pub apex_action_configured: bool,
}

impl Settings {
    /// The time zone in which people are told times: that of the business hours, else UTC.
    #[must_use]
    pub fn time_zone(&self) -> Tz {
        let zone = self.business_hours.as_ref().and_then(|hours| hours.time_zone.parse().ok());
        zone.unwrap_or(Tz::UTC)
    }
}

/// Who decides between live and Case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IntegrationType {
    /// The org's Omni-Channel flow.
    OmniChannelFlow,
    /// We, by business hours.
    FullviewFlow,
}

/// The way into the org's REST API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesforceSettings {
    /// My Domain's host.
    pub domain: Host,
    /// The external client app's consumer key.
    pub client_id: String,
    /// The version, in Secrets Manager, of its consumer secret.
    pub client_secret_version: String,
}

/// The Enhanced Chat deployment (type Custom Client), from its code snippet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagingSettings {
    /// The org's id, 15 characters.
    pub organization_id: String,
    /// The deployment's API name.
    pub developer_name: String,
    /// The messaging host.
    pub url: Host,
}

/// One row of the routing attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoutingAttribute {
    /// A customer property or a built-in attribute.
    pub attribute: String,
    /// The channel variable that it is sent as.
    pub value: String,
}

/// How a Case is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseSettings {
    /// Picklist value of `Case.Origin`.
    pub origin: String,
    /// Picklist value of `Case.Priority`.
    pub priority: String,
    /// Picklist value of `Case.Status`.
    pub status: String,
    /// A record type's id.
    pub record_type_id: Option<String>,
    /// A user's or queue's id; excludes `assignment_rule`.
    pub owner_id: Option<String>,
    /// Whether the org's active Case assignment rule sets the owner.
    pub assignment_rule: bool,
    /// Whether the customer's Contact is looked up.
    pub contact: ContactPolicy,
    /// When the transcript is attached as a file.
    pub attach_transcript: AttachTranscript,
    /// More fields of the Case, by API name, in the order of their names.
    pub fields: Vec<CaseField>,
}

/// Whether the customer's Contact is looked up by e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ContactPolicy {
    /// Linked, if exactly one has the address.
    Link,
    /// Never looked up.
    None,
}

/// When the transcript is attached as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AttachTranscript {
    /// When the Description could not hold all of it.
    WhenTruncated,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A field of the Case and where its value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseField {
    /// API name.
    pub name: String,
    /// Where its value comes from.
    #[serde(flatten)]
    pub source: FieldSource,
}

/// Where a field's value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldSource {
    /// A customer property or a built-in attribute.
    Attribute(String),
    /// A fixed text.
    Value(String),
}

/// When live turns into a Case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RescueSettings {
    /// Minutes without a human, 1 to 1440.
    pub longest_wait_minutes: u32,
}

impl RescueSettings {
    /// Where we decide, 20 minutes; where the org's flow does, a day.
    #[must_use]
    pub fn default_for(integration_type: IntegrationType) -> Self {
        let longest_wait_minutes = match integration_type {
            IntegrationType::FullviewFlow => 20,
            IntegrationType::OmniChannelFlow => 1440,
        };
        Self { longest_wait_minutes }
    }
}

impl Default for CaseSettings {
    fn default() -> Self {
        Self {
            origin: "Chat".into(),
            priority: "Medium".into(),
            status: "New".into(),
            record_type_id: None,
            owner_id: None,
            assignment_rule: true,
            contact: ContactPolicy::Link,
            attach_transcript: AttachTranscript::WhenTruncated,
            fields: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A deployment.
    pub(crate) fn deployment() -> MessagingSettings {
        MessagingSettings {
            organization_id: "00D000000000001".into(),
            developer_name: "Fullview_Messaging_Deployment".into(),
            url: Host::parse_messaging("acme.my.salesforce-scrt.com", false).unwrap(),
        }
    }

    /// Valid settings without messaging.
    pub(crate) fn settings() -> Settings {
        Settings {
            version: 1,
            integration_type: IntegrationType::FullviewFlow,
            salesforce: SalesforceSettings {
                domain: Host::parse_salesforce("acme.my.salesforce.com", false).unwrap(),
                client_id: "id".into(),
                client_secret_version: "v1".into(),
            },
            messaging: None,
            business_hours: None,
            routing_attributes: vec![],
            case: CaseSettings {
                fields: vec![
                    CaseField { name: "Plan__c".into(), source: FieldSource::Attribute("plan".into()) },
                    CaseField { name: "Source__c".into(), source: FieldSource::Value("AI".into()) },
                ],
                ..CaseSettings::default()
            },
            rescue: RescueSettings::default_for(IntegrationType::FullviewFlow),
            apex_action_configured: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_settings_read_back_as_they_were() {
        let settings = samples::settings();
        let item: serde_dynamo::Item = serde_dynamo::to_item(&settings).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, Settings>(item).unwrap(), settings);
    }

    #[test]
    fn the_longest_wait_depends_on_who_decides() {
        assert_eq!(RescueSettings::default_for(IntegrationType::FullviewFlow).longest_wait_minutes, 20);
        assert_eq!(RescueSettings::default_for(IntegrationType::OmniChannelFlow).longest_wait_minutes, 1440);
    }
}

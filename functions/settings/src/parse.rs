//! From a JSON body to settings, naming every wrong field.

use std::collections::HashSet;

use secrecy::SecretString;
use serde_json::Value;
use shared::business_hours::BusinessHours;
use shared::json_reader::JsonReader;
use shared::problem::FieldError;
use shared::routing_attributes::ESCALATION_ID_FIELD;
use shared::salesforce::Host;
use shared::settings::{
    CaseSettings, IntegrationType, MessagingSettings, RescueSettings, RoutingAttribute, SalesforceSettings, Settings,
};

use crate::parse_case::case;
use crate::parse_hours::business_hours;

const INTEGRATION_TYPES: [(&str, IntegrationType); 2] =
    [("omniChannelFlow", IntegrationType::OmniChannelFlow), ("fullviewFlow", IntegrationType::FullviewFlow)];
pub(crate) const MAX_NAME_CHARACTERS: usize = 255;
pub(crate) const MAX_CREDENTIAL_CHARACTERS: usize = 1_024;
pub(crate) const MAX_ROUTING_ATTRIBUTES: usize = 100;

/// A valid document that was sent.
pub struct Document {
    /// The secret, if one was sent.
    pub client_secret: Option<SecretString>,
    integration_type: IntegrationType,
    domain: Host,
    client_id: String,
    messaging: Option<MessagingSettings>,
    business_hours: Option<BusinessHours>,
    routing_attributes: Vec<RoutingAttribute>,
    case: CaseSettings,
    rescue: Option<RescueSettings>,
    apex_action_configured: bool,
}

impl Document {
    /// The settings of a version, with the version of the client secret that is stored.
    #[must_use]
    pub fn into_settings(self, version: u64, client_secret_version: String) -> Settings {
        let salesforce = SalesforceSettings { domain: self.domain, client_id: self.client_id, client_secret_version };
        Settings {
            version,
            integration_type: self.integration_type,
            salesforce,
            messaging: self.messaging,
            business_hours: self.business_hours,
            routing_attributes: self.routing_attributes,
            case: self.case,
            rescue: self.rescue.unwrap_or_else(|| RescueSettings::default_for(self.integration_type)),
            apex_action_configured: self.apex_action_configured,
        }
    }
}

/// Parses the document; `has_secret` if a client secret is stored already.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn parse(body: &Value, has_secret: bool, allow_loopback: bool) -> Result<Document, Vec<FieldError>> {
    let mut errors = Vec::new();
    let document = document(&mut JsonReader::new(body, &mut errors), has_secret, allow_loopback);
    document.filter(|_| errors.is_empty()).ok_or(errors)
}

/// Reads the document where it stands.
pub(crate) fn document(body: &mut JsonReader<'_, '_>, has_secret: bool, allow_loopback: bool) -> Option<Document> {
    body.object()?;
    let integration_type = body.required("integrationType").and_then(|mut reader| reader.one_of(&INTEGRATION_TYPES));
    let salesforce =
        body.required_object("salesforce").and_then(|mut reader| salesforce(&mut reader, has_secret, allow_loopback));
    let has_messaging = body.value().get("messaging").is_some_and(|messaging| !messaging.is_null());
    let messaging = body.optional_object("messaging").and_then(|mut reader| messaging(&mut reader, allow_loopback));
    let business_hours = body.optional_object("businessHours").and_then(|mut reader| business_hours(&mut reader));
    let needs_hours = integration_type == Some(IntegrationType::FullviewFlow) && has_messaging;
    if needs_hours && body.value().get("businessHours").is_none_or(Value::is_null) {
        body.reject_below("/businessHours", "is required for fullviewFlow with messaging");
    }
    let routing_attributes = body.optional("routingAttributes").map(|mut reader| routing_attributes(&mut reader));
    let case = body.optional_object("case").map(|mut reader| case(&mut reader));
    let rescue = body.optional_object("rescue").and_then(|mut reader| rescue(&mut reader));
    let apex_action_configured = body.optional_bool("apexActionConfigured").unwrap_or_default();
    let (domain, client_id, client_secret) = salesforce?;
    Some(Document {
        client_secret,
        integration_type: integration_type?,
        domain,
        client_id,
        messaging,
        business_hours,
        routing_attributes: routing_attributes.unwrap_or_default(),
        case: case.unwrap_or_default(),
        rescue,
        apex_action_configured,
    })
}

fn salesforce(
    reader: &mut JsonReader<'_, '_>,
    has_secret: bool,
    allow_loopback: bool,
) -> Option<(Host, String, Option<SecretString>)> {
    let domain =
        reader.required("domain").and_then(|mut reader| host(&mut reader, allow_loopback, Host::parse_salesforce));
    let client_id = reader.required_string("clientId", MAX_CREDENTIAL_CHARACTERS);
    let client_secret = if has_secret {
        reader
            .optional("clientSecret")
            .and_then(|mut reader| reader.string(1, MAX_CREDENTIAL_CHARACTERS).map(str::to_owned))
    } else {
        reader.required_string("clientSecret", MAX_CREDENTIAL_CHARACTERS)
    };
    Some((domain?, client_id?, client_secret.map(SecretString::from)))
}

fn host(
    reader: &mut JsonReader<'_, '_>,
    allow_loopback: bool,
    parse: impl Fn(&str, bool) -> Result<Host, shared::salesforce::InvalidHost>,
) -> Option<Host> {
    let text = reader.string(1, MAX_NAME_CHARACTERS)?;
    parse(text, allow_loopback).map_err(|error| reader.reject(error.to_string())).ok()
}

fn messaging(reader: &mut JsonReader<'_, '_>, allow_loopback: bool) -> Option<MessagingSettings> {
    let organization_id = reader.required("organizationId").and_then(|mut reader| salesforce_id(&mut reader, &["00D"]));
    let developer_name = reader.required("developerName").and_then(|mut reader| api_name(&mut reader));
    let url = reader.required("url").and_then(|mut reader| host(&mut reader, allow_loopback, Host::parse_messaging));
    Some(MessagingSettings {
        organization_id: organization_id?[..15].to_owned(),
        developer_name: developer_name?,
        url: url?,
    })
}

/// A record id of 15 or 18 characters that starts with one of these key prefixes.
pub(crate) fn salesforce_id(reader: &mut JsonReader<'_, '_>, prefixes: &[&str]) -> Option<String> {
    let text = reader.string(1, MAX_NAME_CHARACTERS)?;
    let is_id = matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_id && prefixes.iter().any(|prefix| text.starts_with(prefix)) {
        return Some(text.to_owned());
    }
    reader.reject(format!("must be a Salesforce id of 15 or 18 characters that starts with {}", prefixes.join(" or ")));
    None
}

/// An API name: letters, digits and underscores, starting with a letter.
pub(crate) fn api_name(reader: &mut JsonReader<'_, '_>) -> Option<String> {
    let text = reader.string(1, MAX_NAME_CHARACTERS)?;
    if is_api_name(text) {
        return Some(text.to_owned());
    }
    reader.reject("must be an API name: letters, digits and underscores, starting with a letter");
    None
}

pub(crate) fn is_api_name(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn routing_attributes(reader: &mut JsonReader<'_, '_>) -> Vec<RoutingAttribute> {
    if reader.value().as_array().is_some_and(|rows| rows.len() > MAX_ROUTING_ATTRIBUTES) {
        reader.reject(format!("must hold at most {MAX_ROUTING_ATTRIBUTES} rows"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    reader.each(|row| {
        row.object()?;
        let attribute = row.required_string("attribute", MAX_NAME_CHARACTERS);
        let value = row.required_string("value", MAX_NAME_CHARACTERS)?;
        if !seen.insert(value.clone()) {
            row.reject_below("/value", "is sent by another row already");
        }
        if value == ESCALATION_ID_FIELD {
            row.reject_below("/value", "is sent by us with every conversation");
        }
        Some(RoutingAttribute { attribute: attribute?, value })
    })
}

fn rescue(reader: &mut JsonReader<'_, '_>) -> Option<RescueSettings> {
    let minutes = reader.optional("longestWaitMinutes")?.integer(1, 1440)?;
    Some(RescueSettings { longest_wait_minutes: u32::try_from(minutes).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn valid() -> Value {
        json!({
            "integrationType": "fullviewFlow",
            "salesforce": { "domain": "acme", "clientId": "id", "clientSecret": "secret" },
            "messaging": { "organizationId": "00D000000000001AAA", "developerName": "Fullview_Messaging_Deployment",
                           "url": "https://Acme.my.salesforce-scrt.com/" },
            "businessHours": { "timeZone": "Europe/Copenhagen", "weekly": { "monday": [{ "open": "09:00", "close": "17:00" }] },
                               "exceptions": [{ "date": "2026-12-24", "intervals": [] }], "holidays": "DK" },
            "routingAttributes": [{ "attribute": "plan", "value": "Plan" }],
            "rescue": { "longestWaitMinutes": 5 }, "apexActionConfigured": true,
        })
    }

    fn pointers(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut body = valid();
        change(&mut body);
        let errors = parse(&body, false, false).err().unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_document_is_brought_into_its_stored_form() {
        let settings = parse(&valid(), false, false).ok().unwrap().into_settings(4, "v".into());
        assert_eq!(settings.salesforce.domain.as_str(), "acme.my.salesforce.com");
        let messaging = settings.messaging.unwrap();
        assert_eq!(messaging.organization_id, "00D000000000001");
        assert_eq!(messaging.url.as_str(), "acme.my.salesforce-scrt.com");
        assert_eq!((settings.version, settings.rescue.longest_wait_minutes), (4, 5));
        assert!(settings.apex_action_configured);
    }

    #[test]
    fn only_type_and_salesforce_are_required() {
        let body = json!({ "integrationType": "omniChannelFlow", "salesforce": { "domain": "acme", "clientId": "i", "clientSecret": "s" } });
        let settings = parse(&body, false, false).ok().unwrap().into_settings(1, "v".into());
        assert_eq!(settings.rescue.longest_wait_minutes, 1440);
        assert_eq!(settings.case, CaseSettings::default());
        assert_eq!(pointers(|body| *body = json!({})), ["/integrationType", "/salesforce"]);
    }

    #[test]
    fn a_stored_secret_is_kept_when_none_is_sent() {
        let mut body = valid();
        body["salesforce"]["clientSecret"] = Value::Null;
        assert!(parse(&body, true, false).ok().unwrap().client_secret.is_none());
        assert_eq!(pointers(|body| body["salesforce"]["clientSecret"] = Value::Null), ["/salesforce/clientSecret"]);
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let found = pointers(|body| {
            body["integrationType"] = json!("other");
            body["salesforce"]["domain"] = json!("login.salesforce.com");
            body["messaging"]["organizationId"] = json!("001000000000001");
            body["messaging"]["developerName"] = json!("1 x");
            body["messaging"]["url"] = json!("https://evil.com");
            body["rescue"]["longestWaitMinutes"] = json!(0);
            body["apexActionConfigured"] = json!("yes");
        });
        assert_eq!(
            found,
            [
                "/integrationType",
                "/salesforce/domain",
                "/messaging/organizationId",
                "/messaging/developerName",
                "/messaging/url",
                "/rescue/longestWaitMinutes",
                "/apexActionConfigured"
            ]
        );
    }

    #[test]
    fn fullview_flow_with_messaging_needs_business_hours() {
        assert_eq!(pointers(|body| body["businessHours"] = Value::Null), ["/businessHours"]);
        assert!(
            pointers(|body| {
                body["businessHours"] = Value::Null;
                body["messaging"] = Value::Null;
            })
            .is_empty()
        );
    }

    #[test]
    fn a_row_cannot_send_what_we_send() {
        let rows = json!([{ "attribute": "plan", "value": "FullviewEscalationId" }]);
        assert_eq!(pointers(|body| body["routingAttributes"] = rows), ["/routingAttributes/0/value"]);
    }

    #[test]
    fn two_rows_cannot_send_one_value() {
        let rows = json!([{ "attribute": "plan", "value": "Plan" }, { "attribute": "name", "value": "Plan" }]);
        assert_eq!(pointers(|body| body["routingAttributes"] = rows), ["/routingAttributes/1/value"]);
    }

    #[test]
    fn loopback_hosts_are_for_the_local_stack_only() {
        let mut body = valid();
        body["salesforce"]["domain"] = json!("127.0.0.1:9001");
        body["messaging"]["url"] = json!("http://127.0.0.1:9001");
        assert!(parse(&body, false, true).is_ok());
        assert_eq!(parse(&body, false, false).err().unwrap().len(), 2);
    }

    #[test]
    fn every_hostile_host_is_named_as_the_mistake_that_it_is() {
        let table: Value =
            serde_json::from_str(include_str!("../../../shared/src/salesforce/hostile_hosts.json")).unwrap();
        let kinds = table["hostile"].as_object().unwrap().values();
        for host in kinds.flat_map(|hosts| hosts.as_array().unwrap()).filter_map(Value::as_str) {
            let mut body = valid();
            body["salesforce"]["domain"] = json!(host.replace("{suffix}", ".my.salesforce.com"));
            body["messaging"]["url"] = json!(host.replace("{suffix}", ".my.salesforce-scrt.com"));
            for allow_loopback in [false, true] {
                let errors = parse(&body, false, allow_loopback).err().unwrap();
                let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
                assert_eq!(pointers, ["/salesforce/domain", "/messaging/url"], "{host:?}");
            }
        }
    }
}

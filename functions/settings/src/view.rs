//! The settings document as it is shown: never with a secret.

use serde_json::{Map, Value, json};
use shared::settings::{CaseSettings, FieldSource, Settings};

/// The document of an organisation, or the defaults before its first `PUT`.
#[must_use]
pub fn view(settings: Option<&Settings>, organisation_id: &str, api_endpoint: &str) -> Value {
    let mut document = document(settings);
    document["salesforce"]["clientSecretSet"] = json!(settings.is_some());
    document["version"] = json!(settings.map_or(0, |settings| settings.version));
    document["organisationId"] = json!(organisation_id);
    document["apiEndpoint"] = json!(api_endpoint);
    document
}

/// The document of `PUT` without the secret.
pub(crate) fn document(settings: Option<&Settings>) -> Value {
    settings.map_or_else(defaults, shown)
}

fn shown(settings: &Settings) -> Value {
    let salesforce = &settings.salesforce;
    let messaging = settings.messaging.as_ref().map(|messaging| {
        json!({
            "organizationId": messaging.organization_id,
            "developerName": messaging.developer_name,
            "url": messaging.url.base_url(),
        })
    });
    json!({
        "integrationType": settings.integration_type,
        "salesforce": { "domain": salesforce.domain, "clientId": salesforce.client_id },
        "messaging": messaging,
        "businessHours": settings.business_hours,
        "routingAttributes": settings.routing_attributes,
        "case": case(&settings.case),
        "rescue": settings.rescue,
        "apexActionConfigured": settings.apex_action_configured,
    })
}

/// Nothing is chosen yet.
fn defaults() -> Value {
    json!({
        "integrationType": null,
        "salesforce": { "domain": null, "clientId": null },
        "messaging": null,
        "businessHours": null,
        "routingAttributes": [],
        "case": case(&CaseSettings::default()),
        "rescue": { "longestWaitMinutes": 20 },
        "apexActionConfigured": false,
    })
}

fn case(settings: &CaseSettings) -> Value {
    let fields: Map<_, _> = settings.fields.iter().map(|field| (field.name.clone(), source(&field.source))).collect();
    let mut case = json!(settings);
    case["fields"] = fields.into();
    case
}

fn source(source: &FieldSource) -> Value {
    match source {
        FieldSource::Attribute(attribute) => json!({ "attribute": attribute }),
        FieldSource::Value(value) => json!({ "value": value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn what_was_put_is_shown_and_can_be_put_again() {
        let body = json!({
            "integrationType": "omniChannelFlow",
            "salesforce": { "domain": "acme", "clientId": "id", "clientSecret": "hidden" },
            "messaging": { "organizationId": "00D000000000001", "developerName": "D", "url": "acme" },
            "case": { "fields": { "Plan__c": { "attribute": "plan" } } },
        });
        let settings = parse(&body, false, false).ok().unwrap().into_settings(1, "v1".into());
        let shown = view(Some(&settings), "acme", "https://api");
        assert!(!shown.to_string().contains("hidden"));
        assert_eq!(shown["messaging"]["url"], "https://acme.my.salesforce-scrt.com");
        assert_eq!(
            shown["salesforce"],
            json!({ "domain": "acme.my.salesforce.com", "clientId": "id", "clientSecretSet": true })
        );
        assert_eq!(shown["case"]["fields"], json!({ "Plan__c": { "attribute": "plan" } }));
        let again = parse(&shown, true, false).ok().unwrap().into_settings(1, "v1".into());
        assert_eq!(again, settings);
    }

    #[test]
    fn before_the_first_put_there_are_the_defaults() {
        let shown = view(None, "acme", "https://api");
        assert_eq!((&shown["version"], &shown["salesforce"]["clientSecretSet"]), (&json!(0), &json!(false)));
        assert_eq!(shown["case"]["attachTranscript"], "whenTruncated");
        assert_eq!((&shown["organisationId"], &shown["apiEndpoint"]), (&json!("acme"), &json!("https://api")));
    }
}

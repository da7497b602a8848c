//! What would happen to a customer at a moment: the router's own rules, and nothing is sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde_json::Value;
use shared::authentication::require_organisation;
use shared::case_fields::case_fields;
use shared::escalation::Route;
use shared::escalation_request::{EscalationRequest, without_conversation};
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::{Code, FieldError, Problem};
use shared::routing_attributes::{ESCALATION_ID_FIELD, routing_attributes};
use shared::routing_decision::decide;
use shared::settings::Settings;
use uuid::Uuid;

use crate::SettingsApi;
use crate::bodies::Preview;
use crate::parse::{Document, document};

/// What is asked. Holds a customer's words: it has no `Debug`.
pub struct Question {
    at: DateTime<Utc>,
    customer: EscalationRequest,
    /// Not stored yet, perhaps.
    settings: Option<Document>,
}

pub(crate) async fn show(api: &SettingsApi, request: &Request, organisation_id: &str) -> Result<Answer, Problem> {
    let question = question(&json_body(request)?, api.environment.allow_loopback).map_err(Problem::invalid)?;
    require_organisation(&api.store, organisation_id).await?;
    let stored = api.store.settings(organisation_id).await?;
    let version = stored.as_ref().map_or(0, |stored| stored.version);
    let settings = question.settings.map(|document| document.into_settings(version, String::new())).or(stored);
    let settings = settings.ok_or_else(|| Problem::new(Code::OrganisationNotConfigured))?;
    Ok(Answer::json(StatusCode::OK, preview(&settings, &question.customer, question.at)))
}

/// Reads the body of a preview.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn question(body: &Value, allow_loopback: bool) -> Result<Question, Vec<FieldError>> {
    let mut errors = Vec::new();
    let question = read(&mut JsonReader::new(body, &mut errors), allow_loopback);
    question.filter(|_| errors.is_empty()).ok_or(errors)
}

fn read(body: &mut JsonReader<'_, '_>, allow_loopback: bool) -> Option<Question> {
    body.object()?;
    let at = body.required("at").and_then(|mut reader| reader.time());
    let customer = without_conversation(body);
    // Nothing is sent, so the secret is not needed.
    let settings = body.optional_object("settings").and_then(|mut reader| document(&mut reader, true, allow_loopback));
    Some(Question { at: at?, customer: customer?, settings })
}

/// The decision, and what would be sent. The escalation's id, which goes with every conversation, is not known yet; and neither is the
/// Contact that a Case would be linked to.
fn preview(settings: &Settings, customer: &EscalationRequest, at: DateTime<Utc>) -> Preview {
    let decision = decide(settings, at);
    let mut attributes = match decision.route {
        Route::Messaging => routing_attributes(&settings.routing_attributes, customer, Uuid::nil()).values,
        Route::Case => BTreeMap::new(),
    };
    attributes.remove(ESCALATION_ID_FIELD);
    Preview {
        route: decision.route,
        reason: decision.reason,
        next_opening: decision.next_opening,
        routing_attributes: attributes,
        case_fields: case_fields(&settings.case, customer, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> Value {
        json!({
            "integrationType": "fullviewFlow",
            "salesforce": { "domain": "acme", "clientId": "id" },
            "messaging": { "organizationId": "00D000000000001", "developerName": "D", "url": "acme" },
            "businessHours": { "timeZone": "Asia/Tokyo", "weekly": { "monday": [{ "open": "09:00", "close": "17:00" }] } },
            "routingAttributes": [{ "attribute": "plan", "value": "Plan" }, { "attribute": "language", "value": "Lang" }],
            "case": { "fields": { "Plan__c": { "attribute": "plan" } } },
        })
    }

    fn asked(at: &str, more: &Value) -> Value {
        let mut body = json!({
            "at": at, "language": "en_US", "settings": settings(),
            "customer": { "name": "Ada", "properties": { "plan": "pro" } },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match question(&body, false) {
            Ok(question) => {
                let settings = question.settings.unwrap().into_settings(1, String::new());
                json!(preview(&settings, &question.customer, question.at))
            }
            Err(errors) => errors.into_iter().map(|error| Value::from(error.pointer)).collect(),
        }
    }

    #[test]
    fn while_the_organisation_is_open_the_attributes_are_sent_to_the_flow() {
        let preview = asked("2026-11-23T09:30:00+09:00", &json!({}));
        assert_eq!([&preview["route"], &preview["reason"]], ["messaging", "withinBusinessHours"]);
        assert_eq!(preview["routingAttributes"], json!({ "Plan": "pro", "Lang": "en_US" }));
        assert_eq!(preview["nextOpening"], Value::Null);
    }

    #[test]
    fn while_it_is_closed_there_is_a_case_and_nothing_for_the_flow() {
        let preview = asked("2026-11-22T23:30:00+09:00", &json!({}));
        assert_eq!([&preview["route"], &preview["reason"]], ["case", "outsideBusinessHours"]);
        assert_eq!(preview["nextOpening"], "2026-11-23T00:00:00Z");
        assert_eq!(preview["routingAttributes"], json!({}));
        let fields = &preview["caseFields"];
        assert_eq!([&fields["Origin"], &fields["SuppliedName"], &fields["Plan__c"]], ["Chat", "Ada", "pro"]);
    }

    #[test]
    fn a_wrong_question_is_named_by_its_pointers() {
        let wrong = json!({ "at": "soon", "customer": { "name": 1 }, "settings": { "integrationType": "none" } });
        let pointers = asked("", &wrong);
        let expected = ["/at", "/customer/name", "/settings/integrationType", "/settings/salesforce"];
        assert_eq!(pointers, json!(expected));
    }
}

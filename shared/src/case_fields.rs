//! The fields of a Case that it can do without: what the settings choose, and what is known of the customer.

use serde_json::{Map, Value};

use crate::escalation_request::{Customer, EscalationRequest};
use crate::settings::{CaseSettings, FieldSource};
use crate::utf16::{cut, units};

/// The external-id field of our package: Text 36, unique.
pub const EXTERNAL_ID_FIELD: &str = "Fullview_Escalation_Id__c";

/// `SuppliedName` and `SuppliedEmail` hold 80 characters, `SuppliedPhone` 40.
const SUPPLIED_NAME_UNITS: usize = 80;
const SUPPLIED_EMAIL_UNITS: usize = 80;
const SUPPLIED_PHONE_UNITS: usize = 40;

/// The fields, by their API names; empty ones are not sent.
#[must_use]
pub fn case_fields(
    settings: &CaseSettings,
    request: &EscalationRequest,
    contact_id: Option<&str>,
) -> Map<String, Value> {
    let customer = &request.customer;
    let fits = |value: &Option<String>, max| value.clone().filter(|value| units(value) <= max);
    let fixed = [
        ("Origin", Some(settings.origin.clone())),
        ("Priority", Some(settings.priority.clone())),
        ("Status", Some(settings.status.clone())),
        ("RecordTypeId", settings.record_type_id.clone()),
        ("OwnerId", settings.owner_id.clone()),
        ("ContactId", contact_id.map(str::to_owned)),
        ("SuppliedName", customer.name.as_deref().map(|name| cut(name, SUPPLIED_NAME_UNITS))),
        ("SuppliedEmail", fits(&customer.email, SUPPLIED_EMAIL_UNITS)),
        ("SuppliedPhone", fits(&customer.phone, SUPPLIED_PHONE_UNITS)),
    ];
    let fixed = fixed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let mapped = settings.fields.iter().filter_map(|field| Some((field.name.clone(), value(&field.source, request)?)));
    fixed.chain(mapped).filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.into())).collect()
}

/// What a field of the Case could not hold in full; it stands in the Description.
#[must_use]
pub fn shortened(customer: &Customer) -> Vec<String> {
    let supplied = [
        ("SuppliedName", &customer.name, SUPPLIED_NAME_UNITS, "cut to"),
        ("SuppliedEmail", &customer.email, SUPPLIED_EMAIL_UNITS, "left out, it has more than"),
        ("SuppliedPhone", &customer.phone, SUPPLIED_PHONE_UNITS, "left out, it has more than"),
    ];
    let too_long =
        supplied.into_iter().filter(|(_, value, max, _)| value.as_ref().is_some_and(|value| units(value) > *max));
    too_long.map(|(field, _, max, what)| format!("{field}: {what} {max} characters")).collect()
}

/// Sent as text, which Salesforce reads for fields of every type.
fn value(source: &FieldSource, request: &EscalationRequest) -> Option<String> {
    match source {
        FieldSource::Value(text) => Some(text.clone()),
        FieldSource::Attribute(name) => request.attribute(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::escalation_request::parse;
    use crate::settings::CaseField;

    fn request() -> EscalationRequest {
        let body = json!({
            "conversation": { "id": "c", "messages": [{ "role": "customer", "text": "Hi", "sentAt": "2026-11-20T09:14:03Z" }] },
            "customer": { "name": "n".repeat(100), "email": "ada@example.com", "phone": "1".repeat(41), "properties": { "seats": 12 } },
            "reason": "policy",
        });
        parse(&body).ok().unwrap()
    }

    #[test]
    fn what_a_field_cannot_hold_is_cut_or_left_out_and_told() {
        let request = request();
        let fields = case_fields(&CaseSettings::default(), &request, Some("003000000000001AAA"));
        assert_eq!(fields["SuppliedName"].as_str().unwrap().chars().count(), 80);
        assert!(!fields.contains_key("SuppliedPhone"));
        assert_eq!([&fields["Origin"], &fields["ContactId"]], ["Chat", "003000000000001AAA"]);
        assert_eq!(
            shortened(&request.customer),
            ["SuppliedName: cut to 80 characters", "SuppliedPhone: left out, it has more than 40 characters"]
        );
    }

    #[test]
    fn mapped_fields_are_sent_as_text_and_absent_ones_not_at_all() {
        let field = |name: &str, source| CaseField { name: name.into(), source };
        let fields = vec![
            field("Seats__c", FieldSource::Attribute("seats".into())),
            field("Plan__c", FieldSource::Attribute("plan".into())),
            field("Source__c", FieldSource::Value("AI".into())),
        ];
        let fields = case_fields(&CaseSettings { fields, ..CaseSettings::default() }, &request(), None);
        assert_eq!([&fields["Seats__c"], &fields["Source__c"]], ["12", "AI"]);
        assert!(!fields.contains_key("Plan__c"));
    }
}

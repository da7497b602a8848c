//! What a conversation tells the org's flow: hidden pre-chat fields, mapped from the customer's properties.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::escalation_request::EscalationRequest;
use crate::settings::RoutingAttribute;
use crate::utf16::prefix;

/// The hidden pre-chat field that carries the escalation's id with every conversation.
pub const ESCALATION_ID_FIELD: &str = "FullviewEscalationId";
/// A channel parameter holds 255 characters, unless the org chose otherwise.
const MAX_UNITS: usize = 255;

/// What is sent, and what had to be cut for it.
#[derive(Clone, PartialEq, Eq)]
pub struct RoutingAttributes {
    /// By the channel parameter's name, upper and lower case as in the settings.
    pub values: BTreeMap<String, String>,
    /// Names of those that were cut.
    pub cut: Vec<String>,
}

/// Maps an escalation by an organisation's rows; what is absent is not sent.
#[must_use]
pub fn routing_attributes(
    rows: &[RoutingAttribute],
    request: &EscalationRequest,
    escalation_id: Uuid,
) -> RoutingAttributes {
    let mut attributes = RoutingAttributes { values: BTreeMap::new(), cut: Vec::new() };
    for row in rows {
        let Some(value) = request.attribute(&row.attribute) else { continue };
        let kept = prefix(&value, MAX_UNITS).to_owned();
        if kept.len() < value.len() {
            attributes.cut.push(row.value.clone());
        }
        attributes.values.insert(row.value.clone(), kept);
    }
    attributes.values.insert(ESCALATION_ID_FIELD.to_owned(), escalation_id.to_string());
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(properties: &Value) -> EscalationRequest {
        let body = json!({
            "conversation": { "id": "c", "messages": [{ "role": "customer", "text": "Hi", "sentAt": "2026-11-20T09:14:03Z" }] },
            "customer": { "properties": properties }, "reason": "policy",
        });
        crate::escalation_request::parse(&body).ok().unwrap()
    }

    fn mapped(rows: &[(&str, &str)], properties: &Value) -> RoutingAttributes {
        let row = |(attribute, value): &(&str, &str)| RoutingAttribute {
            attribute: (*attribute).to_owned(),
            value: (*value).to_owned(),
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        routing_attributes(&rows, &request(properties), Uuid::nil())
    }

    #[test]
    fn each_row_sends_its_property_under_its_name_as_text() {
        let rows = [("plan", "Plan"), ("seats", "Seat_Count"), ("reason", "Why")];
        let values = mapped(&rows, &json!({ "plan": "enterprise", "seats": 12 })).values;
        assert_eq!(values["Plan"], "enterprise");
        assert_eq!(values["Seat_Count"], "12");
        assert_eq!(values["Why"], "policy");
    }

    #[test]
    fn what_is_absent_is_not_sent_and_the_escalation_s_id_always_is() {
        let values = mapped(&[("plan", "Plan")], &json!({})).values;
        assert_eq!(values, BTreeMap::from([("FullviewEscalationId".to_owned(), Uuid::nil().to_string())]));
    }

    #[test]
    fn the_escalation_s_id_is_ours_whatever_the_rows_say() {
        let values = mapped(&[("plan", "FullviewEscalationId")], &json!({ "plan": "x" })).values;
        assert_eq!(values["FullviewEscalationId"], Uuid::nil().to_string());
    }

    #[test]
    fn a_long_value_is_cut_between_characters_and_named() {
        let attributes = mapped(
            &[("plan", "Plan"), ("tier", "Tier")],
            &json!({ "plan": "😀".repeat(200), "tier": "x".repeat(255) }),
        );
        assert_eq!(attributes.values["Plan"].encode_utf16().count(), 254);
        assert_eq!(attributes.values["Tier"].len(), 255);
        assert_eq!(attributes.cut, ["Plan"]);
    }
}

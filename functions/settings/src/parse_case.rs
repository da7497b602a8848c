//! The `case` part of the settings document.

use std::collections::HashSet;

use shared::case_fields::EXTERNAL_ID_FIELD;
use shared::json_reader::JsonReader;
use shared::settings::{AttachTranscript, CaseField, CaseSettings, ContactPolicy, FieldSource};

use crate::parse::{MAX_NAME_CHARACTERS, is_api_name, salesforce_id};

const CONTACT: [(&str, ContactPolicy); 2] = [("link", ContactPolicy::Link), ("none", ContactPolicy::None)];
const ATTACH_TRANSCRIPT: [(&str, AttachTranscript); 3] = [
    ("whenTruncated", AttachTranscript::WhenTruncated),
    ("always", AttachTranscript::Always),
    ("never", AttachTranscript::Never),
];
pub(crate) const MAX_FIELDS: usize = 100;

/// Fields that we set ourselves or that have a setting of their own.
const RESERVED: [&str; 12] = [
    "Subject",
    "Description",
    EXTERNAL_ID_FIELD,
    "Origin",
    "Priority",
    "Status",
    "RecordTypeId",
    "OwnerId",
    "ContactId",
    "SuppliedName",
    "SuppliedEmail",
    "SuppliedPhone",
];

pub(crate) fn case(reader: &mut JsonReader<'_, '_>) -> CaseSettings {
    let default = CaseSettings::default();
    let owner_id = reader.optional("ownerId").and_then(|mut reader| salesforce_id(&mut reader, &["005", "00G"]));
    let assignment_rule = reader.optional_bool("assignmentRule").unwrap_or(default.assignment_rule);
    if owner_id.is_some() && assignment_rule {
        reader.reject_below("/ownerId", "needs assignmentRule to be false, because the rule would override it");
    }
    CaseSettings {
        origin: reader.optional_string("origin", MAX_NAME_CHARACTERS).unwrap_or(default.origin),
        priority: reader.optional_string("priority", MAX_NAME_CHARACTERS).unwrap_or(default.priority),
        status: reader.optional_string("status", MAX_NAME_CHARACTERS).unwrap_or(default.status),
        record_type_id: reader.optional("recordTypeId").and_then(|mut reader| salesforce_id(&mut reader, &["012"])),
        owner_id,
        assignment_rule,
        contact: reader.optional("contact").and_then(|mut reader| reader.one_of(&CONTACT)).unwrap_or(default.contact),
        attach_transcript: reader
            .optional("attachTranscript")
            .and_then(|mut reader| reader.one_of(&ATTACH_TRANSCRIPT))
            .unwrap_or(default.attach_transcript),
        fields: reader.optional("fields").map(|mut reader| fields(&mut reader)).unwrap_or_default(),
    }
}

fn fields(reader: &mut JsonReader<'_, '_>) -> Vec<CaseField> {
    if reader.value().as_object().is_some_and(|fields| fields.len() > MAX_FIELDS) {
        reader.reject(format!("must hold at most {MAX_FIELDS} fields"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut fields = reader.each_member(|name, reader| {
        if !seen.insert(name.to_ascii_lowercase()) {
            reader.reject("is mapped already, in other upper and lower case");
        }
        if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
            reader.reject("is set by us or by a setting of its own");
        } else if !is_api_name(name) {
            reader.reject("must have a field's API name");
        }
        Some(CaseField { name: name.to_owned(), source: source(reader)? })
    });
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    fields
}

fn source(reader: &mut JsonReader<'_, '_>) -> Option<FieldSource> {
    reader.object()?;
    let attribute = reader.optional_string("attribute", MAX_NAME_CHARACTERS);
    let value = reader.optional_string("value", MAX_NAME_CHARACTERS);
    match (attribute, value) {
        (Some(attribute), None) => Some(FieldSource::Attribute(attribute)),
        (None, Some(value)) => Some(FieldSource::Value(value)),
        _ => {
            reader.reject("must have either attribute or value");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parsed(body: &Value) -> (CaseSettings, Vec<String>) {
        let mut errors = Vec::new();
        let settings = case(&mut JsonReader::new(body, &mut errors));
        (settings, errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(parsed(&json!({})), (CaseSettings::default(), vec![]));
    }

    #[test]
    fn an_owner_and_the_assignment_rule_exclude_each_other() {
        let owner = "00G000000000001AAA";
        assert_eq!(parsed(&json!({ "ownerId": owner, "assignmentRule": true })).1, ["/ownerId"]);
        assert_eq!(parsed(&json!({ "ownerId": owner })).1, ["/ownerId"]);
        let (settings, errors) = parsed(&json!({ "ownerId": owner, "assignmentRule": false }));
        assert_eq!((settings.owner_id.as_deref(), errors.len()), (Some(owner), 0));
    }

    #[test]
    fn ids_are_of_the_right_kind() {
        assert_eq!(parsed(&json!({ "recordTypeId": "005000000000001" })).1, ["/recordTypeId"]);
        assert_eq!(parsed(&json!({ "ownerId": "me", "assignmentRule": false })).1, ["/ownerId"]);
    }

    #[test]
    fn a_field_has_one_source() {
        let fields = json!({ "fields": { "B__c": { "value": "AI" }, "A__c": { "attribute": "plan" } } });
        let names: Vec<_> = parsed(&fields).0.fields.into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["A__c", "B__c"]);
        assert_eq!(parsed(&json!({ "fields": { "A__c": {} } })).1, ["/fields/A__c"]);
        assert_eq!(parsed(&json!({ "fields": { "A__c": { "attribute": "a", "value": "b" } } })).1, ["/fields/A__c"]);
    }

    #[test]
    fn our_own_fields_cannot_be_mapped() {
        for name in ["Subject", "description", "OwnerId", "a b", "Fullview_Escalation_Id__c"] {
            assert_eq!(parsed(&json!({ "fields": { name: { "value": "x" } } })).1.len(), 1, "{name}");
        }
    }
}

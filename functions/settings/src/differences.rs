//! How two settings documents differ, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::json_reader::pointer_token;
use shared::store::FieldChange;

/// Lists of which each row is a field of its own. Any other list, such as a weekday's intervals, is one field.
const LISTS_OF_ROWS: [&str; 2] = ["/routingAttributes", "/businessHours/exceptions"];
/// An entry of the audit holds so many bytes of changes, as JSON; the table takes 400 KB.
const MAX_BYTES: usize = 256 * 1024;

/// The fields that differ, by pointer; where a document has nothing, the value is null. More than an entry of the audit can
/// hold is told by the members of the document that differ.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let changes: Vec<_> = changed(&fields(before), &fields(after))
        .into_iter()
        .map(|(pointer, from, to)| FieldChange::Value { pointer, from: from.clone(), to: to.clone() })
        .collect();
    let bytes = serde_json::to_vec(&changes).map_or(usize::MAX, |json| json.len());
    if bytes <= MAX_BYTES {
        return changes;
    }
    let members = changed(&members(before), &members(after));
    members.into_iter().map(|(pointer, ..)| FieldChange::Omitted { pointer, omitted: true }).collect()
}

type Fields<'v> = BTreeMap<String, &'v Value>;

fn changed<'v>(before: &Fields<'v>, after: &Fields<'v>) -> Vec<(String, &'v Value, &'v Value)> {
    let pointers: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let both = pointers.into_iter().map(|pointer| {
        let value = |fields: &Fields<'v>| fields.get(pointer).copied().unwrap_or(&Value::Null);
        (pointer.clone(), value(before), value(after))
    });
    both.filter(|(_, before, after)| before != after).collect()
}

fn fields(document: &Value) -> Fields<'_> {
    let mut fields = Fields::new();
    collect(document, String::new(), &mut fields);
    fields
}

fn collect<'v>(value: &'v Value, pointer: String, fields: &mut Fields<'v>) {
    match value {
        Value::Object(_) => {
            for (member, value) in members(value) {
                collect(value, format!("{pointer}{member}"), fields);
            }
        }
        Value::Array(rows) if LISTS_OF_ROWS.contains(&pointer.as_str()) => {
            fields.extend(rows.iter().enumerate().map(|(index, row)| (format!("{pointer}/{index}"), row)));
        }
        _ => drop(fields.insert(pointer, value)),
    }
}

fn members(value: &Value) -> Fields<'_> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| (format!("/{}", pointer_token(name)), value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Value {
        json!(differences(before, after))
    }

    #[test]
    fn each_field_that_differs_is_told_with_what_it_was_and_what_it_is() {
        let before =
            json!({ "integrationType": null, "rescue": { "longestWaitMinutes": 20 }, "case": { "origin": "Chat" } });
        let after = json!({ "integrationType": "fullviewFlow", "rescue": { "longestWaitMinutes": 5 }, "case": { "origin": "Chat" } });
        assert_eq!(
            told(&before, &after),
            json!([
                { "pointer": "/integrationType", "from": null, "to": "fullviewFlow" },
                { "pointer": "/rescue/longestWaitMinutes", "from": 20, "to": 5 },
            ])
        );
        assert_eq!(told(&after, &after), json!([]));
    }

    #[test]
    fn what_comes_or_goes_as_a_whole_is_told_by_its_fields() {
        let (none, some) = (json!({ "messaging": null }), json!({ "messaging": { "developerName": "D", "url": "U" } }));
        let pointers = |before, after| {
            told(before, after).as_array().unwrap().iter().map(|change| change["pointer"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(pointers(&none, &some), ["/messaging/developerName", "/messaging/url"]);
        assert_eq!(pointers(&some, &none), ["/messaging/developerName", "/messaging/url"]);
    }

    #[test]
    fn a_row_of_a_list_is_a_field_and_so_is_a_weekday() {
        let before = json!({ "routingAttributes": [{ "attribute": "plan", "value": "Plan" }],
                             "businessHours": { "weekly": { "monday": [{ "open": "09:00", "close": "17:00" }] } } });
        let after = json!({ "routingAttributes": [{ "attribute": "plan", "value": "Plan" }, { "attribute": "id", "value": "Id" }],
                            "businessHours": { "weekly": { "monday": [] } } });
        assert_eq!(
            told(&before, &after),
            json!([
                { "pointer": "/businessHours/weekly/monday", "from": [{ "open": "09:00", "close": "17:00" }], "to": [] },
                { "pointer": "/routingAttributes/1", "from": null, "to": { "attribute": "id", "value": "Id" } },
            ])
        );
    }

    #[test]
    fn every_value_is_what_its_pointer_leads_to() {
        let before = json!({ "case": { "fields": { "a/b": { "value": "1" }, "c~d": { "value": "2" } } },
                             "businessHours": { "exceptions": [{ "date": "2026-12-24" }, { "date": "2026-12-31" }] } });
        let after = json!({ "case": { "fields": { "a/b": { "attribute": "1" }, "c~d": { "value": "3" } } },
                            "businessHours": { "exceptions": [{ "date": "2026-12-31" }] } });
        let changes = differences(&before, &after);
        assert_eq!(changes.len(), 5);
        for change in changes {
            let FieldChange::Value { pointer, from, to } = change else { panic!("{change:?}") };
            let at = |document: &Value| document.pointer(&pointer).cloned().unwrap_or_default();
            assert_eq!((from, to), (at(&before), at(&after)), "{pointer}");
        }
    }

    #[test]
    fn what_an_entry_cannot_hold_is_told_by_the_member_that_differs() {
        let rows =
            |text: &str| json!({ "routingAttributes": vec![json!({ "value": text.repeat(2_000) }); 100], "rescue": 1 });
        assert_eq!(told(&rows("a"), &rows("b")), json!([{ "pointer": "/routingAttributes", "omitted": true }]));
    }
}

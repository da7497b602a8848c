//! `@{ref.path}` in a composite request: what an earlier subrequest answered.

use std::collections::HashMap;

use serde_json::Value;

/// Whether a text can name a subrequest.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// The body with every reference in its texts replaced.
pub(super) fn resolve(body: &Value, answers: &HashMap<String, Value>) -> Result<Value, String> {
    match body {
        Value::String(text) => resolve_text(text, answers).map(Value::String),
        Value::Array(items) => items.iter().map(|item| resolve(item, answers)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| Ok((name.clone(), resolve(value, answers)?))).collect()
        }
        other => Ok(other.clone()),
    }
}

/// The text with every reference replaced.
pub(super) fn resolve_text(text: &str, answers: &HashMap<String, Value>) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let (reference, after) = after.split_once('}').ok_or_else(|| invalid(rest))?;
        resolved.push_str(before);
        resolved.push_str(&look_up(reference, answers).ok_or_else(|| invalid(reference))?);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn invalid(reference: &str) -> String {
    format!("Invalid reference specified. No value for {reference} found.")
}

fn look_up(reference: &str, answers: &HashMap<String, Value>) -> Option<String> {
    let (id, path) = reference.split_once('.')?;
    let mut value = answers.get(id)?;
    for step in path.split('.') {
        let (name, index) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, index)) => (name, Some(index.parse::<usize>().ok()?)),
            None => (step, None),
        };
        value = value.get(name)?;
        value = index.map_or(Some(value), |index| value.get(index))?;
    }
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers() -> HashMap<String, Value> {
        HashMap::from([
            ("case".into(), json!({ "id": "500A" })),
            ("found".into(), json!({ "records": [{ "Id": "003A" }], "totalSize": 1 })),
        ])
    }

    #[test]
    fn references_are_replaced_in_urls_and_bodies() -> Result<(), String> {
        assert_eq!(resolve_text("/Case/@{case.id}?fields=Id", &answers())?, "/Case/500A?fields=Id");
        let body = json!({ "ContactId": "@{found.records[0].Id}", "a": ["@{case.id}"], "n": 1 });
        assert_eq!(resolve(&body, &answers())?, json!({ "ContactId": "003A", "a": ["500A"], "n": 1 }));
        Ok(())
    }

    #[test]
    fn a_reference_to_nothing_is_an_error() {
        for text in ["@{other.id}", "@{case.Id}", "@{found.records[1].Id}", "@{case}", "@{case.id"] {
            assert!(resolve_text(text, &answers()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_has_letters_digits_and_underscores() {
        assert!(is_id("new_Case1"));
        assert!(!is_id("new-case"));
        assert!(!is_id(""));
    }
}

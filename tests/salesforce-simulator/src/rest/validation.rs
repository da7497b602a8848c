//! What the database checks before it stores a record.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use crate::{
    field::{Field, FieldType},
    id::normalise,
    org::{Org, Record},
    reply::RestError,
    schema::{SObject, referenced_prefixes},
};

/// Checks what an insert or an update writes; a null or empty value writes nothing.
pub(crate) fn check(org: &Org, object: SObject, values: &Record) -> Result<(), RestError> {
    check_columns(org, object, values)?;
    for field in &object.fields(&org.settings) {
        match values.get(&field.name).and_then(Value::as_str) {
            None | Some("") => {}
            Some(text) => check_text(org, field, text)?,
        }
    }
    Ok(())
}

/// Checks that what is written can be: the columns exist, their values have the right JSON type, the user may write them.
pub(crate) fn check_columns(org: &Org, object: SObject, values: &Record) -> Result<(), RestError> {
    let schema = object.fields(&org.settings);
    let mut read_only = Vec::new();
    for (name, value) in values {
        let field = schema.iter().find(|field| field.name == *name);
        let field = field.ok_or_else(|| RestError::no_such_column(name, object.name()))?;
        check_json_type(field, value)?;
        if !field.createable {
            read_only.push(name.as_str());
        }
    }
    if !read_only.is_empty() {
        return Err(not_writable(&read_only));
    }
    Ok(())
}

/// Checks that an insert has every required field.
pub(crate) fn check_required(org: &Org, object: SObject, values: &Record) -> Result<(), RestError> {
    let schema = object.fields(&org.settings);
    let is_blank =
        |field: &&Field| matches!(values.get(&field.name), None | Some(Value::Null)) || is_empty(values, field);
    let missing: Vec<&str> =
        schema.iter().filter(|field| field.required).filter(is_blank).map(|field| field.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(RestError::record("REQUIRED_FIELD_MISSING", message, &missing))
}

fn is_empty(values: &Record, field: &Field) -> bool {
    values.get(&field.name).and_then(Value::as_str) == Some("")
}

fn not_writable(fields: &[&str]) -> RestError {
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
         read/write for your profile or permission set.",
        fields.join(", ")
    );
    RestError::record("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields)
}

fn check_json_type(field: &Field, value: &Value) -> Result<(), RestError> {
    let (wanted, fits) = match field.field_type {
        _ if value.is_null() => return Ok(()),
        FieldType::Boolean => ("boolean", value.is_boolean()),
        FieldType::Double => ("double", value.is_number()),
        FieldType::Int => ("int", value.is_i64()),
        FieldType::Date => ("date", value.as_str().is_some_and(is_date)),
        FieldType::DateTime => ("datetime", value.as_str().is_some_and(is_datetime)),
        _ => ("string", value.is_string()),
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "Cannot deserialize instance of {wanted} from {} value {value} or request may be missing a required field",
        json_token(value)
    );
    Err(RestError::json_parser(message))
}

fn json_token(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

fn is_date(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok()
}

fn is_datetime(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok() || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").is_ok()
}

fn check_text(org: &Org, field: &Field, text: &str) -> Result<(), RestError> {
    let name = field.name.as_str();
    if field.field_type == FieldType::Reference {
        return check_reference(org, name, text);
    }
    if field.length > 0 && text.encode_utf16().count() > field.length {
        let message = format!("{name}: data value too large: {text} (max length={})", field.length);
        return Err(RestError::record("STRING_TOO_LONG", message, &[name]));
    }
    if field.field_type == FieldType::Email && !is_email_address(text) {
        let message = format!("{name}: invalid email address: {text}");
        return Err(RestError::record("INVALID_EMAIL_ADDRESS", message, &[name]));
    }
    match &field.restricted_values {
        Some(values) if !values.iter().any(|value| value == text) => {
            let message = format!("{name}: bad value for restricted picklist field: {text}");
            Err(RestError::record("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[name]))
        }
        _ => Ok(()),
    }
}

fn check_reference(org: &Org, field: &str, text: &str) -> Result<(), RestError> {
    let malformed = |message: String| Err(RestError::record("MALFORMED_ID", message, &[field]));
    let Some(id) = normalise(text) else {
        return malformed(format!("{field}: id value of incorrect type: {text}"));
    };
    let prefixes = if field == "FirstPublishLocationId" { &["500"] } else { referenced_prefixes(field) };
    if !prefixes.contains(&&id[..3]) {
        return malformed(format!("{field}: id value of incorrect type: {text}"));
    }
    if org.settings.name_of(&id).is_some() || org.case(&id).is_some() {
        return Ok(());
    }
    Err(RestError::record("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[field]))
}

fn is_email_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_local = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character);
    let is_label = |label: &str| {
        let is_inner = |character: char| character.is_ascii_alphanumeric() || character == '-';
        !label.is_empty() && label.chars().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    local.chars().all(is_local)
        && local.split('.').all(|part| !part.is_empty())
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_has_a_local_part_and_a_domain_with_a_dot() {
        for address in ["ada@example.com", "a.b+c@mail.example.co.uk", "o'hara@example.com"] {
            assert!(is_email_address(address), "{address}");
        }
        for address in ["ada", "ada@", "@example.com", "ada@example", "a b@example.com", "a..b@example.com", "a@-x.com"]
        {
            assert!(!is_email_address(address), "{address}");
        }
    }
}

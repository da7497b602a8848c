//! `GET query?q=…`.

use std::cmp::Ordering;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Transaction, record};
use crate::{
    field::{Field, FieldType},
    id::normalise,
    org::Record,
    reply::{Reply, RestError},
    schema::{Api, EXTERNAL_ID_FIELD, SObject},
    soql::{Condition, Literal, Operator, Query, Text},
};

/// Answers a query with every record at once.
pub(crate) fn run(transaction: &Transaction<'_>, api: Api, text: &str) -> Result<Reply, RestError> {
    let query = Query::parse(text)?;
    let object = SObject::named(api, &query.object)
        .filter(|object| object.is_visible(&transaction.org.settings))
        .ok_or_else(|| unsupported(&query.object))?;
    let schema = object.fields(&transaction.org.settings);
    let selected: Vec<&str> =
        query.fields.iter().map(|name| Ok(column(&schema, object, name)?.name.as_str())).collect::<Result<_, _>>()?;
    check_link_filter(object, &query)?;
    let conditions: Vec<(&Field, &Condition)> = query
        .conditions
        .iter()
        .map(|condition| Ok((filter_column(&schema, object, condition)?, condition)))
        .collect::<Result<_, _>>()?;

    let mut rows = record::rows(transaction.org, object);
    rows.retain(|row| conditions.iter().all(|(field, condition)| holds(field, condition, row)));
    if let Some(order) = &query.order_by {
        let name = &column(&schema, object, &order.field)?.name;
        rows.sort_by(|one, other| compare(one.get(name), other.get(name)));
        if order.descending {
            rows.reverse();
        }
    }
    rows.truncate(query.limit.unwrap_or(usize::MAX));
    let records: Vec<Record> =
        rows.iter().map(|row| record::show(transaction.version, object, row, &selected)).collect();
    Ok(Reply::json(StatusCode::OK, json!({ "totalSize": records.len(), "done": true, "records": records })))
}

fn unsupported(object: &str) -> RestError {
    RestError::bad_request("INVALID_TYPE", format!("sObject type '{object}' is not supported."))
}

fn column<'a>(schema: &'a [Field], object: SObject, name: &str) -> Result<&'a Field, RestError> {
    schema.iter().find(|field| field.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let message = format!(
            "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append \
             the '__c' after the custom field name.",
            object.name()
        );
        RestError::bad_request("INVALID_FIELD", message)
    })
}

/// The column of a condition, if it can be filtered by such a literal.
fn filter_column<'a>(schema: &'a [Field], object: SObject, condition: &Condition) -> Result<&'a Field, RestError> {
    let field = column(schema, object, &condition.field)?;
    let invalid = |message: String| Err(RestError::bad_request("INVALID_FIELD", message));
    match (field.field_type, &condition.value) {
        (FieldType::TextArea | FieldType::Base64, _) => {
            invalid(format!("field '{}' can not be filtered in a query call", field.name))
        }
        (_, Literal::Null)
        | (FieldType::DateTime, Literal::DateTime(_))
        | (FieldType::Boolean, Literal::Boolean(_)) => Ok(field),
        (FieldType::DateTime | FieldType::Boolean, _) => {
            invalid(format!("value of filter criterion for field '{}' must not be enclosed in quotes", field.name))
        }
        (FieldType::Id | FieldType::Reference, Literal::Text(text)) => {
            match text.plain().as_deref().and_then(normalise) {
                Some(_) if condition.operator == Operator::Equals => Ok(field),
                _ => Err(RestError::bad_request("INVALID_QUERY_FILTER_OPERATOR", "invalid ID field")),
            }
        }
        (_, Literal::Text(_) | Literal::Texts(_)) => Ok(field),
        _ => invalid(format!("value of filter criterion for field '{}' must be enclosed in quotes", field.name)),
    }
}

fn check_link_filter(object: SObject, query: &Query) -> Result<(), RestError> {
    let is_key = |condition: &Condition| {
        ["ContentDocumentId", "LinkedEntityId"].iter().any(|key| condition.field.eq_ignore_ascii_case(key))
    };
    if object != SObject::ContentDocumentLink || query.conditions.iter().any(is_key) {
        return Ok(());
    }
    let message = "Implementation restriction: ContentDocumentLink requires a filter by a single Id on \
                   ContentDocumentId or LinkedEntityId using the equals operator.";
    Err(RestError::bad_request("MALFORMED_QUERY", message))
}

fn holds(field: &Field, condition: &Condition, row: &Record) -> bool {
    let value = row.get(&field.name).filter(|value| !value.is_null());
    match (&condition.value, value) {
        (Literal::Null, value) => value.is_none(),
        (Literal::Boolean(wanted), Some(value)) => value.as_bool() == Some(*wanted),
        (Literal::DateTime(wanted), Some(value)) => moment(value).is_some_and(|at| match condition.operator {
            Operator::AtLeast => at >= *wanted,
            Operator::Equals | Operator::In | Operator::Like => at == *wanted,
        }),
        (Literal::Text(text), Some(Value::String(value))) if condition.operator == Operator::Like => {
            text.is_like(value)
        }
        (Literal::Text(text), Some(Value::String(value))) => equals(field, text, value),
        (Literal::Texts(texts), Some(Value::String(value))) => texts.iter().any(|text| equals(field, text, value)),
        _ => false,
    }
}

fn equals(field: &Field, text: &Text, value: &str) -> bool {
    let wanted = text.plain().unwrap_or_default();
    match field.field_type {
        FieldType::Id | FieldType::Reference => normalise(&wanted).as_deref() == Some(value),
        _ if field.name == EXTERNAL_ID_FIELD => wanted == value,
        _ => wanted.to_lowercase() == value.to_lowercase(),
    }
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(value.as_str()?, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|at| at.to_utc())
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let key = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.to_lowercase(),
        Some(value) => value.to_string(),
    };
    key(one).cmp(&key(other))
}

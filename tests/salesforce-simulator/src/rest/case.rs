//! Case: insert, update, and the two calls by external id.

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::{Transaction, record, validation};
use crate::{
    id::normalise,
    org::{Org, Record, datetime},
    reply::{Reply, RestError},
    schema::{EXTERNAL_ID_FIELD, SObject},
    settings::ExternalIdField,
};

/// `POST sobjects/Case`.
pub(crate) fn insert(transaction: &mut Transaction<'_>, values: &Record) -> Result<Reply, RestError> {
    let id = store(transaction, values)?;
    let url = record::url(transaction.version, SObject::Case, &id);
    let body = json!({ "id": id, "success": true, "errors": [] });
    Ok(Reply::json(StatusCode::CREATED, body).with(header::LOCATION, &url))
}

/// `PATCH sobjects/Case/{id}`.
pub(crate) fn update(transaction: &mut Transaction<'_>, id: &str, values: &Record) -> Result<Reply, RestError> {
    validation::check(transaction.org, SObject::Case, values)?;
    check_rules(transaction.org, values, Some(id))?;
    let now = datetime(transaction.now);
    let case = transaction.org.case_mut(id).ok_or_else(RestError::not_found)?;
    write(case, values);
    case.insert("LastModifiedDate".into(), now.into());
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET sobjects/Case/{field}/{value}`.
pub(crate) fn read_by_external_id(
    transaction: &mut Transaction<'_>,
    (field, value): (&str, &str),
    fields: Option<&str>,
) -> Result<Reply, RestError> {
    check_external_id_field(transaction.org, field)?;
    if let Some(left) = transaction.org.hidden_reads.get_mut(value).filter(|left| **left > 0) {
        *left -= 1;
        return Err(RestError::not_found());
    }
    let id = id_of(transaction.org, value).ok_or_else(RestError::not_found)?;
    record::read(transaction, SObject::Case, &id, fields)
}

/// `PATCH sobjects/Case/{field}/{value}`: an upsert.
pub(crate) fn upsert(
    transaction: &mut Transaction<'_>,
    (field, value): (&str, &str),
    update_only: bool,
    values: &Record,
) -> Result<Reply, RestError> {
    check_external_id_field(transaction.org, field)?;
    if values.contains_key(field) {
        let message = format!("The {field} field should not be specified in the sobject data.");
        return Err(RestError::bad_request("INVALID_FIELD", message));
    }
    let (id, created) = match id_of(transaction.org, value) {
        Some(id) => {
            update(transaction, &id, values)?;
            (id, false)
        }
        None if update_only => return Err(RestError::not_found()),
        None => {
            let mut values = values.clone();
            values.insert(field.into(), value.into());
            (store(transaction, &values)?, true)
        }
    };
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::json(status, json!({ "id": id, "success": true, "errors": [], "created": created })))
}

fn check_external_id_field(org: &Org, field: &str) -> Result<(), RestError> {
    if field == EXTERNAL_ID_FIELD && org.settings.external_id_field != ExternalIdField::Missing {
        return Ok(());
    }
    let message = format!("Provided external ID field does not exist or is not accessible: {field}");
    Err(RestError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message))
}

fn store(transaction: &mut Transaction<'_>, values: &Record) -> Result<String, RestError> {
    if !transaction.org.settings.creates_cases {
        let message = "insufficient access rights on object id";
        return Err(RestError::record("INSUFFICIENT_ACCESS_OR_READONLY", message, &[]));
    }
    validation::check(transaction.org, SObject::Case, values)?;
    validation::check_required(transaction.org, SObject::Case, values)?;
    check_rules(transaction.org, values, None)?;
    let org = &mut *transaction.org;
    let mut case = defaults(org);
    write(&mut case, values);
    if transaction.auto_assign {
        case.extend(org.settings.assignment_rule_owner.clone().map(|owner| ("OwnerId".into(), owner.into())));
    }
    let id = org.next_id(SObject::Case.key_prefix());
    let now = datetime(transaction.now);
    case.insert("Id".into(), id.clone().into());
    case.insert("CaseNumber".into(), org.next_case_number().into());
    case.insert("CreatedDate".into(), now.clone().into());
    case.insert("LastModifiedDate".into(), now.into());
    org.records.cases.push(case.into());
    Ok(id)
}

fn defaults(org: &Org) -> Record {
    [
        ("IsClosed", json!(false)),
        ("IsEscalated", json!(false)),
        ("OwnerId", org.settings.run_as_user().into()),
        ("Priority", "Medium".into()),
        ("Status", "New".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

/// Copies values into a Case as the database does: ids at full length, an empty text as null.
fn write(case: &mut Record, values: &Record) {
    for (name, value) in values {
        let full_id = value.as_str().filter(|_| name.ends_with("Id")).and_then(normalise);
        let value = match value.as_str() {
            Some("") => Value::Null,
            _ => full_id.map_or_else(|| value.clone(), Value::from),
        };
        case.insert(name.clone(), value);
    }
}

fn check_rules(org: &mut Org, values: &Record, own_id: Option<&str>) -> Result<(), RestError> {
    if let Some(message) = &org.settings.validation_rule {
        return Err(RestError::record("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, &[]));
    }
    let Some(value) = values.get(EXTERNAL_ID_FIELD).and_then(Value::as_str) else {
        return Ok(());
    };
    match id_of(org, value) {
        Some(other) if own_id != Some(&other) => {
            org.hidden_reads.insert(value.into(), org.settings.hidden_reads_after_duplicate);
            Err(duplicate(&other))
        }
        _ => Ok(()),
    }
}

fn duplicate(other: &str) -> RestError {
    let message =
        format!("duplicate value found: {EXTERNAL_ID_FIELD} duplicates value on record with id: {}", &other[..15]);
    RestError::record("DUPLICATE_VALUE", message, &[])
}

fn id_of(org: &Org, external_id: &str) -> Option<String> {
    let case = org
        .records
        .cases
        .iter()
        .find(|case| case.get(EXTERNAL_ID_FIELD).and_then(Value::as_str) == Some(external_id))?;
    case.get("Id").and_then(Value::as_str).map(Into::into)
}

//! Records of any object as the REST API shows them.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Transaction;
use crate::{
    field::Field,
    messaging,
    org::{Org, Record},
    reply::{Reply, RestError},
    schema::{EXTERNAL_ID_FIELD, SObject},
    settings::{Contact, OrgSettings},
    setup,
};

const MASTER_RECORD_TYPE: &str = "012000000000000AAA";

/// The path of a record.
pub(crate) fn url(version: &str, object: SObject, id: &str) -> String {
    format!("/services/data/{version}/sobjects/{}/{id}", object.name())
}

/// `GET sobjects/{object}/{id}?fields=…`; every field if `fields` is absent.
pub(crate) fn read(
    transaction: &Transaction<'_>,
    object: SObject,
    id: &str,
    fields: Option<&str>,
) -> Result<Reply, RestError> {
    if !object.is_visible(&transaction.org.settings) {
        return Err(RestError::not_found());
    }
    let schema = object.fields(&transaction.org.settings);
    let names: Vec<&str> = match fields {
        Some(fields) => fields.split(',').map(str::trim).collect(),
        None => schema.iter().map(|field| field.name.as_str()).filter(|name| !name.contains('.')).collect(),
    };
    if let Some(unknown) = names.iter().find(|name| !schema.iter().any(|field| field.name == **name)) {
        return Err(RestError::no_such_column(unknown, object.name()));
    }
    let rows = rows(transaction.org, object);
    let row = rows.iter().find(|row| row["Id"] == *id).ok_or_else(RestError::not_found)?;
    Ok(Reply::json(StatusCode::OK, Value::Object(show(transaction.version, object, row, &names))))
}

/// A record with its `attributes` and the fields asked for; a field without a value is null.
pub(crate) fn show(version: &str, object: SObject, row: &Record, fields: &[&str]) -> Record {
    let id = row.get("Id").and_then(Value::as_str).unwrap_or_default();
    let mut record = Record::new();
    record.insert("attributes".into(), json!({ "type": object.name(), "url": url(version, object, id) }));
    for field in fields {
        let value = row.get(*field).cloned().unwrap_or(Value::Null);
        match field.split_once('.') {
            Some((relationship, name)) => record.insert(relationship.into(), json!({ name: value })),
            None => record.insert((*field).into(), value),
        };
    }
    record
}

/// Every record of an object, oldest first.
pub(crate) fn rows(org: &Org, object: SObject) -> Vec<Arc<Record>> {
    match object {
        SObject::Case => org.records.cases.clone(),
        SObject::Contact => contacts(org),
        SObject::ContentDocumentLink => org.records.content_document_links.clone(),
        SObject::ContentVersion => org.records.content_versions.clone(),
        SObject::FullviewCallback => messaging::record::failed_callbacks(org),
        SObject::Conversation => messaging::record::conversations(org),
        SObject::EmbeddedServiceConfig => org.records.setup.deployments.clone(),
        SObject::Flow => org.records.setup.flows.clone(),
        SObject::FlowDefinition => org.records.setup.flow_definitions.clone(),
        SObject::MessagingChannel => org.records.setup.channels.clone(),
        SObject::MessagingSession => messaging::record::sessions(org),
        SObject::PermissionSet => org.records.setup.permission_sets.clone(),
        SObject::PermissionSetAssignment => org.records.setup.assignments.clone(),
        SObject::User => setup::users(org),
    }
}

/// `GET sobjects/{object}/describe`, with the members that clients use.
pub(crate) fn describe(org: &Org, object: SObject) -> Result<Reply, RestError> {
    if !object.is_visible(&org.settings) {
        return Err(RestError::not_found());
    }
    let fields = object.fields(&org.settings);
    let fields: Vec<Value> = fields.iter().filter(|field| !field.name.contains('.')).map(describe_field).collect();
    let body = json!({
        "name": object.name(),
        "label": object.name(),
        "keyPrefix": object.key_prefix(),
        "createable": match object {
            SObject::Case => org.settings.creates_cases,
            object => object == SObject::ContentVersion,
        },
        "queryable": true,
        "fields": fields,
        "recordTypeInfos": record_type_infos(&org.settings, object),
    });
    Ok(Reply::json(StatusCode::OK, body))
}

/// The record types of an object, all of them the run-as user's; each object has the master.
fn record_type_infos(settings: &OrgSettings, object: SObject) -> Vec<Value> {
    let own = settings.record_types.iter().filter(|_| object == SObject::Case);
    let own = own.map(|own| (own.id.as_str(), own.name.as_str(), false));
    let all = own.chain(std::iter::once((MASTER_RECORD_TYPE, "Master", true)));
    let info = all.map(|(id, name, is_master)| {
        json!({ "recordTypeId": id, "name": name, "active": true, "available": true, "master": is_master })
    });
    info.collect()
}

fn describe_field(field: &Field) -> Value {
    let values = field.restricted_values.iter().flatten().map(|value| json!({ "value": value, "active": true }));
    json!({
        "name": field.name,
        "label": field.name,
        "type": field.field_type,
        "length": field.length,
        "createable": field.createable,
        "updateable": field.createable,
        "nillable": !field.required,
        "defaultedOnCreate": false,
        "externalId": field.name == EXTERNAL_ID_FIELD,
        "unique": field.name == EXTERNAL_ID_FIELD,
        "custom": field.name.ends_with("__c"),
        "restrictedPicklist": field.restricted_values.is_some(),
        "picklistValues": values.collect::<Vec<_>>(),
    })
}

fn contacts(org: &Org) -> Vec<Arc<Record>> {
    let row = |contact: &Contact| {
        let fields = [("Id", &contact.id), ("Name", &contact.name), ("Email", &contact.email)];
        Arc::new(fields.map(|(name, value)| (name.to_owned(), Value::from(value.as_str()))).into_iter().collect())
    };
    org.settings.contacts.iter().map(row).collect()
}

//! What an admin does by records and not by metadata: activates a channel, publishes a deployment, assigns a permission set,
//! deactivates and deletes a flow.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::{Transaction, record, validation};
use crate::{
    org::Record,
    reply::{Reply, RestError},
    schema::SObject,
    setup,
};

/// The first version that has the resource; older ones answer 404 (seen once, by others).
const PUBLISHES_SINCE: &str = "v67.0";

/// `PATCH sobjects/MessagingChannel/{id}`.
pub(crate) fn update_channel(transaction: &mut Transaction<'_>, id: &str, values: &Record) -> Result<Reply, RestError> {
    validation::check(transaction.org, SObject::MessagingChannel, values)?;
    let channels = &mut transaction.org.records.setup.channels;
    let channel = setup::find_mut(channels, "Id", id).ok_or_else(RestError::not_found)?;
    channel.extend(values.clone());
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST sobjects/PermissionSetAssignment`.
pub(crate) fn assign(transaction: &mut Transaction<'_>, values: &Record) -> Result<Reply, RestError> {
    let object = SObject::PermissionSetAssignment;
    validation::check_columns(transaction.org, object, values)?;
    let name_of = |object: SObject, field: &str, name: &str| {
        let rows = record::rows(transaction.org, object);
        let row = rows.into_iter().find(|row| Some(&row["Id"]) == values.get(field))?;
        row.get(name).cloned()
    };
    let unknown = |field| RestError::record("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[field]);
    let username = name_of(SObject::User, "AssigneeId", "Username").ok_or_else(|| unknown("AssigneeId"))?;
    let name = name_of(SObject::PermissionSet, "PermissionSetId", "Name").ok_or_else(|| unknown("PermissionSetId"))?;
    let is_same = |row: &Record| row["PermissionSet.Name"] == name && row["Assignee.Username"] == username;
    if transaction.org.records.setup.assignments.iter().any(|row| is_same(row)) {
        let message = "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
        return Err(RestError::record("DUPLICATE_VALUE", message, &[]));
    }
    let id = transaction.org.next_id(object.key_prefix());
    let mut row = values.clone();
    row.extend([("Id", json!(id)), ("PermissionSet.Name", name), ("Assignee.Username", username)].map(owned));
    transaction.org.records.setup.assignments.push(row.into());
    let url = record::url(transaction.version, object, &id);
    let body = json!({ "id": id, "success": true, "errors": [] });
    Ok(Reply::json(StatusCode::CREATED, body).with(header::LOCATION, &url))
}

fn owned((name, value): (&str, Value)) -> (String, Value) {
    (name.into(), value)
}

/// `DELETE sobjects/PermissionSetAssignment/{id}`.
pub(crate) fn unassign(transaction: &mut Transaction<'_>, id: &str) -> Result<Reply, RestError> {
    let assignments = &mut transaction.org.records.setup.assignments;
    let position = assignments.iter().position(|row| row["Id"] == *id).ok_or_else(RestError::not_found)?;
    assignments.remove(position);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST connect/embeddedservice/embeddedserviceconfig/publish/{id}`: guests may come, if it is the org's deployment.
pub(crate) fn publish(transaction: &mut Transaction<'_>, id: &str) -> Result<Reply, RestError> {
    let org = &mut *transaction.org;
    let deployment = org.records.setup.deployments.iter().find(|row| row["Id"] == *id);
    let deployment = deployment.filter(|_| transaction.version >= PUBLISHES_SINCE).ok_or_else(RestError::not_found)?;
    let name = &deployment["DeveloperName"];
    if let Some(messaging) = org.settings.messaging.as_mut().filter(|messaging| *name == messaging.developer_name) {
        messaging.published = true;
    }
    Ok(Reply::json(StatusCode::CREATED, json!({ "isSuccess": true })))
}

/// `PATCH tooling/sobjects/FlowDefinition/{id}`: activates a version; 0 is none.
pub(crate) fn activate_flow(transaction: &mut Transaction<'_>, id: &str, values: &Record) -> Result<Reply, RestError> {
    let invalid = || RestError::bad_request("INVALID_INPUT", "activeVersionNumber is not a version of this flow");
    let number = values.get("Metadata").and_then(|metadata| metadata["activeVersionNumber"].as_u64());
    let number = number.ok_or_else(invalid)?;
    let setup = &mut transaction.org.records.setup;
    let definition = setup::find_mut(&mut setup.flow_definitions, "Id", id).ok_or_else(RestError::not_found)?;
    let version = setup.flows.iter().find(|flow| flow["DefinitionId"] == *id && flow["VersionNumber"] == number);
    if number > 0 && version.is_none() {
        return Err(invalid());
    }
    let active = version.map_or(Value::Null, |version| version["Id"].clone());
    for flow in setup.flows.iter_mut().filter(|flow| flow["DefinitionId"] == *id) {
        let status = if flow["Id"] == active { "Active" } else { "Obsolete" };
        Arc::make_mut(flow).insert("Status".into(), status.into());
    }
    definition.insert("ActiveVersionId".into(), active);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE tooling/sobjects/Flow/{id}`: a version that is not active; with the last one goes the definition.
pub(crate) fn delete_flow(transaction: &mut Transaction<'_>, id: &str) -> Result<Reply, RestError> {
    let setup = &mut transaction.org.records.setup;
    let position = setup.flows.iter().position(|flow| flow["Id"] == *id).ok_or_else(RestError::not_found)?;
    if setup.flows[position]["Status"] == "Active" {
        return Err(RestError::record("DELETE_FAILED", "An active version of a flow can't be deleted", &[]));
    }
    let definition = setup.flows.remove(position)["DefinitionId"].clone();
    if !setup.flows.iter().any(|flow| flow["DefinitionId"] == definition) {
        setup.flow_definitions.retain(|row| row["Id"] != definition);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

//! What metadata has brought into an org and an admin then sets up by records: the messaging channel, its deployment, the
//! flow, and who has which permission set.
//!
//! The Metadata API itself is not simulated: the control API says what it deploys and deletes. That a channel arrives
//! inactive, a flow active and a deployment unpublished is known; so is that what is in use can't be deleted, but not with
//! which words Salesforce says so.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    field::{Field, FieldType},
    org::{Org, Record},
    schema::SObject,
};

/// A component of the Metadata API, of those that have records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Component {
    /// Its metadata type.
    #[serde(rename = "type")]
    pub component_type: ComponentType,
    /// Its API name.
    pub full_name: String,
}

/// A metadata type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own type names")]
pub enum ComponentType {
    EmbeddedServiceConfig,
    Flow,
    MessagingChannel,
    PermissionSet,
}

/// The records of an org's set-up, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) channels: Vec<Arc<Record>>,
    pub(crate) deployments: Vec<Arc<Record>>,
    pub(crate) flow_definitions: Vec<Arc<Record>>,
    pub(crate) flows: Vec<Arc<Record>>,
    pub(crate) permission_sets: Vec<Arc<Record>>,
    pub(crate) assignments: Vec<Arc<Record>>,
}

/// The fields of the objects of this module.
pub(crate) fn fields(object: SObject) -> Vec<Field> {
    use FieldType::{Boolean, Id, Int, Picklist, Reference, String};
    let own: &[(&str, FieldType)] = match object {
        SObject::EmbeddedServiceConfig => &[("DeveloperName", String)],
        SObject::Flow => &[
            ("Definition.DeveloperName", String),
            ("DefinitionId", Reference),
            ("Status", Picklist),
            ("VersionNumber", Int),
        ],
        SObject::FlowDefinition => &[("ActiveVersionId", Reference), ("DeveloperName", String)],
        SObject::MessagingChannel => &[("DeveloperName", String), ("IsActive", Boolean)],
        SObject::PermissionSet => &[("Name", String)],
        SObject::PermissionSetAssignment => &[
            ("Assignee.Username", String),
            ("AssigneeId", Reference),
            ("PermissionSet.Name", String),
            ("PermissionSetId", Reference),
        ],
        SObject::User => &[("Name", String), ("Username", String)],
        _ => &[],
    };
    let is_written = |name: &str| ["AssigneeId", "IsActive", "PermissionSetId"].contains(&name);
    let field = |&(name, field_type)| Field { createable: is_written(name), ..Field::new(name, field_type, 255) };
    std::iter::once(&("Id", Id)).chain(own).map(field).collect()
}

/// The users of an org, whose names are their usernames too.
pub(crate) fn users(org: &Org) -> Vec<Arc<Record>> {
    let row = |(id, name): (&str, &str)| record([("Id", json!(id)), ("Name", json!(name)), ("Username", json!(name))]);
    org.settings.users.iter().map(|user| row((&user.id, &user.name))).collect()
}

/// Deploys components: new ones, or new versions of those that are there.
pub(crate) fn deploy(org: &mut Org, components: &[Component]) {
    for Component { component_type, full_name } in components {
        match component_type {
            ComponentType::EmbeddedServiceConfig => {
                let id = org.next_id(SObject::EmbeddedServiceConfig.key_prefix());
                add(&mut org.records.setup.deployments, "DeveloperName", full_name, [("Id", json!(id))]);
            }
            ComponentType::Flow => deploy_flow(org, full_name),
            ComponentType::MessagingChannel => {
                let id = org.next_id(SObject::MessagingChannel.key_prefix());
                let values = [("Id", json!(id)), ("IsActive", json!(false))];
                add(&mut org.records.setup.channels, "DeveloperName", full_name, values);
            }
            ComponentType::PermissionSet => {
                let id = org.next_id(SObject::PermissionSet.key_prefix());
                add(&mut org.records.setup.permission_sets, "Name", full_name, [("Id", json!(id))]);
            }
        }
    }
}

/// The newest version is the active one.
fn deploy_flow(org: &mut Org, name: &str) {
    let id = json!(org.next_id(SObject::FlowDefinition.key_prefix()));
    let version = json!(org.next_id(SObject::Flow.key_prefix()));
    let setup = &mut org.records.setup;
    add(&mut setup.flow_definitions, "DeveloperName", name, [("Id", id)]);
    let Some(definition) = find_mut(&mut setup.flow_definitions, "DeveloperName", name) else { return };
    definition.insert("ActiveVersionId".into(), version.clone());
    let definition_id = definition["Id"].clone();
    let number = 1 + setup.flows.iter().filter(|flow| flow["DefinitionId"] == definition_id).count();
    for flow in setup.flows.iter_mut().filter(|flow| flow["DefinitionId"] == definition_id) {
        Arc::make_mut(flow).insert("Status".into(), "Obsolete".into());
    }
    setup.flows.push(record([
        ("Id", version),
        ("Definition.DeveloperName", json!(name)),
        ("DefinitionId", definition_id),
        ("Status", json!("Active")),
        ("VersionNumber", json!(number)),
    ]));
}

/// Deletes components; those that are not there are passed over. The reason if one of them is in use; nothing is deleted then.
pub(crate) fn delete(org: &mut Org, components: &[Component]) -> Result<(), String> {
    let setup = &mut org.records.setup;
    if let Some(used) = components.iter().find(|component| is_used(setup, component)) {
        return Err(format!("{:?} {} is in use", used.component_type, used.full_name));
    }
    for Component { component_type, full_name } in components {
        match component_type {
            ComponentType::EmbeddedServiceConfig => setup.deployments.retain(|row| row["DeveloperName"] != **full_name),
            ComponentType::Flow => {}
            ComponentType::MessagingChannel => setup.channels.retain(|row| row["DeveloperName"] != **full_name),
            ComponentType::PermissionSet => setup.permission_sets.retain(|row| row["Name"] != **full_name),
        }
    }
    Ok(())
}

/// An active channel, a flow with versions (metadata can't delete those), a permission set that someone has.
fn is_used(setup: &Setup, Component { component_type, full_name }: &Component) -> bool {
    let has = |rows: &[Arc<Record>], field: &str, value: Value| {
        rows.iter().any(|row| row["DeveloperName"] == **full_name && row.get(field) == Some(&value))
    };
    match component_type {
        ComponentType::EmbeddedServiceConfig => false,
        ComponentType::Flow => has(&setup.flow_definitions, "DeveloperName", json!(full_name)),
        ComponentType::MessagingChannel => has(&setup.channels, "IsActive", json!(true)),
        ComponentType::PermissionSet => setup.assignments.iter().any(|row| row["PermissionSet.Name"] == **full_name),
    }
}

fn add<const N: usize>(rows: &mut Vec<Arc<Record>>, key: &str, name: &str, values: [(&str, Value); N]) {
    if find_mut(rows, key, name).is_none() {
        let mut row = record(values);
        Arc::make_mut(&mut row).insert(key.into(), name.into());
        rows.push(row);
    }
}

/// The row in which a field has this value.
pub(crate) fn find_mut<'a>(rows: &'a mut [Arc<Record>], field: &str, value: &str) -> Option<&'a mut Record> {
    rows.iter_mut().find(|row| row[field] == *value).map(Arc::make_mut)
}

pub(crate) fn record<const N: usize>(fields: [(&str, Value); N]) -> Arc<Record> {
    Arc::new(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

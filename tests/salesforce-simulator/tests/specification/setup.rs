//! What an admin sets up in an org after metadata has been deployed.

use reqwest::Method;
use salesforce_simulator::{Component, ComponentType, MessagingOrg};
use serde_json::{Value, json};

use crate::client::{Answer, CLIENT_ID, Org, Result};

const CHANNEL: (ComponentType, &str) = (ComponentType::MessagingChannel, "Fullview_Messaging_Channel");
const DEPLOYMENT: (ComponentType, &str) = (ComponentType::EmbeddedServiceConfig, "Fullview_Messaging_Deployment");
const FLOW: (ComponentType, &str) = (ComponentType::Flow, "Fullview_Omni_Channel_Flow");
const PERMISSION_SET: (ComponentType, &str) = (ComponentType::PermissionSet, "Fullview_Admin");
const USER: &str = "Integration User";

fn component((component_type, name): (ComponentType, &str)) -> Component {
    Component { component_type, full_name: name.into() }
}

/// An org into which these components were deployed.
async fn org_with(components: &[(ComponentType, &str)]) -> Result<Org> {
    let org = Org::start().await?;
    let components: Vec<Component> = components.iter().copied().map(component).collect();
    org.handle().deploy(CLIENT_ID, &components);
    Ok(org)
}

async fn tooling(org: &Org, soql: &str) -> Result<Vec<Value>> {
    let answer = Answer::of(org.request(Method::GET, "tooling/query").query(&[("q", soql)]).send().await?).await?;
    Ok(answer.body["records"].as_array().cloned().unwrap_or_default())
}

async fn delete(org: &Org, path: &str) -> Result<Answer> {
    Answer::of(org.request(Method::DELETE, path).send().await?).await
}

async fn only_id(org: &Org, soql: &str) -> Result<String> {
    let answer = org.query(soql).await?;
    assert_eq!(answer.body["totalSize"], 1, "{soql}");
    Ok(answer.body["records"][0]["Id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_channel_arrives_inactive_and_can_not_be_deleted_while_it_is_active() -> Result {
    let org = org_with(&[CHANNEL]).await?;
    let channel = only_id(&org, "SELECT Id FROM MessagingChannel WHERE IsActive = false").await?;
    let path = format!("sobjects/MessagingChannel/{channel}");
    assert_eq!(org.patch(&path, json!({ "IsActive": true })).await?.status, 204);
    org.handle().deploy(CLIENT_ID, &[component(CHANNEL)]);
    only_id(&org, "SELECT Id FROM MessagingChannel WHERE IsActive = true").await?;
    assert!(org.handle().delete(CLIENT_ID, &[component(CHANNEL)]).is_err());
    org.patch(&path, json!({ "IsActive": false })).await?;
    assert_eq!(org.handle().delete(CLIENT_ID, &[component(CHANNEL)]), Ok(()));
    assert_eq!(org.query("SELECT Id FROM MessagingChannel").await?.body["totalSize"], 0);
    Ok(())
}

#[tokio::test]
async fn a_channel_takes_only_what_is_writable_and_of_its_type() -> Result {
    let org = org_with(&[CHANNEL]).await?;
    let channel = only_id(&org, "SELECT Id FROM MessagingChannel").await?;
    let path = format!("sobjects/MessagingChannel/{channel}");
    assert_eq!(org.patch(&path, json!({ "IsActive": "yes" })).await?.refusal().1, "JSON_PARSER_ERROR");
    assert_eq!(org.patch(&path, json!({ "IsOn": true })).await?.refusal().1, "INVALID_FIELD");
    assert_eq!(org.patch(&path, json!({ "DeveloperName": "x" })).await?.status, 400);
    assert_eq!(org.patch("sobjects/MessagingChannel/0Mj000000000001", json!({ "IsActive": true })).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn an_org_without_messaging_knows_no_channel() -> Result {
    let org = Org::with(|settings| settings.messaging = None).await?;
    assert_eq!(org.query("SELECT Id FROM MessagingChannel").await?.refusal().1, "INVALID_TYPE");
    Ok(())
}

#[tokio::test]
async fn a_deployment_is_published_by_version_67_and_no_older_one() -> Result {
    let org = Org::with(|settings| settings.messaging = Some(MessagingOrg { published: false, ..MessagingOrg::new() }))
        .await?;
    org.handle().deploy(CLIENT_ID, &[component(DEPLOYMENT)]);
    let found = tooling(&org, "SELECT Id FROM EmbeddedServiceConfig").await?;
    let id = found[0]["Id"].as_str().unwrap_or_default();
    let resource = format!("connect/embeddedservice/embeddedserviceconfig/publish/{id}");
    let publish = async |version: &str| org.post(&format!("../{version}/{resource}"), json!({})).await;
    assert_eq!(publish("v66.0").await?.status, 404);
    let published = publish("v67.0").await?;
    assert_eq!((published.status, &published.body), (201, &json!({ "isSuccess": true })));
    let settings = org.handle().org(CLIENT_ID).and_then(|settings| settings.messaging);
    assert!(settings.is_some_and(|messaging| messaging.published));
    Ok(())
}

#[tokio::test]
async fn an_object_of_the_tooling_api_is_none_of_the_data_api() -> Result {
    let org = org_with(&[FLOW, CHANNEL]).await?;
    assert_eq!(org.query("SELECT Id FROM Flow").await?.refusal().1, "INVALID_TYPE");
    assert_eq!(tooling(&org, "SELECT Id FROM MessagingChannel").await?, Vec::<Value>::new());
    assert_eq!(org.get("sobjects/Flow/describe").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_permission_set_is_assigned_once_and_told_by_the_names_of_its_parents() -> Result {
    let org = org_with(&[PERMISSION_SET]).await?;
    let user = only_id(&org, &format!("SELECT Id FROM User WHERE Username = '{USER}'")).await?;
    let set = only_id(&org, "SELECT Id FROM PermissionSet WHERE Name IN ('Fullview_Admin', 'Other')").await?;
    let assignment = json!({ "AssigneeId": user, "PermissionSetId": set });
    let made = org.post("sobjects/PermissionSetAssignment", assignment.clone()).await?;
    assert_eq!(made.status, 201);
    let again = org.post("sobjects/PermissionSetAssignment", assignment).await?;
    assert_eq!(again.refusal(), (400, "DUPLICATE_VALUE", json!([])));
    let soql = format!("SELECT PermissionSet.Name FROM PermissionSetAssignment WHERE Assignee.Username = '{USER}'");
    assert_eq!(org.query(&soql).await?.body["records"][0]["PermissionSet"], json!({ "Name": "Fullview_Admin" }));
    assert!(org.handle().delete(CLIENT_ID, &[component(PERMISSION_SET)]).is_err());
    assert_eq!(delete(&org, &format!("sobjects/PermissionSetAssignment/{}", made.id())).await?.status, 204);
    assert_eq!(delete(&org, &format!("sobjects/PermissionSetAssignment/{}", made.id())).await?.status, 404);
    assert_eq!(org.handle().delete(CLIENT_ID, &[component(PERMISSION_SET)]), Ok(()));
    Ok(())
}

#[tokio::test]
async fn nobody_is_assigned_a_permission_set_that_does_not_exist() -> Result {
    let org = org_with(&[PERMISSION_SET]).await?;
    let user = org.settings.users[0].id.clone();
    let assignment = json!({ "AssigneeId": user, "PermissionSetId": "0PS000000000001" });
    let refused = org.post("sobjects/PermissionSetAssignment", assignment).await?;
    assert_eq!(refused.refusal(), (400, "INVALID_CROSS_REFERENCE_KEY", json!(["PermissionSetId"])));
    Ok(())
}

#[tokio::test]
async fn the_newest_version_of_a_flow_is_active_and_only_an_inactive_one_is_deleted() -> Result {
    let org = org_with(&[FLOW, FLOW]).await?;
    let versions =
        tooling(&org, "SELECT Id, Status FROM Flow WHERE Definition.DeveloperName = 'Fullview_Omni_Channel_Flow'");
    let versions = versions.await?;
    assert_eq!((&versions[0]["Status"], &versions[1]["Status"]), (&json!("Obsolete"), &json!("Active")));
    let path = |index: usize| format!("tooling/sobjects/Flow/{}", versions[index]["Id"].as_str().unwrap_or_default());
    assert_eq!(delete(&org, &path(1)).await?.status, 400);
    assert!(org.handle().delete(CLIENT_ID, &[component(FLOW)]).is_err());

    let definitions = tooling(&org, "SELECT Id, ActiveVersionId FROM FlowDefinition").await?;
    assert_eq!(definitions[0]["ActiveVersionId"], versions[1]["Id"]);
    let definition = format!("tooling/sobjects/FlowDefinition/{}", definitions[0]["Id"].as_str().unwrap_or_default());
    let activate = |number: u32| json!({ "Metadata": { "activeVersionNumber": number } });
    assert_eq!(org.patch(&definition, activate(3)).await?.status, 400);
    assert_eq!(org.patch(&definition, activate(0)).await?.status, 204);
    assert_eq!((delete(&org, &path(0)).await?.status, delete(&org, &path(1)).await?.status), (204, 204));
    assert_eq!(tooling(&org, "SELECT Id FROM FlowDefinition").await?, Vec::<Value>::new());
    Ok(())
}

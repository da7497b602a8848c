//! The control API.

use axum::{body::Body, http::Request};
use reqwest::Method;
use salesforce_simulator::{Effect, Fault, Handle, Route};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::client::{Answer, CLIENT_ID, Org, Result};

async fn control(org: &Org, method: Method, path: &str, body: Option<Value>) -> Result<Answer> {
    let request = org.http.request(method, format!("{}/control/{path}", org.simulator.url()));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    Answer::of(request.send().await?).await
}

#[tokio::test]
async fn an_org_is_made_and_changed() -> Result {
    let org = Org::start().await?;
    let made = json!({ "clientSecret": "x", "contacts": [{ "name": "Ada", "email": "ada@example.com" }] });
    let settings = control(&org, Method::PUT, "orgs/acme", Some(made)).await?.body;
    assert_eq!(settings["clientId"], "acme");
    assert!(settings["contacts"][0]["id"].as_str().is_some_and(|id| id.starts_with("003")));
    let changed = control(&org, Method::PATCH, "orgs/acme", Some(json!({ "autoResponseRule": true }))).await?;
    assert_eq!((&changed.body["autoResponseRule"], &changed.body["clientSecret"]), (&json!(true), &json!("x")));
    assert_eq!(org.token(&[("client_id", "acme"), ("client_secret", "x")]).await?.status, 200);
    let misspelt = control(&org, Method::PATCH, "orgs/acme", Some(json!({ "autoResponse": true }))).await?;
    assert_eq!(misspelt.status, 400);
    assert_eq!(control(&org, Method::PATCH, "orgs/none", Some(json!({}))).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_fault_is_added_listed_and_forgotten() -> Result {
    let org = Org::start().await?;
    let fault =
        json!({ "route": "composite", "times": 1, "effect": { "kind": "dropConnection", "afterCommit": true } });
    assert_eq!(control(&org, Method::POST, "faults", Some(fault)).await?.status, 201);
    let expected = Fault::once(Route::Composite, Effect::DropConnection { after_commit: true });
    assert_eq!(org.handle().faults(), [expected]);
    assert_eq!(control(&org, Method::GET, "faults", None).await?.body[0]["route"], "composite");
    assert_eq!(control(&org, Method::DELETE, "faults", None).await?.status, 204);
    assert_eq!(org.handle().faults(), []);
    Ok(())
}

#[tokio::test]
async fn requests_are_listed_with_bodies_only_on_demand() -> Result {
    let org = Org::start().await?;
    org.insert_case(json!({ "Subject": "Private" })).await?;
    let listed = control(&org, Method::GET, "requests", None).await?.body;
    let last = &listed[1];
    assert_eq!((&last["method"], &last["route"], &last["status"]), (&json!("POST"), &json!("insertCase"), &json!(201)));
    assert_eq!((&last["org"], &last["path"]), (&json!(CLIENT_ID), &json!("/services/data/v66.0/sobjects/Case")));
    assert!(!listed.to_string().contains("Private"));
    let with_bodies = control(&org, Method::GET, "requests?bodies=true", None).await?.body;
    assert_eq!(with_bodies[1]["body"], r#"{"Subject":"Private"}"#);
    control(&org, Method::DELETE, "requests", None).await?;
    assert_eq!(control(&org, Method::GET, "requests", None).await?.body, json!([]));
    Ok(())
}

#[tokio::test]
async fn cases_files_and_counters_are_shown() -> Result {
    let org = Org::start().await?;
    let case = org.insert_case(json!({ "Subject": "Help" })).await?.id().to_owned();
    let file = json!({ "PathOnClient": "a.txt", "VersionData": "aGVsbG8=", "FirstPublishLocationId": case });
    let file = org.post("sobjects/ContentVersion", file).await?.id().to_owned();
    let path = |rest: &str| format!("orgs/{CLIENT_ID}/{rest}");
    assert_eq!(control(&org, Method::GET, &path("cases"), None).await?.body[0]["Subject"], "Help");
    assert_eq!(control(&org, Method::GET, &path("files"), None).await?.body[0]["PathOnClient"], "a.txt");
    assert_eq!(control(&org, Method::GET, &path(&format!("files/{file}")), None).await?.body, "hello");
    let counters = control(&org, Method::GET, &path("counters"), None).await?.body;
    assert_eq!(counters, json!({ "logins": 1, "apiCalls": 2 }));
    Ok(())
}

#[tokio::test]
async fn sessions_end_held_calls_go_on_and_the_clock_moves() -> Result {
    let mut org = Org::start().await?;
    control(&org, Method::POST, &format!("orgs/{CLIENT_ID}/expire-sessions"), None).await?;
    assert_eq!(org.get("limits").await?.status, 401);
    org.log_in().await?;
    org.handle().add_fault(Fault::once(Route::InsertCase, Effect::CommitLate { after_ms: None }));
    assert!(org.insert_case(json!({})).await.is_err());
    control(&org, Method::PUT, "clock", Some(json!({ "offsetSeconds": 660 }))).await?;
    assert_eq!(control(&org, Method::POST, "release", None).await?.body, json!({ "released": 1 }));
    assert_eq!(org.cases().len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_router_needs_no_socket() -> Result {
    let request = Request::get("/services/data").body(Body::empty())?;
    let response = salesforce_simulator::router(&Handle::new()).oneshot(request).await?;
    assert_eq!(response.status(), 200);
    Ok(())
}

#[tokio::test]
async fn components_are_deployed_and_deleted_unless_they_are_in_use() -> Result {
    let org = Org::start().await?;
    let path = format!("orgs/{CLIENT_ID}/components");
    let flow = json!([{ "type": "Flow", "fullName": "Routing" }, { "type": "PermissionSet", "fullName": "Agent" }]);
    assert_eq!(control(&org, Method::POST, &path, Some(flow.clone())).await?.status, 204);
    assert_eq!(org.query("SELECT Id FROM PermissionSet").await?.body["totalSize"], 1);
    let refused = control(&org, Method::DELETE, &path, Some(flow)).await?;
    assert_eq!((refused.status, &refused.body), (409, &json!("Flow Routing is in use")));
    let set = json!([{ "type": "PermissionSet", "fullName": "Agent" }]);
    assert_eq!(control(&org, Method::DELETE, &path, Some(set)).await?.status, 204);
    assert_eq!(org.query("SELECT Id FROM PermissionSet").await?.body["totalSize"], 0);
    Ok(())
}

//! The package's action for tests, the callback that it sends, and the record of one that failed.

use axum::http::StatusCode;
use salesforce_simulator::{CallbackSettings, OrgSettings, Package, TestAction};
use serde_json::{Value, json};

use crate::{
    client::{Answer, CLIENT_ID, Org, Result},
    messaging_flow::Endpoint,
};

const ACTION: &str = "actions/custom/apex/FullviewTestCallback";
const FAILED: &str = "SELECT Problem__c, Status_Code__c FROM Fullview_Callback__c WHERE Is_Test__c = true \
                      AND CreatedDate >= 2026-01-01T00:00:00Z ORDER BY CreatedDate DESC LIMIT 1";

/// An org whose package is configured so.
async fn org(callback: Option<&CallbackSettings>, package: Package) -> Result<Org> {
    let change = |settings: &mut OrgSettings| {
        settings.package = package;
        settings.messaging.iter_mut().for_each(|messaging| messaging.callback = callback.cloned());
    };
    Org::with(change).await
}

async fn start(org: &Org, inputs: Value) -> Result<Answer> {
    org.post(ACTION, json!({ "inputs": inputs })).await
}

/// The record of the callback that failed, once it is there.
async fn failed(org: &Org) -> Result<Value> {
    loop {
        let found = org.query(FAILED).await?.body;
        if found["totalSize"] != 0 {
            return Ok(found["records"][0].clone());
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_action_sends_its_nonce_with_the_token_of_the_settings() -> Result {
    let mut endpoint = Endpoint::start(StatusCode::NO_CONTENT).await?;
    let org = org(Some(&endpoint.settings), Package::new()).await?;
    let started = start(&org, json!([{ "nonce": "n1" }])).await?;
    assert_eq!((started.status, &started.body[0]["isSuccess"]), (200, &json!(true)));
    assert_eq!(endpoint.next().await?.body, json!({ "nonce": "n1" }));
    org.handle().wait_for(|handle| handle.callbacks(CLIENT_ID).pop()).await?;
    assert_eq!(org.query(FAILED).await?.body["totalSize"], 0);
    Ok(())
}

#[tokio::test]
async fn an_action_without_its_input_is_refused_in_a_form_of_its_own() -> Result {
    let org = org(None, Package::new()).await?;
    for inputs in [json!([]), json!([{}]), Value::Null] {
        let refused = start(&org, inputs).await?;
        assert_eq!((refused.status, &refused.body[0]["isSuccess"]), (400, &json!(false)));
        assert_eq!(refused.body[0]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    }
    Ok(())
}

#[tokio::test]
async fn a_package_that_is_missing_and_a_class_that_is_forbidden_are_told_apart() -> Result {
    for (test_action, expected) in
        [(TestAction::Missing, (404, "NOT_FOUND")), (TestAction::Forbidden, (403, "INSUFFICIENT_ACCESS"))]
    {
        let org = org(None, Package { test_action, ..Package::new() }).await?;
        let refused = start(&org, json!([{ "nonce": "n1" }])).await?;
        let (status, code, _) = refused.refusal();
        assert_eq!((status, code), expected);
    }
    let other = org(None, Package::new()).await?.post("actions/custom/apex/Another", json!({})).await?;
    assert_eq!(other.refusal().1, "NOT_FOUND");
    Ok(())
}

#[tokio::test]
async fn a_callback_that_cannot_succeed_leaves_a_record_with_the_reason() -> Result {
    let refusing = Endpoint::start(StatusCode::UNAUTHORIZED).await?;
    let no_site = Package { remote_site: false, ..Package::new() };
    for (callback, package, problem, status) in [
        (None, Package::new(), "Fullview Settings", Value::Null),
        (Some(&refusing.settings), no_site, "Unauthorized endpoint", Value::Null),
        (Some(&refusing.settings), Package::new(), "401", json!(401)),
    ] {
        let org = org(callback, package).await?;
        start(&org, json!([{ "nonce": "n1" }])).await?;
        let record = failed(&org).await?;
        assert!(record["Problem__c"].as_str().is_some_and(|text| text.contains(problem)), "{record}");
        assert_eq!(record["Status_Code__c"], status);
    }
    Ok(())
}

#[tokio::test]
async fn the_records_may_be_hidden_from_the_run_as_user() -> Result {
    let org = org(None, Package { readable_failures: false, ..Package::new() }).await?;
    assert_eq!(org.query(FAILED).await?.refusal().1, "INVALID_TYPE");
    Ok(())
}

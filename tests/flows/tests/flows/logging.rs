//! Each line of a log says what it is about.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use flows::{FUNCTIONS, System, conversation};
use reqwest::Method;
use salesforce_simulator::{Effect, Route, Script};
use serde_json::{Value, json};

/// A table that nobody serves.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The lines of a function that warn.
fn warnings(system: &System, function: &str) -> anyhow::Result<Vec<Value>> {
    let is_warning = |line: &Value| line["level"] == "WARN" || line["level"] == "ERROR";
    Ok(system.lines(function)?.into_iter().filter(is_warning).collect())
}

/// The function has warned of this escalation, and of it alone; each warning names function, request and escalation.
async fn has_warned_of(system: &System, function: &str, escalation_id: &str) -> anyhow::Result<()> {
    let warnings = system
        .until_logged(|system| {
            let warnings = warnings(system, function)?;
            ensure!(!warnings.is_empty(), "{function} has warned of nothing");
            Ok(warnings)
        })
        .await?;
    for line in warnings {
        ensure!(line["function"] == function && line["requestId"].is_string(), "{function}: {line}");
        ensure!(line["escalationId"] == escalation_id, "not of {escalation_id}: {function}: {line}");
    }
    Ok(())
}

async fn invoke(system: &System, function: &str, event: &Value) -> anyhow::Result<()> {
    system.stack.lambda().invoke(function, event.to_string().into()).await.ok().context("not invoked").map(drop)
}

#[tokio::test]
async fn what_fails_in_a_hinted_function_names_the_escalation_even_in_what_the_runtime_says_of_it() -> anyhow::Result<()>
{
    let system = System::start().await?;
    let id = "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417";
    for function in ["business-hours-router", "messaging-session-start", "case-creation", "escalation-recovery"] {
        system.stack.lambda().set_variable(function, "AWS_ENDPOINT_URL_DYNAMODB", NOWHERE)?;
        invoke(&system, function, &json!({ "escalationId": id })).await?;
        has_warned_of(&system, function, id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_about_an_escalation_that_fails_names_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let id = "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417";
    system.stack.lambda().set_variable("escalation-intake", "AWS_ENDPOINT_URL_DYNAMODB", NOWHERE)?;
    let show = format!("/v1/organisations/acme/escalations/{id}");
    flows::send(system.request(Method::GET, &show)).await?.expect_status(503)?;
    has_warned_of(&system, "escalation-intake", id).await
}

#[tokio::test]
async fn a_callback_whose_case_cannot_be_read_names_its_escalation() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    let token = system.escalations_token("acme").await?;
    system.fault(Route::ReadCase, Effect::unavailable());
    let body = json!({ "conversationId": id, "caseId": "500000000000001AAA" });
    system.callback("acme", &token, &body).await?.expect_status(204)?;
    has_warned_of(&system, "apex-callback", &id).await
}

#[tokio::test]
async fn a_look_that_sees_nothing_names_its_escalation() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    system.fault(Route::ListEntries, Effect::messaging_error(500));
    system.look_after(60, "acme", &id).await?;
    has_warned_of(&system, "escalation-recovery", &id).await
}

#[tokio::test]
async fn a_stream_names_its_escalation_and_its_request_long_after_it_was_answered() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    system.fault(Route::EventStream, Effect::messaging_error(500));
    system.salesforce().break_streams("acme");
    has_warned_of(&system, "conversation-relay", &chat.id).await?;
    system.salesforce().clear_faults();
    chat.end().await?.expect_status(204)?;
    events.end().await.map(drop)
}

#[tokio::test]
async fn at_the_most_talkative_level_all_that_a_hinted_function_says_at_work_names_the_escalation() -> anyhow::Result<()>
{
    let system = System::start().await?;
    for function in FUNCTIONS {
        system.stack.lambda().set_variable(function, "AWS_LAMBDA_LOG_LEVEL", "DEBUG")?;
    }
    system.organisation("acme").await?;
    system.live_organisation("live", "fullviewFlow", Script::default()).await?;
    let case = system.accept("acme", &conversation("case")).await?;
    system.settle().await;
    let live = system.start_live("live", &conversation("live")).await?;
    system.look_after(60, "live", &live).await?;
    for function in ["business-hours-router", "case-creation", "messaging-session-start", "escalation-recovery"] {
        let mut requests: HashMap<String, Vec<Value>> = HashMap::new();
        for line in system.lines(function)? {
            if let Some(request) = line["requestId"].as_str() {
                requests.entry(request.to_owned()).or_default().push(line["escalationId"].clone());
            }
        }
        // A run of recovery is about none.
        requests.retain(|_, named| named.iter().any(Value::is_string));
        assert!(requests.values().any(|named| named.len() > 10), "{function} says little at work");
        for named in requests.values() {
            assert!(named.iter().all(|id| *id == named[0] && (*id == case || *id == live)), "{function}: {named:?}");
        }
    }
    for function in FUNCTIONS {
        let is_whole = |line: &Value| ["timestamp", "level"].iter().all(|name| line[name].is_string());
        assert!(
            system.lines(function)?.iter().all(|line| is_whole(line) && line["function"] == function),
            "{function}"
        );
    }
    Ok(())
}

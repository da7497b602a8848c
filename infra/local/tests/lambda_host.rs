//! The host behaves as Lambda does: seen by the real SDK, which retries nothing here.

#![cfg(test)]

mod support;
mod until;

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use local::{InvocationType::RequestResponse, Outcome};
use serde_json::{Value, json};
use support::{Fixture, start};
use until::until;

type Answer = Result<InvokeOutput, SdkError<InvokeError>>;

fn client(fixture: &Fixture) -> Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(fixture.stack.api_url())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

async fn invoke(fixture: &Fixture, function: &str, kind: &str, payload: impl Into<Vec<u8>>) -> Answer {
    let kind = InvocationType::from(kind);
    client(fixture).invoke().function_name(function).invocation_type(kind).payload(Blob::new(payload)).send().await
}

async fn call(fixture: &Fixture, function: &str, payload: Value) -> anyhow::Result<Value> {
    let answer = invoke(fixture, function, "RequestResponse", payload.to_string()).await?;
    Ok(serde_json::from_slice(answer.payload().context("no payload")?.as_ref())?)
}

async fn send(fixture: &Fixture, function: &str, payload: Value) -> anyhow::Result<i32> {
    Ok(invoke(fixture, function, "Event", payload.to_string()).await?.status_code())
}

fn refusal(answer: Answer) -> (u16, String) {
    let error = answer.expect_err("the invocation was accepted");
    let status = error.raw_response().map(|response| response.status().as_u16());
    (status.unwrap_or_default(), error.code().unwrap_or_default().to_owned())
}

fn wait(fixture: &Fixture) -> Value {
    json!({ "do": "wait", "file": fixture.folder.path().join("go") })
}

fn go(fixture: &Fixture) -> std::io::Result<()> {
    std::fs::write(fixture.folder.path().join("go"), "")
}

/// Waits until this many invocations of all have been accepted.
async fn accepted(fixture: &Fixture, count: usize) {
    until(|| fixture.stack.lambda().invocations().len() >= count).await;
}

/// Waits until the function has printed this line.
async fn printed(fixture: &Fixture, function: &str, line: &str) {
    until(|| fixture.stack.lambda().logs(function).iter().any(|it| it == line)).await;
}

fn is_running(pid: &Value) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

fn outcomes(fixture: &Fixture) -> Vec<Outcome> {
    fixture.stack.lambda().invocations().into_iter().map(|invocation| invocation.outcome).collect()
}

#[tokio::test]
async fn a_synchronous_invocation_returns_the_response() {
    let fixture = start().await.unwrap();
    let answer = invoke(&fixture, "probe", "RequestResponse", r#"{"a":1}"#).await.unwrap();
    assert_eq!(answer.status_code(), 200);
    assert_eq!(answer.function_error(), None);
    assert_eq!(answer.executed_version(), Some("$LATEST"));
    assert_eq!(answer.payload().unwrap().as_ref(), br#"{"a":1}"#);
    assert_eq!(fixture.stack.lambda().invocations()[0].invocation_type, RequestResponse);
    assert_eq!(outcomes(&fixture), [Outcome::Succeeded]);
}

#[tokio::test]
async fn a_function_is_found_by_arn_and_alias() {
    let fixture = start().await.unwrap();
    for name in ["probe:live", "arn:aws:lambda:us-east-1:000000000000:function:probe:live"] {
        assert_eq!(call(&fixture, name, json!(7)).await.unwrap(), 7, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_function_is_404() {
    let fixture = start().await.unwrap();
    for kind in ["RequestResponse", "Event", "DryRun"] {
        let answer = invoke(&fixture, "nobody", kind, "{}").await;
        assert_eq!(refusal(answer), (404, "ResourceNotFoundException".to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn an_event_is_202_before_the_function_has_finished() {
    let fixture = start().await.unwrap();
    assert_eq!(send(&fixture, "probe", wait(&fixture)).await.unwrap(), 202);
    assert_eq!(outcomes(&fixture), [Outcome::Pending]);
    go(&fixture).unwrap();
    fixture.stack.lambda().settled().await;
    assert_eq!(outcomes(&fixture), [Outcome::Succeeded]);
}

#[tokio::test]
async fn a_failed_event_is_not_retried() {
    let fixture = start().await.unwrap();
    send(&fixture, "probe", json!({ "do": "fail" })).await.unwrap();
    fixture.stack.lambda().settled().await;
    assert_eq!(outcomes(&fixture).len(), 1);
    assert!(matches!(&outcomes(&fixture)[0], Outcome::Failed(_)));
}

#[tokio::test]
async fn a_dry_run_is_204_and_runs_nothing() {
    let fixture = start().await.unwrap();
    assert_eq!(invoke(&fixture, "probe", "DryRun", "{}").await.unwrap().status_code(), 204);
    assert!(outcomes(&fixture).is_empty());
}

#[tokio::test]
async fn an_error_of_the_function_is_200_with_the_error_header() {
    let fixture = start().await.unwrap();
    let answer = invoke(&fixture, "probe", "RequestResponse", r#"{"do":"fail"}"#).await.unwrap();
    assert_eq!((answer.status_code(), answer.function_error()), (200, Some("Unhandled")));
    let error: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
    assert_eq!(error["errorMessage"], "as asked");
}

#[tokio::test]
async fn a_payload_that_is_no_json_is_400() {
    let fixture = start().await.unwrap();
    let answer = invoke(&fixture, "probe", "RequestResponse", "{").await;
    assert_eq!(refusal(answer), (400, "InvalidRequestContentException".to_owned()));
}

#[tokio::test]
async fn a_payload_is_at_most_6_mb_and_that_of_an_event_1_mb() {
    let fixture = start().await.unwrap();
    let text = |bytes: usize| json!({ "do": "pid", "text": "x".repeat(bytes) }).to_string();
    let envelope = text(0).len();
    for (kind, limit) in [("RequestResponse", local::MAXIMUM_PAYLOAD_BYTES), ("Event", local::MAXIMUM_EVENT_BYTES)] {
        assert!(invoke(&fixture, "probe", kind, text(limit - envelope)).await.is_ok(), "{kind}");
        let answer = invoke(&fixture, "probe", kind, text(limit - envelope + 1)).await;
        assert_eq!(refusal(answer), (413, "RequestTooLargeException".to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn a_response_over_6_mb_is_an_error_of_the_function() {
    let fixture = start().await.unwrap();
    let bytes = local::MAXIMUM_PAYLOAD_BYTES - 2;
    assert!(call(&fixture, "probe", json!({ "do": "fill", "bytes": bytes })).await.unwrap().is_string());
    let error = call(&fixture, "probe", json!({ "do": "fill", "bytes": bytes + 1 })).await.unwrap();
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed_and_the_next_call_has_a_new_process() {
    let fixture = start().await.unwrap();
    let before = call(&fixture, "hasty", json!({ "do": "pid" })).await.unwrap();
    let error = call(&fixture, "hasty", wait(&fixture)).await.unwrap();
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("Task timed out after 1.00 seconds"), "{error}");
    assert_ne!(call(&fixture, "hasty", json!({ "do": "pid" })).await.unwrap(), before);
}

#[tokio::test]
async fn a_function_that_dies_in_a_call_is_an_exit_error_and_the_next_call_works() {
    let fixture = start().await.unwrap();
    let error = call(&fixture, "probe", json!({ "do": "exit" })).await.unwrap();
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("exit status: 3"), "{error}");
    assert_eq!(call(&fixture, "probe", json!(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_function_that_cannot_start_is_an_exit_error() {
    let fixture = start().await.unwrap();
    let error = call(&fixture, "broken", json!({})).await.unwrap();
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("exit status: 7"), "{error}");
}

#[tokio::test]
async fn an_idle_process_is_used_again() {
    let fixture = start().await.unwrap();
    let pid = call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap();
    for _ in 0..5 {
        assert_eq!(call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap(), pid);
    }
}

#[tokio::test]
async fn as_many_calls_as_are_reserved_run_at_a_time_and_one_more_is_throttled() {
    let fixture = start().await.unwrap();
    let waiting = async {
        let calls = (0..10).map(|_| call(&fixture, "probe", wait(&fixture)));
        futures_util::future::join_all(calls).await
    };
    let eleventh = async {
        accepted(&fixture, 10).await;
        let answer = invoke(&fixture, "probe", "RequestResponse", "{}").await;
        go(&fixture).unwrap();
        answer
    };
    let (answers, eleventh) = tokio::join!(waiting, eleventh);
    assert_eq!(refusal(eleventh), (429, "TooManyRequestsException".to_owned()));
    assert!(answers.into_iter().all(|answer| answer.unwrap() == "waited"));
}

#[tokio::test]
async fn an_event_waits_for_an_instance() {
    let fixture = start().await.unwrap();
    for _ in 0..12 {
        send(&fixture, "probe", wait(&fixture)).await.unwrap();
    }
    go(&fixture).unwrap();
    fixture.stack.lambda().settled().await;
    assert!(outcomes(&fixture).iter().all(|outcome| *outcome == Outcome::Succeeded));
}

#[tokio::test]
async fn an_event_that_waits_longer_than_its_maximum_age_is_dropped() {
    let fixture = start().await.unwrap();
    for _ in 0..2 {
        send(&fixture, "narrow", wait(&fixture)).await.unwrap();
    }
    until(|| outcomes(&fixture).contains(&Outcome::Expired)).await;
    go(&fixture).unwrap();
    fixture.stack.lambda().settled().await;
    assert!(outcomes(&fixture).contains(&Outcome::Succeeded));
}

#[tokio::test]
async fn the_context_has_the_arn_and_the_real_deadline() {
    let fixture = start().await.unwrap();
    let context = call(&fixture, "probe", json!({ "do": "context" })).await.unwrap();
    assert_eq!(context["arn"], "arn:aws:lambda:us-east-1:000000000000:function:probe");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let left = u128::from(context["deadline"].as_u64().unwrap()).checked_sub(now).unwrap();
    assert!((20_000..=30_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_function_sees_lambdas_variables_its_own_and_not_those_of_the_host() {
    let fixture = start().await.unwrap();
    let environment = call(&fixture, "probe", json!({ "do": "environment" })).await.unwrap();
    let expected = json!({
        "AWS_LAMBDA_FUNCTION_NAME": "probe", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "GREETING": "hello", "SALESFORCE_ALLOW_LOOPBACK": "true",
        "CLOCK_OFFSET_SECONDS": "0", "AWS_ENDPOINT_URL_LAMBDA": fixture.stack.api_url(),
        "AWS_ENDPOINT_URL_DYNAMODB": fixture.stack.dynamodb_url(),
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": fixture.stack.secrets_manager_url(),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(environment[name], *value, "{name}");
    }
    assert!(environment.get("CARGO_MANIFEST_DIR").is_none());
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
}

#[tokio::test]
async fn kill_ends_a_busy_process_and_its_call_is_an_exit_error() {
    let fixture = start().await.unwrap();
    let pid = call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap();
    let busy = call(&fixture, "probe", wait(&fixture));
    let killed = async {
        printed(&fixture, "probe", "waiting").await;
        fixture.stack.lambda().kill("probe").await;
    };
    let (busy, ()) = tokio::join!(busy, killed);
    assert_eq!(busy.unwrap()["errorType"], "Runtime.ExitError");
    assert!(!is_running(&pid));
    assert_ne!(call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap(), pid);
}

#[tokio::test]
async fn a_killed_idle_process_costs_no_call() {
    let fixture = start().await.unwrap();
    let pid = call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap();
    fixture.stack.lambda().kill("probe").await;
    assert!(!is_running(&pid));
    assert_ne!(call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap(), pid);
}

#[tokio::test]
async fn a_new_clock_offset_holds_from_the_next_call_on() {
    let fixture = start().await.unwrap();
    call(&fixture, "probe", json!({})).await.unwrap();
    fixture.stack.set_clock_offset(-3600);
    let environment = call(&fixture, "probe", json!({ "do": "environment" })).await.unwrap();
    assert_eq!(environment["CLOCK_OFFSET_SECONDS"], "-3600");
}

#[tokio::test]
async fn a_variable_can_be_set_for_one_function() {
    let fixture = start().await.unwrap();
    fixture.stack.lambda().set_variable("probe", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1").unwrap();
    let variable = async |function: &str| {
        call(&fixture, function, json!({ "do": "environment" })).await.unwrap()["AWS_ENDPOINT_URL_DYNAMODB"].clone()
    };
    assert_eq!(variable("probe").await, "http://127.0.0.1:1");
    assert_eq!(variable("hasty").await, fixture.stack.dynamodb_url());
}

#[tokio::test]
async fn lost_events_are_accepted_and_never_run() {
    let fixture = start().await.unwrap();
    fixture.stack.lambda().lose_events(Some("hasty"), 1);
    fixture.stack.lambda().lose_events(None, 1);
    for function in ["probe", "probe", "hasty", "hasty"] {
        assert_eq!(send(&fixture, function, json!({})).await.unwrap(), 202);
    }
    fixture.stack.lambda().settled().await;
    assert_eq!(outcomes(&fixture), [Outcome::Lost, Outcome::Succeeded, Outcome::Lost, Outcome::Succeeded]);
}

#[tokio::test]
async fn what_a_function_prints_is_kept() {
    let fixture = start().await.unwrap();
    call(&fixture, "probe", json!({ "do": "print" })).await.unwrap();
    printed(&fixture, "probe", "to standard output").await;
    printed(&fixture, "probe", "to standard error").await;
    assert!(fixture.stack.lambda().logs("hasty").is_empty());
}

#[tokio::test]
async fn a_tick_sends_the_scheduled_event() {
    let fixture = start().await.unwrap();
    fixture.stack.tick();
    assert_eq!(fixture.stack.lambda().invocations()[0].function, "stream");
}

#[tokio::test]
async fn ticks_come_by_themselves_if_a_period_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let options = support::options(folder.path()).unwrap();
    let stack = local::Stack::start(local::Options { tick: Some(Duration::from_millis(1)), ..options }).await.unwrap();
    until(|| stack.lambda().invocations().len() >= 3).await;
}

#[tokio::test]
async fn stop_leaves_no_process_and_frees_the_port() {
    let fixture = start().await.unwrap();
    let pid = call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap();
    let address = fixture.stack.api_url().trim_start_matches("http://").to_owned();
    fixture.stack.stop().await;
    assert!(!is_running(&pid));
    // Another test may have taken the port as soon as it was free.
    until(|| std::net::TcpListener::bind(&address).is_ok()).await;
}

#[tokio::test]
async fn a_dropped_stack_leaves_no_process() {
    let fixture = start().await.unwrap();
    let pid = call(&fixture, "probe", json!({ "do": "pid" })).await.unwrap();
    drop(fixture.stack);
    until(|| !is_running(&pid)).await;
}

#[tokio::test]
async fn a_function_without_a_binary_is_an_error_that_names_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let options = support::options(folder.path()).unwrap();
    let result = local::Stack::start(local::Options { binaries: folder.path().join("none"), ..options }).await;
    let error = result.err().unwrap().to_string();
    assert!(error.ends_with("is missing: run `cargo build --bins`"), "{error}");
}

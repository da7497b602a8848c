//! A function for tests, which does what the event says.

use std::path::Path;
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (payload, context) = event.into_parts();
    if payload["httpMethod"].is_string() {
        return over_http(payload).await;
    }
    match payload["do"].as_str() {
        Some("environment") => Ok(std::env::vars().map(|(name, value)| (name, Value::String(value))).collect()),
        Some("context") => Ok(json!({
            "requestId": context.request_id, "deadline": context.deadline, "arn": context.invoked_function_arn,
        })),
        Some("pid") => Ok(json!(std::process::id())),
        Some("wait") => wait(&payload["file"]).await,
        Some("fail") => Err("as asked".into()),
        Some("exit") => std::process::exit(3),
        Some("fill") => Ok("x".repeat(payload["bytes"].as_u64().unwrap_or_default().try_into()?).into()),
        Some("print") => Ok(print()),
        _ => Ok(payload),
    }
}

async fn over_http(event: Value) -> Result<Value, Error> {
    match event["queryStringParameters"]["do"].as_str() {
        Some("respond") => Ok(serde_json::from_str(event["body"].as_str().unwrap_or_default())?),
        Some("wait") => wait(&event["queryStringParameters"]["file"]).await,
        Some("fail") => Err("as asked".into()),
        _ => Ok(json!({ "statusCode": 200, "body": event.to_string() })),
    }
}

#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
async fn wait(file: &Value) -> Result<Value, Error> {
    println!("waiting");
    while !Path::new(file.as_str().ok_or("no file")?).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(json!("waited"))
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "what a function prints is its log")]
fn print() -> Value {
    println!("to standard output");
    eprintln!("to standard error");
    Value::Null
}

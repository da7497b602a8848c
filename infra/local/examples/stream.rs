//! A function for tests, which streams: a first part at once, a second when the file in the query exists, or its own death.

use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, once};
use lambda_runtime::{Error, LambdaEvent, StreamResponse, run, service_fn};
use serde_json::Value;

type Parts = BoxStream<'static, Result<Bytes, Error>>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<StreamResponse<Parts>, Error> {
    let query = event.payload["queryStringParameters"].clone();
    let first = once(async { Ok(Bytes::from_static(b"first")) });
    let parts: Parts = first.chain(once(second(query))).boxed();
    let mut response = StreamResponse::from(parts);
    response.metadata_prelude.status_code = 201.try_into()?;
    response.metadata_prelude.headers.insert("content-type", "text/event-stream".parse()?);
    Ok(response)
}

async fn second(query: Value) -> Result<Bytes, Error> {
    while !Path::new(query["file"].as_str().ok_or("no file")?).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if query["do"] == "exit" {
        std::process::exit(3);
    }
    Ok(Bytes::from_static(b"second"))
}

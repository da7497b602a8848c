//! `cargo lambda watch`, which builds a function at its first invocation and again when a file is edited.
//!
//! Its Invoke API differs from AWS's: it takes every invocation for a synchronous one and tells a function's error as HTTP 500.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::body::{Body, Bytes};
use axum::http::header::TRANSFER_ENCODING;
use futures_util::StreamExt as _;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{sleep, timeout};

use super::invocation::{Outcome, ReplySlot};
use super::log::Log;
use super::runtime_api::{is_streaming, stream, whole};
use crate::build::{cargo, in_workspace, profile};
use crate::server::bind;
use crate::template::Function;

/// How long an invocation may wait for a build, on top of the function's own time. One that an edit interrupts is never answered,
/// and fails after this time.
pub(crate) const BUILD_TIME: Duration = Duration::from_mins(2);

/// How many invocations of a function it is given at a time. With more than 100 it stops for ever.
pub(super) const QUEUE: usize = 50;

/// How many processes of a function it may start; each edit ends and starts all of them.
const CONCURRENCY: &str = "4";

/// How long it may take from its start until it listens.
const START_TIME: Duration = Duration::from_mins(1);

/// What ends the prelude of a streamed response.
const DELIMITER: [u8; 8] = [0; 8];

/// Runs its arguments until its standard input ends, and so not longer than the host, however that ends. `cargo lambda watch` puts
/// the functions into process groups of their own, which it ends when it is told to.
const SUPERVISOR: &str = r#"
exec 3<&0
"$@" </dev/null &
watch=$!
{ cat <&3 >/dev/null; kill -TERM "$watch" 2>/dev/null; } &
wait "$watch""#;

/// A running `cargo lambda watch` with a port of its own. Its standard error, where Cargo writes, is that of the host.
pub(super) struct Watch {
    url: String,
    client: Client,
    process: Mutex<Option<(Child, ChildStdin)>>,
}

/// Fails, with the cure, if there is no `cargo lambda`.
pub(crate) async fn check_installed() -> anyhow::Result<()> {
    let version = in_workspace(cargo()).args(["lambda", "--version"]).output().await;
    let is_installed = version.is_ok_and(|output| output.status.success());
    ensure!(is_installed, "--watch needs cargo-lambda: `pip install cargo-lambda` or `cargo install cargo-lambda`");
    Ok(())
}

impl Watch {
    /// Starts it and waits until it listens. Functions have these variables, and what they print to standard output is in the log
    /// of `cargo-lambda`.
    pub(super) async fn start(environment: &BTreeMap<String, String>, log: &Log) -> anyhow::Result<Self> {
        let address = bind(0).await?.local_addr()?;
        let mut command = in_workspace("sh");
        command.args(["-c", SUPERVISOR, "sh"]).arg(cargo()).args(["lambda", "watch", "--quiet", "--disable-cors"]);
        command.args(["--concurrency", CONCURRENCY, "--profile", &profile()]);
        command.args(["--invoke-address", &address.ip().to_string(), "--invoke-port", &address.port().to_string()]);
        let mut process = spawn(&mut command, environment).context("cannot run `cargo lambda watch`")?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        if let Some(stdout) = stdout {
            tokio::spawn(log.clone().follow("cargo-lambda".to_owned(), stdout));
        }
        let listening = async {
            while TcpStream::connect(address).await.is_err() {
                if let Some(status) = process.try_wait()? {
                    bail!("`cargo lambda watch` ended: {status}");
                }
                sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        timeout(START_TIME, listening).await.context("`cargo lambda watch` does not listen")??;
        let process = Mutex::new(stdin.map(|stdin| (process, stdin)));
        Ok(Self { url: format!("http://{address}"), client: client()?, process })
    }

    /// Runs an event, after the build if there must be one.
    pub(super) async fn run(&self, function: &Function, payload: Bytes, reply: &ReplySlot) -> Outcome {
        let limit = function.timeout + BUILD_TIME;
        let url = format!("{}/2015-03-31/functions/{}/invocations", self.url, function.name);
        match timeout(limit, self.client.post(url).body(payload).send()).await {
            Ok(Ok(response)) => receive(response, reply).await,
            Ok(Err(_)) => reply.fail("Runtime.ExitError", "`cargo lambda watch` does not answer"),
            Err(_) => {
                let seconds = limit.as_secs_f64();
                reply.fail("Sandbox.Timedout", &format!("Task timed out after {seconds:.2} seconds"))
            }
        }
    }

    /// Ends it, with all functions that it runs.
    pub(super) fn close(&self) {
        drop(self.take());
    }

    /// Ends it, with all functions that it runs, and waits until they are gone.
    pub(super) async fn stop(&self) {
        if let Some((mut process, stdin)) = self.take() {
            drop(stdin);
            // It fails only for a process that somebody else has waited for.
            drop(process.wait().await);
        }
    }

    fn take(&self) -> Option<(Child, ChildStdin)> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn spawn(command: &mut Command, environment: &BTreeMap<String, String>) -> std::io::Result<Child> {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    // Ctrl-C in a terminal is the host's to handle.
    command.envs(environment).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

/// A client that passes on what it gets. It has no timeout, because a streamed response may last.
fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().no_gzip().build()
}

/// Takes a response back into what the function gave to the Runtime API.
async fn receive(response: Response, reply: &ReplySlot) -> Outcome {
    if is_streaming(response.headers()) {
        let start = Bytes::from([prelude(&response).to_string().as_bytes(), &DELIMITER].concat());
        let start = futures_util::stream::once(async { Ok(start) });
        return stream(Body::from_stream(start.chain(response.bytes_stream())), reply).await;
    }
    if response.status().is_success() {
        return whole(Body::from_stream(response.bytes_stream()), reply).await;
    }
    reply.report(response.bytes().await.unwrap_or_default())
}

/// The prelude of a streamed response, which `cargo lambda watch` has made the response's own status and headers.
fn prelude(response: &Response) -> Value {
    let mut headers = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in response.headers() {
        if name != TRANSFER_ENCODING && !name.as_str().starts_with("lambda-runtime-") {
            headers.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()));
        }
    }
    json!({ "statusCode": response.status().as_u16(), "multiValueHeaders": headers })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use axum::routing::post;

    use super::*;
    use crate::lambda::Reply;
    use crate::server::{Server, url};

    /// What becomes of an invocation that `cargo lambda watch` answers so.
    async fn invoked(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> (Outcome, Reply) {
        let path = "/2015-03-31/functions/settings/invocations";
        let listener = bind(0).await.unwrap();
        let url = url(&listener).unwrap();
        let server = Server::start(listener, Router::new().route(path, post(async move || answer.clone())));
        let result = invoked_at(url).await;
        server.stop().await;
        result
    }

    async fn invoked_at(url: String) -> (Outcome, Reply) {
        let watch = Watch { url, client: client().unwrap(), process: Mutex::default() };
        let (slot, received) = ReplySlot::new();
        let outcome = tokio::spawn({
            let slot = slot.clone();
            async move { watch.run(&settings(), Bytes::from_static(b"{}"), &slot).await }
        });
        let reply = tokio::spawn(async move {
            match received.await.unwrap() {
                Reply::Stream(chunks) => {
                    let chunks: Vec<_> = chunks.map(Result::unwrap).collect().await;
                    Reply::Payload(chunks.concat().into())
                }
                reply => reply,
            }
        });
        let outcome = outcome.await.unwrap();
        slot.deliver();
        (outcome, reply.await.unwrap())
    }

    fn settings() -> Function {
        Function {
            name: "settings".to_owned(),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            environment: BTreeMap::new(),
            concurrency: None,
            maximum_event_age: Duration::from_mins(1),
        }
    }

    fn payload(reply: Reply) -> Bytes {
        let Reply::Payload(payload) = reply else { panic!("the function failed") };
        payload
    }

    fn error_type(reply: Reply) -> Value {
        let Reply::Error(payload) = reply else { panic!("the function succeeded") };
        serde_json::from_slice::<Value>(&payload).unwrap()["errorType"].clone()
    }

    #[tokio::test]
    async fn the_response_of_a_function_is_its_payload() {
        let (outcome, reply) = invoked(r#"{"statusCode":500}"#).await;
        assert_eq!(outcome, Outcome::Succeeded);
        assert_eq!(payload(reply), r#"{"statusCode":500}"#);
    }

    #[tokio::test]
    async fn status_500_is_an_error_of_the_function() {
        let error = r#"{"errorType":"Refused","errorMessage":"as asked"}"#;
        let (outcome, reply) = invoked((StatusCode::INTERNAL_SERVER_ERROR, error)).await;
        assert_eq!(outcome, Outcome::Failed("Refused".to_owned()));
        assert_eq!(error_type(reply), "Refused");
    }

    #[tokio::test]
    async fn a_streamed_response_has_its_prelude_again() {
        let mode = [("lambda-runtime-function-response-mode", "streaming"), ("content-type", "text/event-stream")];
        let (outcome, reply) = invoked((StatusCode::INTERNAL_SERVER_ERROR, mode, ": heartbeat")).await;
        assert_eq!(outcome, Outcome::Succeeded);
        let payload = payload(reply);
        let end = payload.windows(8).position(|window| window == DELIMITER).unwrap();
        let prelude: Value = serde_json::from_slice(&payload[..end]).unwrap();
        assert_eq!(prelude["statusCode"], 500);
        assert_eq!(prelude["multiValueHeaders"]["content-type"], json!(["text/event-stream"]));
        assert_eq!(prelude["multiValueHeaders"]["lambda-runtime-function-response-mode"], Value::Null);
        assert_eq!(payload[end + 8..], *b": heartbeat");
    }

    #[tokio::test]
    async fn an_invocation_after_its_end_is_an_exit_error() {
        let url = url(&bind(0).await.unwrap()).unwrap();
        let (outcome, reply) = invoked_at(url).await;
        assert_eq!(outcome, Outcome::Failed("Runtime.ExitError".to_owned()));
        assert_eq!(error_type(reply), "Runtime.ExitError");
    }
}

//! AWS, as an instance of a function reaches it: the SDK's own clients, whose requests are answered in this process.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use chrono::TimeDelta;
use fastrand::Rng;
use serde_json::{Value, json};
use shared::environment::aws_timeouts;

use crate::dynamodb::{Failure, Refusal};
use crate::realm::Realm;
use crate::sandbox::Sandbox;

/// AWS, for one instance.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    pub(crate) realm: Arc<Realm>,
    pub(crate) sandbox: Arc<Sandbox>,
}

/// What becomes of a call of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Throttled,
    Conflict,
    /// 500; the call may be carried out all the same.
    Failed {
        after: bool,
    },
    /// No answer; the call may be carried out all the same.
    Silent {
        after: bool,
    },
    /// The connection breaks after the call was carried out.
    Broken,
}

impl Aws {
    /// The SDK's settings, as the functions have them.
    pub(crate) fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .http_client(self.clone())
            .retry_config(RetryConfig::standard())
            .timeout_config(aws_timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .time_source(SharedTimeSource::new(self.realm.clock))
            .build()
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        self.realm.count(|counts| counts.calls += 1);
        self.realm.latency("the latency of AWS", 8).await;
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match request.headers().get("x-amz-target").and_then(|target| target.split_once('.')) {
            Some(("DynamoDB_20120810", operation)) => self.table(operation, &body).await,
            Some(("secretsmanager", operation)) => Ok(self.secret(operation, &body)),
            _ => Ok(self.invoke(request.uri(), body)),
        }
    }

    async fn table(&self, operation: &str, request: &Value) -> Result<HttpResponse, ConnectorError> {
        let who = &self.sandbox.name;
        let fate = self.fate(operation);
        let is_done = !matches!(
            fate,
            Some(Fate::Throttled | Fate::Conflict | Fate::Failed { after: false } | Fate::Silent { after: false })
        );
        let steady = self.realm.is_steady.then_some(500);
        let lag = steady.unwrap_or_else(|| self.realm.dice.about("the lag of the indexes").i64(0..3_000));
        let lag = TimeDelta::milliseconds(lag);
        let outcome = is_done.then(|| self.realm.table().call(operation, request, self.realm.now(), lag));
        self.realm.history.call(who, || format!("{operation} {} {}", subject(request), told(fate, outcome.as_ref())));
        match (fate, outcome) {
            (Some(Fate::Silent { .. }), _) => pending().await,
            (Some(Fate::Broken), _) => Err(ConnectorError::io("the connection broke".into())),
            (Some(Fate::Conflict), _) if operation == "TransactWriteItems" => {
                let reasons = vec!["None", "TransactionConflict"];
                Ok(refused(400, &Refusal { code: "TransactionCanceledException", reasons }))
            }
            (Some(Fate::Conflict), _) => Ok(refused(400, &Refusal::of("TransactionConflictException"))),
            (Some(Fate::Throttled), _) => Ok(refused(400, &Refusal::of("ProvisionedThroughputExceededException"))),
            (None, Some(Ok(answer))) => Ok(respond(200, &answer)),
            (None, Some(Err(Failure::Refused(refusal)))) => Ok(refused(400, &refusal)),
            (None, Some(Err(Failure::Unknown(mistake)))) => {
                self.realm.count(|counts| counts.mistakes.push(mistake));
                Ok(refused(400, &Refusal::of("ValidationException")))
            }
            (Some(Fate::Failed { .. }), _) | (None, None) => Ok(refused(500, &Refusal::of("InternalServerError"))),
        }
    }

    fn fate(&self, operation: &str) -> Option<Fate> {
        let function = self.sandbox.name.split(' ').next().unwrap_or_default();
        let what = format!("table: {operation} by {function}");
        if self.realm.is_spellbound(&what) {
            return Some(Fate::Throttled);
        }
        let mut rng = self.realm.dice.mischief(&what, self.realm.rates.table)?;
        let fate = draw(&mut rng, operation);
        if fate == Fate::Throttled && rng.f64() < 0.3 {
            self.realm.cast(&what, Duration::from_millis(rng.u64(500..20_000)));
        }
        self.realm.count(|counts| *counts.mischief.entry(format!("table: {}", word(fate))).or_default() += 1);
        self.realm.history.event(&self.sandbox.name, || format!("! {operation}: {}", word(fate)));
        Some(fate)
    }

    fn secret(&self, operation: &str, request: &Value) -> HttpResponse {
        let rng = self.realm.dice.mischief("secrets", self.realm.rates.secrets);
        if rng.is_some() {
            self.realm.count(|counts| *counts.mischief.entry("secrets: failed".into()).or_default() += 1);
            self.realm.history.event(&self.sandbox.name, || format!("! {operation}: failed"));
            return refused(500, &Refusal::of("InternalServiceError"));
        }
        match self.realm.secrets().call(operation, request) {
            Some(Ok(answer)) => respond(200, &answer),
            Some(Err(refusal)) => refused(400, &refusal),
            None => {
                self.realm.count(|counts| counts.mistakes.push(format!("unknown operation {operation}")));
                refused(500, &Refusal::of("InternalServiceError"))
            }
        }
    }

    /// `/2015-03-31/functions/{name}:live/invocations`: what is deployed is called by its alias.
    fn invoke(&self, uri: &str, payload: Value) -> HttpResponse {
        let name = uri.split('/').rev().nth(1).and_then(|name| name.strip_suffix("%3Alive")).unwrap_or_default();
        let is_sent = self.realm.hint(&self.sandbox.name, name, payload);
        if is_sent { respond(202, &Value::Null) } else { refused(500, &Refusal::of("ServiceException")) }
    }
}

fn draw(rng: &mut Rng, operation: &str) -> Fate {
    let is_write = !matches!(operation, "GetItem" | "Query" | "BatchGetItem");
    match rng.u8(..7) {
        0 | 1 => Fate::Throttled,
        2 if is_write => Fate::Conflict,
        3 if is_write => Fate::Failed { after: true },
        4 if is_write => Fate::Silent { after: true },
        5 if is_write => Fate::Broken,
        6 => Fate::Silent { after: false },
        _ => Fate::Failed { after: false },
    }
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Throttled => "throttled",
        Fate::Conflict => "transaction conflict",
        Fate::Failed { after: false } => "500",
        Fate::Failed { after: true } => "500 after it was done",
        Fate::Silent { after: false } => "no answer",
        Fate::Silent { after: true } => "no answer after it was done",
        Fate::Broken => "connection lost after it was done",
    }
}

fn told(fate: Option<Fate>, outcome: Option<&Result<Value, Failure>>) -> String {
    match (fate, outcome) {
        (Some(fate), _) => word(fate).to_owned(),
        (None, Some(Err(failure))) => format!("{failure:?}"),
        (None, _) => "done".to_owned(),
    }
}

/// What an operation is about, for the history.
fn subject(request: &Value) -> String {
    let of = |item: &Value| Some(format!("{}/{}", item["pk"]["S"].as_str()?, item["sk"]["S"].as_str()?));
    let parts = request["TransactItems"].as_array().into_iter().flatten().filter_map(|part| {
        let part = part.as_object()?.values().next()?;
        of(&part["Item"]).or_else(|| of(&part["Key"]))
    });
    let whole = of(&request["Item"]).or_else(|| of(&request["Key"]));
    let values = request["ExpressionAttributeValues"][":pk"]["S"].as_str().map(str::to_owned);
    let index = request["IndexName"].as_str().map(|index| format!("{index} {}", request["ExpressionAttributeValues"]));
    whole.into_iter().chain(values).chain(index).chain(parts).collect::<Vec<_>>().join(", ")
}

fn respond(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap_or_else(|_| StatusCode::from(http_500()));
    let body = if body.is_null() { SdkBody::empty() } else { SdkBody::from(body.to_string()) };
    let mut response = HttpResponse::new(status, body);
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}

fn http_500() -> lambda_http::http::StatusCode {
    lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR
}

fn refused(status: u16, refusal: &Refusal) -> HttpResponse {
    let reasons: Vec<_> = refusal.reasons.iter().map(|code| json!({ "Code": code })).collect();
    let mut body = json!({ "__type": refusal.code, "message": "refused" });
    if !reasons.is_empty() {
        body["CancellationReasons"] = json!(reasons);
    }
    respond(status, &body)
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.clone();
        HttpConnectorFuture::new(async move {
            let sandbox = Arc::clone(&aws.sandbox);
            sandbox.call(aws.answer(request)).await
        })
    }
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

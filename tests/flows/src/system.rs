//! The whole system in one test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use chrono::TimeDelta;
use local::{Options, PLATFORM_KEY, Stack, build_folder, build_functions};
use reqwest::{Client, Method};
use salesforce_simulator::{Handle, OrgSettings};
use serde_json::{Value, json};
use shared::clock::SystemClock;
use shared::retention::Retention;
use shared::store::Store;
use tokio::sync::OnceCell;

use crate::answer::{Answer, send};
use crate::logs::Logs;
use crate::request::Request;
use crate::sample::settings;
use crate::secrecy::Secrecy;

/// Functions are built once for all tests of a program, as `cargo test` alone does not see that they are used.
static BUILT: OnceCell<()> = OnceCell::const_new();

/// The functions.
pub const FUNCTIONS: [&str; 8] = [
    "escalation-intake",
    "business-hours-router",
    "messaging-session-start",
    "case-creation",
    "apex-callback",
    "conversation-relay",
    "escalation-recovery",
    "settings",
];

/// A running system, and a caller with the platform key.
///
/// When it is dropped, it fails the test if what must stay secret is in a log or an error. A test that panics fails without that.
pub struct System {
    /// The stack, for what the methods here do not cover.
    pub stack: Stack,
    client: Client,
    offset: AtomicI64,
    secrecy: Arc<Secrecy>,
    logs: Mutex<Logs>,
}

/// An organisation with a simulated org of the same name.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its id, and its org's client id.
    pub id: String,
    /// Its client secret.
    pub client_secret: String,
}

impl System {
    /// Starts a system without a tick: recovery runs when the test says so.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts a system in another way. Binaries elsewhere than those of the running program's build are taken as they are.
    pub async fn start_with(options: Options) -> anyhow::Result<Self> {
        if options.binaries == build_folder() {
            BUILT.get_or_try_init(build_functions).await?;
        }
        let stack = Stack::start(options).await?;
        let client = Client::builder().timeout(Duration::from_secs(40)).build()?;
        Ok(Self { stack, client, offset: AtomicI64::new(0), secrecy: Arc::default(), logs: Mutex::default() })
    }

    /// What is told in logs and errors although it must stay secret: where, and of which kind.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        self.read_logs();
        self.secrecy.keep_orgs(self.salesforce());
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.gaps().into_iter().chain(self.secrecy.told(logs.reports())).collect()
    }

    /// Reads what the functions have printed since the last time. The stack keeps a limited number of lines: who makes more of them
    /// than that must read now and then.
    pub fn read_logs(&self) {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).read(self.stack.lambda());
    }

    pub(crate) fn secrecy(&self) -> &Secrecy {
        &self.secrecy
    }

    /// A request to the API, with the platform key.
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.request_with_key(method, path, PLATFORM_KEY)
    }

    /// A request to the API, with a key.
    pub fn request_with_key(&self, method: Method, path: &str, key: &str) -> Request {
        self.request_without_key(method, path).header("authorization", format!("Bearer {key}"))
    }

    /// A request to the API, without a key.
    pub fn request_without_key(&self, method: Method, path: &str) -> Request {
        Request::new(self.client.request(method, format!("{}{path}", self.stack.api_url())), &self.secrecy)
    }

    /// The simulator's state.
    #[must_use]
    pub fn salesforce(&self) -> &Handle {
        self.stack.simulator().handle()
    }

    /// A client of the table, whose name is `Table`.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(self.stack.dynamodb_url());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The table, as a function sees it now; what it writes is kept for the shortest time.
    #[must_use]
    pub fn store(&self) -> Store {
        let clock = SystemClock::shifted_by(TimeDelta::seconds(self.offset.load(Ordering::SeqCst)));
        Store::new(self.dynamodb(), "Table", Retention::SHORTEST, Arc::new(clock))
    }

    /// The simulator's host and port.
    #[must_use]
    pub fn salesforce_host(&self) -> &str {
        self.stack.simulator().url().trim_start_matches("http://")
    }

    /// An organisation with a simulated org and settings under which every escalation becomes a Case.
    pub async fn organisation(&self, id: &str) -> anyhow::Result<Organisation> {
        self.organisation_with(id, |_| ()).await
    }

    /// The same, with settings changed before they are put.
    pub async fn organisation_with(&self, id: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<Organisation> {
        let organisation = Organisation { id: id.to_owned(), client_secret: format!("{id}-secret") };
        self.salesforce().put_org(OrgSettings::new(id, &organisation.client_secret));
        self.put_organisation(id).await?;
        let mut document = settings(self.salesforce_host(), id, &organisation.client_secret);
        change(&mut document);
        self.put_settings(id, 0, &document).await?.expect_status(200)?;
        self.settle().await;
        Ok(organisation)
    }

    /// An organisation without settings.
    pub async fn put_organisation(&self, id: &str) -> anyhow::Result<Answer> {
        let request = self.request(Method::PUT, &format!("/v1/organisations/{id}"));
        send(request.json(&json!({ "name": id }))).await?.expect_status(201)
    }

    /// A new key of an organisation.
    pub async fn key(&self, organisation: &str) -> anyhow::Result<String> {
        let request = self.request(Method::POST, &format!("/v1/organisations/{organisation}/keys"));
        let answer = send(request).await?.expect_status(201)?;
        answer.body["key"].as_str().map(str::to_owned).context("no key")
    }

    /// A new escalations token of an organisation; others end at once.
    pub async fn escalations_token(&self, organisation: &str) -> anyhow::Result<String> {
        let answer = self.rotate_escalations_tokens(organisation, 0).await?.expect_status(201)?;
        answer.body["token"].as_str().map(str::to_owned).context("no token")
    }

    /// Asks for a new escalations token; others stay valid for so many hours.
    pub async fn rotate_escalations_tokens(&self, organisation: &str, overlap_hours: u32) -> anyhow::Result<Answer> {
        let path = format!("/v1/organisations/{organisation}/settings/escalations-tokens");
        send(self.request(Method::POST, &path).json(&json!({ "overlapHours": overlap_hours }))).await
    }

    /// Calls back as an organisation's org does, with an escalations token.
    pub async fn callback(&self, organisation: &str, token: &str, body: &Value) -> anyhow::Result<Answer> {
        let path = format!("/v1/callbacks/apex/{organisation}");
        send(self.request_with_key(Method::POST, &path, token).json(body)).await
    }

    /// Puts settings over a version.
    pub async fn put_settings(&self, organisation: &str, version: u64, document: &Value) -> anyhow::Result<Answer> {
        let request = self.request(Method::PUT, &format!("/v1/organisations/{organisation}/settings"));
        send(request.header("if-match", format!("\"{version}\"")).json(document)).await
    }

    /// Escalates.
    pub async fn escalate(&self, organisation: &str, body: &Value) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, &format!("/v1/organisations/{organisation}/escalations")).json(body)).await
    }

    /// Escalates and returns the escalation's id.
    pub async fn accept(&self, organisation: &str, body: &Value) -> anyhow::Result<String> {
        let answer = self.escalate(organisation, body).await?.expect_status(202)?;
        answer.body["escalationId"].as_str().map(str::to_owned).context("no escalationId")
    }

    /// The escalation as the API shows it.
    pub async fn escalation(&self, organisation: &str, id: &str) -> anyhow::Result<Value> {
        let request = self.request(Method::GET, &format!("/v1/organisations/{organisation}/escalations/{id}"));
        Ok(send(request).await?.expect_status(200)?.body)
    }

    /// Waits until nothing runs, hints included. A customer's connection goes on meanwhile.
    pub async fn settle(&self) {
        self.stack.lambda().settled_but(&["conversation-relay"]).await;
    }

    /// Lets so many seconds pass for the functions and for Salesforce.
    pub fn pass_time(&self, seconds: i64) {
        let offset = self.offset.fetch_add(seconds, Ordering::SeqCst) + seconds;
        self.stack.set_clock_offset(offset);
    }

    /// One run of recovery and all that follows from it.
    pub async fn recover(&self) {
        self.stack.tick();
        self.settle().await;
    }

    /// Lets time pass, minute by minute, until the escalation has this status. Fails after a simulated hour.
    pub async fn recover_until(&self, organisation: &str, id: &str, status: &str) -> anyhow::Result<Value> {
        self.settle().await;
        for _ in 0..60 {
            let escalation = self.escalation(organisation, id).await?;
            if escalation["status"] == status {
                return Ok(escalation);
            }
            self.pass_time(60);
            self.recover().await;
        }
        anyhow::bail!("still not {status}: {}", self.escalation(organisation, id).await?)
    }

    /// Escalates, waits for what follows, and returns the escalation.
    pub async fn escalate_and_settle(&self, organisation: &str, body: &Value) -> anyhow::Result<Value> {
        let id = self.accept(organisation, body).await?;
        self.settle().await;
        self.escalation(organisation, &id).await
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !thread::panicking() {
            let leaks = self.leaks();
            assert!(leaks.is_empty(), "told although it must stay secret:\n{}", leaks.join("\n"));
        }
    }
}

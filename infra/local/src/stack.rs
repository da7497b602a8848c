//! The whole system on one machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::extract::Request;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::api_gateway::{ApiGateway, INTEGRATION_TIMEOUT};
use crate::dynamodb;
use crate::identifiers::unique_id;
use crate::lambda::{ACCOUNT, Host, HostOptions, REGION};
use crate::secrets_manager::SecretsManager;
use crate::server::{Server, bind, url};
use crate::template::{TEMPLATE, Template};

/// The platform key of every local stack.
pub const PLATFORM_KEY: &str = "local-platform-key";

/// How a stack is started. The default is a fresh one in memory, on free ports, without a tick.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port of the API; 0 is any free one.
    pub port: u16,
    /// Time between two recovery ticks, or none: then only `Stack::tick` makes one.
    pub tick: Option<Duration>,
    /// Folder in which the data outlives the stack, or none for memory.
    pub persist: Option<PathBuf>,
    /// Shift of the functions' clock from the real time, in seconds.
    pub clock_offset_seconds: i64,
    /// Environment variables of single functions, on top of all others, for example an endpoint that leads through a proxy.
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Folder of the functions' binaries; by default that of the running program's build.
    pub binaries: PathBuf,
    /// The SAM template.
    pub template: String,
    /// How long an integration may take before API Gateway answers 504.
    pub integration_timeout: Duration,
    /// Whether to copy what the functions print to standard error.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            tick: None,
            persist: None,
            clock_offset_seconds: 0,
            environment: BTreeMap::new(),
            binaries: build_folder(),
            template: TEMPLATE.to_owned(),
            integration_timeout: INTEGRATION_TIMEOUT,
            verbose: false,
        }
    }
}

/// The folder that Cargo puts binaries into, as seen from a binary or a test in it.
#[must_use]
pub fn build_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let nested = folder.ends_with("deps") || folder.ends_with("examples");
    if nested { folder.parent().unwrap_or(folder) } else { folder }.to_owned()
}

/// A running stack. `stop` ends it; dropping it kills the functions' processes too, without waiting for them.
pub struct Stack {
    api_url: String,
    dynamodb_url: String,
    secrets_manager_url: String,
    host: Host,
    servers: Vec<Server>,
    scheduled: Vec<String>,
    ticking: Option<JoinHandle<()>>,
}

impl Stack {
    /// Starts everything. Fails if a port is in use, the template can't be read or a function has no binary.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let api = bind(options.port).await?;
        let (dynamodb, secrets_manager) = (bind(0).await?, bind(0).await?);
        let addresses = Addresses { api: url(&api)?, dynamodb: url(&dynamodb)?, secrets: url(&secrets_manager)? };
        let template = Template::parse(&options.template, &parameters(&addresses.api))?;
        let servers = vec![
            serve_dynamodb(dynamodb, &options, &template)?,
            serve_secrets_manager(secrets_manager, &options, &template)?,
        ];
        let host = Host::new(template.functions, host_options(&options, &addresses))?;
        let gateway = Arc::new(ApiGateway::new(template.routes, host.clone(), options.integration_timeout)?);
        let router = host.router().fallback(async move |request: Request| gateway.handle(request).await);
        let mut stack = Self {
            api_url: addresses.api,
            dynamodb_url: addresses.dynamodb,
            secrets_manager_url: addresses.secrets,
            host,
            servers,
            scheduled: template.scheduled,
            ticking: None,
        };
        stack.servers.push(Server::start(api, router));
        stack.ticking =
            options.tick.map(|period| tokio::spawn(tick(stack.host.clone(), stack.scheduled.clone(), period)));
        Ok(stack)
    }

    /// Base URL of the API and of the Invoke API, without a slash at the end.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Base URL of `DynamoDB`.
    #[must_use]
    pub fn dynamodb_url(&self) -> &str {
        &self.dynamodb_url
    }

    /// Base URL of Secrets Manager.
    #[must_use]
    pub fn secrets_manager_url(&self) -> &str {
        &self.secrets_manager_url
    }

    /// The functions, for invoking, disturbing and observing them.
    #[must_use]
    pub fn lambda(&self) -> &Host {
        &self.host
    }

    /// Makes one tick of the schedule: an asynchronous invocation, which `Host::settled` waits for.
    pub fn tick(&self) {
        fire(&self.host, &self.scheduled);
    }

    /// Ends everything; then all ports are free and no process is left.
    pub async fn stop(mut self) {
        self.halt();
        self.host.stop().await;
        for server in std::mem::take(&mut self.servers) {
            server.stop().await;
        }
    }

    fn halt(&mut self) {
        if let Some(ticking) = self.ticking.take() {
            ticking.abort();
        }
        self.host.close();
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.halt();
    }
}

struct Addresses {
    api: String,
    dynamodb: String,
    secrets: String,
}

fn parameters(api_url: &str) -> BTreeMap<String, String> {
    let digest = Sha256::digest(PLATFORM_KEY).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    [("ApiEndpoint".to_owned(), api_url.to_owned()), ("PlatformKeySha256".to_owned(), digest)].into()
}

fn serve_dynamodb(listener: TcpListener, options: &Options, template: &Template) -> anyhow::Result<Server> {
    let file = kept_file(options, "dynamodb.sqlite")?;
    let database = dynamodb::open(file.as_deref(), &template.tables)?;
    Ok(Server::spawn(|stopped| async move {
        drop(dynoxide::server::serve_with_shutdown(listener, database, stopped).await);
    }))
}

fn serve_secrets_manager(listener: TcpListener, options: &Options, template: &Template) -> anyhow::Result<Server> {
    let service = SecretsManager::open(kept_file(options, "secrets.json")?, &template.secrets)?;
    Ok(Server::start(listener, service.router()))
}

fn kept_file(options: &Options, name: &str) -> anyhow::Result<Option<PathBuf>> {
    let Some(folder) = &options.persist else { return Ok(None) };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(Some(folder.join(name)))
}

fn host_options(options: &Options, addresses: &Addresses) -> HostOptions {
    let environment = [
        ("AWS_ENDPOINT_URL_DYNAMODB", addresses.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", addresses.secrets.clone()),
        ("AWS_ENDPOINT_URL_LAMBDA", addresses.api.clone()),
        ("SALESFORCE_ALLOW_LOOPBACK", "true".to_owned()),
        ("CLOCK_OFFSET_SECONDS", options.clock_offset_seconds.to_string()),
    ];
    HostOptions {
        url: addresses.api.clone(),
        binaries: options.binaries.clone(),
        environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
        overrides: options.environment.clone(),
        verbose: options.verbose,
    }
}

async fn tick(host: Host, scheduled: Vec<String>, period: Duration) {
    let mut interval = tokio::time::interval(period);
    interval.tick().await;
    loop {
        interval.tick().await;
        fire(&host, &scheduled);
    }
}

/// Invokes each scheduled function as `EventBridge` does.
fn fire(host: &Host, scheduled: &[String]) {
    for function in scheduled {
        let event = json!({
            "version": "0",
            "id": unique_id(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Secs, true),
            "region": REGION,
            "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{function}")],
            "detail": {},
        });
        // The function exists, since the template names it, and the event is small.
        drop(host.invoke_event(function, event.to_string().into()));
    }
}

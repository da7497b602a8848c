//! The whole system on one machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::Request;
use dynoxide::Database;
use salesforce_simulator::Simulator;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::api_gateway::{ApiGateway, INTEGRATION_TIMEOUT};
use crate::build::build_folder;
use crate::chat_page;
use crate::dynamodb::{self, ShiftedClock};
use crate::iam::{Iam, Permission};
use crate::lambda::{Host, HostOptions};
use crate::reference;
use crate::schedule::Schedule;
use crate::secrets_manager::SecretsManager;
use crate::server::{Server, bind, bind_ipv6, refused, url};
use crate::template::{TEMPLATE, Template};

/// The platform key of every local stack.
pub const PLATFORM_KEY: &str = "local-platform-key";

/// How a stack is started. The default is a fresh one in memory, on free ports, without a tick.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port of the API; 0 is any free one.
    pub port: u16,
    /// Port of the Salesforce simulator; 0 is any free one.
    pub simulator_port: u16,
    /// Time between two recovery ticks, or none: then only `Stack::tick` makes one.
    pub tick: Option<Duration>,
    /// Folder in which the data outlives the stack, or none for memory.
    pub persist: Option<PathBuf>,
    /// Shift of the functions' and the simulator's clock from the real time, in seconds.
    pub clock_offset_seconds: i64,
    /// Environment variables of single functions, on top of all others, for example an endpoint that leads through a proxy.
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Folder of the functions' binaries; by default that of the running program's build.
    pub binaries: PathBuf,
    /// Whether `cargo lambda watch` runs the functions and rebuilds them when they are edited. Then a function's process can't be
    /// killed, nor its variables set by `environment`, and its log is that of `cargo-lambda`.
    pub watch: bool,
    /// The SAM template.
    pub template: String,
    /// How long an integration may take before API Gateway answers 504.
    pub integration_timeout: Duration,
    /// Whether to copy what the functions print to standard error.
    pub verbose: bool,
    /// File for what functions ask for in AWS, which `cargo run --bin permissions` reads; by default the one that the variable
    /// `RECORD_PERMISSIONS` names, if any.
    pub record_permissions: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            simulator_port: 0,
            tick: None,
            persist: None,
            clock_offset_seconds: 0,
            environment: BTreeMap::new(),
            binaries: build_folder(),
            watch: false,
            template: TEMPLATE.to_owned(),
            integration_timeout: INTEGRATION_TIMEOUT,
            verbose: false,
            record_permissions: std::env::var_os("RECORD_PERMISSIONS").map(PathBuf::from),
        }
    }
}

/// A running stack. `stop` ends it; dropping it kills the functions' processes too, without waiting for them.
pub struct Stack {
    api_url: String,
    dynamodb_url: String,
    secrets_manager_url: String,
    clock: ShiftedClock,
    database: Database,
    host: Host,
    simulator: Simulator,
    servers: Vec<Server>,
    schedule: Schedule,
    ticking: Option<JoinHandle<()>>,
}

impl Stack {
    /// Starts everything. Fails if a port is in use, the template can't be read, or a function has no binary or `cargo lambda watch` can't run.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let api = bind(options.port).await?;
        let api_ipv6 = if options.port == 0 { None } else { bind_ipv6(&api).await? };
        let simulator = start_simulator(&options).await?;
        let (dynamodb, secrets_manager) = (bind(0).await?, bind(0).await?);
        let addresses = Addresses { api: url(&api)?, dynamodb: url(&dynamodb)?, secrets: url(&secrets_manager)? };
        let template = Template::parse(&options.template, &parameters(&addresses.api))?;
        let clock = ShiftedClock::default();
        clock.set_offset(options.clock_offset_seconds);
        let file = kept_file(&options, "dynamodb.sqlite")?;
        let database = dynamodb::open(file.as_deref(), clock.clone(), &template.tables)?;
        let secrets = SecretsManager::open(kept_file(&options, "secrets.json")?, &template.secrets)?;
        let iam = Iam::new(template.permissions.clone(), options.record_permissions.clone());
        let mut servers = serve_dynamodb(dynamodb, database.clone(), &iam).await?;
        servers.push(Server::start(secrets_manager, iam.guard(secrets.router())));
        let host = Host::new(&template.functions, host_options(&options, &addresses)).await?;
        let schedule = Schedule::new(host.clone(), template.schedules.clone());
        let gateway = Arc::new(ApiGateway::new(template, host.clone(), options.integration_timeout)?);
        let router = iam.guard(host.router()).merge(chat_page::router(&addresses.api, &simulator)?);
        let router = router.merge(reference::router(&addresses.api));
        let router = router.fallback(async move |request: Request| gateway.handle(request).await);
        let mut stack = Self {
            api_url: addresses.api,
            dynamodb_url: addresses.dynamodb,
            secrets_manager_url: addresses.secrets,
            clock,
            database,
            host,
            simulator,
            servers,
            ticking: options.tick.map(|period| tokio::spawn(schedule.clone().repeat(period))),
            schedule,
        };
        stack.servers.extend(api_ipv6.map(|api| Server::start(api, router.clone())));
        stack.servers.push(Server::start(api, router));
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

    /// The variables that a process outside of this stack needs to work as any of its functions.
    #[must_use]
    pub fn environment(&self) -> &BTreeMap<String, String> {
        self.host.environment()
    }

    /// The functions, for invoking, disturbing and observing them.
    #[must_use]
    pub fn lambda(&self) -> &Host {
        &self.host
    }

    /// The Salesforce simulator.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Shifts the clock of the functions and of the simulator by so many seconds from the real time. Calls that run end on the old clock.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.clock.set_offset(seconds);
        self.host.set_clock_offset(seconds);
        self.simulator.handle().set_clock_offset(seconds);
    }

    /// Deletes what has expired, as `DynamoDB` does some time later, and returns how many items. A table in a file expires by the
    /// machine's clock.
    pub fn delete_expired(&self) -> anyhow::Result<usize> {
        Ok(self.database.sweep_ttl()?)
    }

    /// Makes one tick of the schedule: an asynchronous invocation, which `Host::settled` waits for.
    pub fn tick(&self) {
        self.schedule.fire();
    }

    /// Ends everything; then all ports are free and no process is left.
    pub async fn stop(mut self) {
        self.stop_ticking();
        self.host.stop().await;
        for server in std::mem::take(&mut self.servers) {
            server.stop().await;
        }
    }

    fn stop_ticking(&self) {
        if let Some(ticking) = &self.ticking {
            ticking.abort();
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop_ticking();
        self.host.close();
    }
}

struct Addresses {
    api: String,
    dynamodb: String,
    secrets: String,
}

/// What the template that is deployed grants to functions.
pub fn granted_permissions() -> anyhow::Result<Vec<Permission>> {
    Ok(Template::parse(TEMPLATE, &parameters("https://api.example.com"))?.permissions)
}

fn parameters(api_url: &str) -> BTreeMap<String, String> {
    let digest = Sha256::digest(PLATFORM_KEY).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    [("ApiEndpoint".to_owned(), api_url.to_owned()), ("PlatformKeySha256".to_owned(), digest)].into()
}

async fn start_simulator(options: &Options) -> anyhow::Result<Simulator> {
    let port = options.simulator_port;
    let simulator = salesforce_simulator::Options { port, clock_offset_seconds: options.clock_offset_seconds };
    Simulator::start(simulator).await.map_err(|error| refused(port, error))
}

/// Serves DynamoDB to those who may call it.
async fn serve_dynamodb(listener: TcpListener, database: Database, iam: &Iam) -> anyhow::Result<Vec<Server>> {
    let behind_iam = bind(0).await?;
    let guarded = iam.guard(dynamodb::router(url(&behind_iam)?)?);
    Ok(vec![
        Server::spawn(|stopped| async move {
            drop(dynoxide::server::serve_with_shutdown(behind_iam, database, stopped).await);
        }),
        Server::start(listener, guarded),
    ])
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
        watch: options.watch,
        environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
        overrides: options.environment.clone(),
        verbose: options.verbose,
    }
}

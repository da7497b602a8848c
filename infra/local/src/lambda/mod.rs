//! Lambda in this process: it starts functions as processes and invokes them.

mod instance;
mod invocation;
mod invoke_api;
mod journal;
mod log;
mod pool;
mod runner;
mod runtime_api;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use tokio::sync::OwnedSemaphorePermit;

pub use invocation::{
    Invocation, InvocationType, InvokeError, MAXIMUM_EVENT_BYTES, MAXIMUM_PAYLOAD_BYTES, Outcome, Reply,
};

pub(crate) use watch::{BUILD_TIME, check_installed};

use crate::identifiers::{self, unique_id};
use crate::template::Function;
use instance::{Event, Instance};
use invocation::{ReplySlot, checked};
use journal::Journal;
use log::Log;
use pool::Pool;
use runner::Runner;

/// What the host runs and how.
pub(crate) struct HostOptions {
    /// Address under which the host's routes are served.
    pub(crate) url: String,
    /// Folder of the functions' binaries.
    pub(crate) binaries: PathBuf,
    /// Whether `cargo lambda watch` runs the functions instead of their binaries.
    pub(crate) watch: bool,
    /// Variables of every function, on top of those of the template.
    pub(crate) environment: BTreeMap<String, String>,
    /// Variables of single functions, on top of all others.
    pub(crate) overrides: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether to print what the functions print.
    pub(crate) verbose: bool,
}

/// The functions, their processes and the record of their invocations.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    url: String,
    runner: Runner,
    environment: BTreeMap<String, String>,
    pools: HashMap<String, Arc<Pool>>,
    log: Log,
    journal: Journal,
    losing: Mutex<Vec<Loss>>,
}

struct Loss {
    function: Option<String>,
    left: usize,
}

impl Host {
    /// A host whose functions start when they are needed. Fails if a function has no binary, or if `cargo lambda watch` can't run.
    pub(crate) async fn new(functions: &[Function], options: HostOptions) -> anyhow::Result<Self> {
        let log = Log::new(options.verbose);
        let environment = runner::environment(functions, &options.environment);
        let runner = Runner::start(functions, &options, &environment, &log).await?;
        let mut pools = HashMap::new();
        for function in functions {
            let name = function.name.clone();
            let mut environment = function.environment.clone();
            environment.extend(options.environment.clone());
            environment.extend(options.overrides.get(&name).cloned().unwrap_or_default());
            let concurrency = runner.concurrency(function);
            pools.insert(name, Arc::new(Pool::new(function.clone(), environment, concurrency, log.clone())));
        }
        let (journal, losing) = (Journal::default(), Mutex::default());
        Ok(Self(Arc::new(Shared { url: options.url, runner, environment, pools, log, journal, losing })))
    }

    /// The variables that a process outside of the host needs to work as any of the functions.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.0.environment
    }

    /// The Runtime API and the Invoke API.
    pub(crate) fn router(&self) -> Router {
        runtime_api::router().merge(invoke_api::router()).with_state(self.clone())
    }

    /// Invokes a function and waits for its reply.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Reply, InvokeError> {
        let pool = self.pool(function)?;
        let payload = checked(payload, MAXIMUM_PAYLOAD_BYTES)?;
        let slot = pool.try_slot().ok_or(InvokeError::Throttled)?;
        let record = self.0.journal.record(function, InvocationType::RequestResponse, Outcome::Pending);
        let (reply, received) = ReplySlot::new();
        tokio::spawn(self.clone().run(pool, slot, payload, reply, record));
        Ok(received.await.unwrap_or_else(|_| Reply::Error(Bytes::new())))
    }

    /// Invokes a function asynchronously: it runs once, as soon as an instance is free, if that is within its maximum event age.
    pub fn invoke_event(&self, function: &str, payload: Bytes) -> Result<(), InvokeError> {
        let pool = self.pool(function)?;
        let payload = checked(payload, MAXIMUM_EVENT_BYTES)?;
        if self.is_lost(function) {
            self.0.journal.record(function, InvocationType::Event, Outcome::Lost);
            return Ok(());
        }
        let record = self.0.journal.record(function, InvocationType::Event, Outcome::Pending);
        let host = self.clone();
        tokio::spawn(async move {
            match pool.slot().await {
                Some(slot) => host.run(pool, slot, payload, ReplySlot::new().0, record).await,
                None => host.0.journal.settle(record, Outcome::Expired),
            }
        });
        Ok(())
    }

    /// Fails as an invocation would if there is no such function.
    pub(crate) fn check(&self, function: &str) -> Result<(), InvokeError> {
        self.pool(function).map(|_| ())
    }

    /// Kills all processes of a function and waits until they are gone. What they were doing fails with `Runtime.ExitError`.
    pub async fn kill(&self, function: &str) {
        if let Ok(pool) = self.pool(function) {
            for instance in pool.kill() {
                instance.exited().await;
            }
        }
    }

    /// Kills one process of a function, which one `chosen` decides, and waits until it is gone; whether there was one.
    pub async fn kill_one(&self, function: &str, chosen: usize) -> bool {
        let instance = self.pool(function).ok().and_then(|pool| pool.kill_one(chosen));
        let Some(instance) = instance else { return false };
        instance.exited().await;
        true
    }

    /// Shifts the clock of all functions by so many seconds from the real time.
    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        for pool in self.0.pools.values() {
            pool.set_variable("CLOCK_OFFSET_SECONDS", &seconds.to_string());
        }
    }

    /// Sets an environment variable of a function, for example `AWS_ENDPOINT_URL_DYNAMODB` to a proxy. Calls that run end with the old one.
    pub fn set_variable(&self, function: &str, name: &str, value: &str) -> Result<(), InvokeError> {
        self.pool(function)?.set_variable(name, value);
        Ok(())
    }

    /// Accepts the next `count` asynchronous invocations, of this function or of all, and never runs them.
    pub fn lose_events(&self, function: Option<&str>, count: usize) {
        lock(&self.0.losing).push(Loss { function: function.map(str::to_owned), left: count });
    }

    /// All accepted invocations, in the order of their acceptance.
    #[must_use]
    pub fn invocations(&self) -> Vec<Invocation> {
        self.0.journal.invocations()
    }

    /// Waits until no invocation waits or runs.
    pub async fn settled(&self) {
        self.settled_but(&[]).await;
    }

    /// The same, whatever these functions do: one that streams may run for minutes.
    pub async fn settled_but(&self, functions: &[&str]) {
        self.0.journal.settled_but(functions).await;
    }

    /// The last 10,000 lines that a function printed.
    #[must_use]
    pub fn logs(&self, function: &str) -> Vec<String> {
        self.0.log.lines(function)
    }

    /// Kills all processes for good and waits until they are gone.
    pub(crate) async fn stop(&self) {
        let instances: Vec<_> = self.0.pools.values().flat_map(|pool| pool.close()).collect();
        for instance in instances {
            instance.exited().await;
        }
        self.0.runner.stop().await;
    }

    /// Kills all processes for good.
    pub(crate) fn close(&self) {
        self.0.runner.close();
        for pool in self.0.pools.values() {
            pool.close();
        }
    }

    async fn run(self, pool: Arc<Pool>, slot: OwnedSemaphorePermit, payload: Bytes, reply: ReplySlot, record: usize) {
        let request_id = unique_id();
        let event = || Event {
            request_id: request_id.clone(),
            payload: payload.clone(),
            arn: arn(&pool.function.name),
            timeout: pool.function.timeout,
            reply: reply.clone(),
        };
        let outcome = match &self.0.runner {
            Runner::Binaries(folder) => pool.run(&self.0.url, &folder.join(&pool.function.name), event).await,
            Runner::CargoLambda(watch) => watch.run(&pool.function, payload.clone(), &reply).await,
        };
        drop(slot);
        self.0.journal.settle(record, outcome);
        reply.deliver();
    }

    fn pool(&self, function: &str) -> Result<Arc<Pool>, InvokeError> {
        self.0.pools.get(function).cloned().ok_or_else(|| InvokeError::NotFound(function.to_owned()))
    }

    fn instance(&self, function: &str, id: &str) -> Option<Arc<Instance>> {
        self.0.pools.get(function)?.find(id)
    }

    fn is_lost(&self, function: &str) -> bool {
        let mut losing = lock(&self.0.losing);
        losing.retain(|loss| loss.left > 0);
        let loss = losing.iter_mut().find(|loss| loss.function.as_deref().is_none_or(|name| name == function));
        loss.map(|loss| loss.left -= 1).is_some()
    }
}

fn arn(function: &str) -> String {
    identifiers::arn("lambda", &format!("function:{function}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

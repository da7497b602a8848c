//! The instances of one function.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::process::Command;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::instance::{Ending, Event, Instance};
use super::invocation::Outcome;
use super::log::Log;
use super::runtime_api;
use crate::identifiers::unique_id;
use crate::template::Function;

/// Idle and busy processes of a function, at most as many as its concurrency.
pub(super) struct Pool {
    pub(super) function: Function,
    slots: Arc<Semaphore>,
    state: Mutex<State>,
    log: Log,
}

struct State {
    environment: BTreeMap<String, String>,
    generation: u64,
    idle: Vec<Arc<Instance>>,
    all: Vec<Weak<Instance>>,
    closed: bool,
}

impl Pool {
    /// A pool without processes, which will be started with `environment` on top of what Lambda sets, and in which so many
    /// invocations run at a time.
    pub(super) fn new(function: Function, environment: BTreeMap<String, String>, concurrency: usize, log: Log) -> Self {
        let slots = Arc::new(Semaphore::new(concurrency));
        let state = State { environment, generation: 0, idle: vec![], all: vec![], closed: false };
        Self { function, slots, state: Mutex::new(state), log }
    }

    /// A place for one invocation, if one is free now.
    pub(super) fn try_slot(&self) -> Option<OwnedSemaphorePermit> {
        self.slots.clone().try_acquire_owned().ok()
    }

    /// A place for one invocation, waited for as long as an event may age.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        tokio::time::timeout(self.function.maximum_event_age, self.slots.clone().acquire_owned()).await.ok()?.ok()
    }

    /// Runs an event on an idle instance or on a new one.
    pub(super) async fn run(&self, base_url: &str, binary: &Path, event: impl Fn() -> Event) -> Outcome {
        loop {
            let instance = match self.instance(base_url, binary) {
                Ok(instance) => instance,
                Err(error) => return event().reply.fail("Runtime.InvalidEntrypoint", &error.to_string()),
            };
            match instance.run(event()).await {
                Ending::Finished(outcome) => {
                    self.put_back(instance);
                    return outcome;
                }
                Ending::Broken(outcome) => return outcome,
                Ending::Untouched => {}
            }
        }
    }

    /// The live instance with this id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Instance>> {
        self.state().all.iter().filter_map(Weak::upgrade).find(|instance| instance.id == id)
    }

    /// Kills every process and returns them.
    pub(super) fn kill(&self) -> Vec<Arc<Instance>> {
        let mut state = self.state();
        let instances: Vec<_> = state.all.drain(..).filter_map(|instance| instance.upgrade()).collect();
        state.idle.clear();
        for instance in &instances {
            instance.kill();
        }
        instances
    }

    /// Kills one of the processes, which one `chosen` decides, and returns it.
    pub(super) fn kill_one(&self, chosen: usize) -> Option<Arc<Instance>> {
        let mut alive: Vec<_> = self.state().all.iter().filter_map(Weak::upgrade).collect();
        alive.retain(|instance| instance.is_alive());
        let instance = alive.get(chosen.checked_rem(alive.len())?)?;
        instance.kill();
        Some(Arc::clone(instance))
    }

    /// Kills every process and starts no other.
    pub(super) fn close(&self) -> Vec<Arc<Instance>> {
        self.state().closed = true;
        self.kill()
    }

    /// Sets an environment variable for all invocations from now on; a call that runs ends on the old process.
    pub(super) fn set_variable(&self, name: &str, value: &str) {
        let mut state = self.state();
        state.environment.insert(name.to_owned(), value.to_owned());
        state.generation += 1;
        state.idle.clear();
    }

    fn instance(&self, base_url: &str, binary: &Path) -> std::io::Result<Arc<Instance>> {
        let mut state = self.state();
        if state.closed {
            return Err(std::io::Error::other("the host has stopped"));
        }
        while let Some(instance) = state.idle.pop() {
            if instance.is_alive() {
                return Ok(instance);
            }
        }
        let id = unique_id();
        let command = self.command(&id, base_url, binary, &state.environment);
        let instance = Arc::new(Instance::start(id, &self.function.name, state.generation, command, &self.log)?);
        state.all.retain(|instance| instance.strong_count() > 0);
        state.all.push(Arc::downgrade(&instance));
        Ok(instance)
    }

    fn put_back(&self, instance: Arc<Instance>) {
        let mut state = self.state();
        if instance.generation == state.generation && instance.is_alive() && !state.closed {
            state.idle.push(instance);
        }
    }

    fn command(&self, id: &str, base_url: &str, binary: &Path, environment: &BTreeMap<String, String>) -> Command {
        let name = &self.function.name;
        let folder = binary.parent().unwrap_or(Path::new("."));
        let mut command = Command::new(binary);
        command.env_clear().current_dir(folder);
        command.envs(runtime_api::IDENTITY).envs(runtime_api::environment(name, id, base_url));
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.function.memory_mb.to_string());
        command.env("LAMBDA_TASK_ROOT", folder).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment);
        command
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

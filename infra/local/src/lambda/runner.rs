//! What runs the functions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::log::Log;
use super::watch::{self, Watch};
use super::{HostOptions, runtime_api};
use crate::template::Function;

/// How many invocations of a function may run at a time if its template reserves no number: Lambda's default for an account.
const CONCURRENCY: usize = 1_000;

/// What runs the functions.
pub(super) enum Runner {
    /// The host itself: their binaries are in this folder.
    Binaries(PathBuf),
    /// `cargo lambda watch`, which builds them when they are edited.
    CargoLambda(Box<Watch>),
}

impl Runner {
    /// The runner that the options name. Fails if a function has no binary, or if `cargo lambda watch` can't run.
    pub(super) async fn start(
        functions: &[Function],
        options: &HostOptions,
        environment: &BTreeMap<String, String>,
        log: &Log,
    ) -> anyhow::Result<Self> {
        if options.watch {
            return Ok(Self::CargoLambda(Box::new(Watch::start(environment, log).await?)));
        }
        for function in functions {
            let binary = options.binaries.join(&function.name);
            anyhow::ensure!(binary.is_file(), "{} is missing: run `cargo build --bins`", binary.display());
        }
        Ok(Self::Binaries(options.binaries.clone()))
    }

    /// How many invocations of a function run at a time.
    pub(super) fn concurrency(&self, function: &Function) -> usize {
        match self {
            Self::Binaries(_) => function.concurrency.unwrap_or(CONCURRENCY),
            Self::CargoLambda(_) => function.concurrency.map_or(watch::QUEUE, |reserved| reserved.min(watch::QUEUE)),
        }
    }

    /// Ends what runs beside the host, and waits for it.
    pub(super) async fn stop(&self) {
        if let Self::CargoLambda(watch) = self {
            watch.stop().await;
        }
    }

    /// Ends what runs beside the host.
    pub(super) fn close(&self) {
        if let Self::CargoLambda(watch) = self {
            watch.close();
        }
    }
}

/// The variables of all functions together, with those of the host and with who Lambda says they are.
pub(super) fn environment(functions: &[Function], host: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let identity = runtime_api::IDENTITY.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let functions = functions.iter().flat_map(|function| function.environment.clone());
    identity.into_iter().chain(functions).chain(host.clone()).collect()
}

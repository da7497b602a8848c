//! The whole run: customers arrive, everything goes wrong, nothing goes wrong.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use flows::System;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::Options;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use salesforce_simulator::Script;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

use crate::arguments::Arguments;
use crate::calm::{self, Calm};
use crate::chaos;
use crate::customer::Customer;

/// Customers of an organisation, about.
const CUSTOMERS_EACH: u32 = 20;
/// Customers that arrive at a time.
const ARRIVING: usize = 8;
/// What has not arrived by then does not arrive. A message of unknown outcome is sent again after 30 s.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Recovery runs each minute.
const TICK: Duration = Duration::from_mins(1);
/// Often enough that no line is dropped before it is read.
const READ_LOGS: Duration = Duration::from_secs(5);

/// The system, and all who talk through it.
pub(crate) struct Bench {
    pub(crate) arguments: Arguments,
    pub(crate) system: Arc<System>,
    pub(crate) organisations: Vec<String>,
    pub(crate) customers: Vec<Arc<Customer>>,
    ticking: JoinHandle<()>,
}

/// Runs the benchmark and prints what it found; whether everything arrived exactly once and in order.
///
/// # Errors
/// Something did not start, or the output is closed.
pub async fn run(arguments: Arguments, output: &mut (impl Write + Send)) -> anyhow::Result<bool> {
    let began = Instant::now();
    let bench = Bench::open(arguments, Options::default()).await?;
    let Arguments { customers, seed, .. } = arguments;
    let organisations = bench.organisations.len();
    writeln!(output, "{customers} customers of {organisations} organisations, seed {seed}")?;
    let mut is_whole = true;
    if arguments.chaos > 0 {
        let found = chaos::run(&bench).await?;
        is_whole &= found.is_whole();
        writeln!(output, "\n{found}")?;
    }
    if arguments.seconds > 0 {
        let found = calm::run(&bench).await?;
        is_whole &= found.is_whole();
        writeln!(output, "\n{found}")?;
    }
    writeln!(output, "\n{} s in all", began.elapsed().as_secs())?;
    Ok(is_whole)
}

/// Only measures the delay, of functions that are started in some way.
pub(crate) async fn calm(arguments: Arguments, options: Options) -> anyhow::Result<Calm> {
    calm::run(&Bench::open(arguments, options).await?).await
}

impl Bench {
    async fn open(arguments: Arguments, options: Options) -> anyhow::Result<Self> {
        let system = Arc::new(System::start_with(options).await?);
        let names = 0..arguments.customers.div_ceil(CUSTOMERS_EACH);
        let organisations: Vec<_> = names.map(|number| format!("organisation-{number}")).collect();
        for organisation in &organisations {
            system.live_organisation(organisation, "omniChannelFlow", Script::agent_joins("Grace Hopper")).await?;
            system.salesforce().change_messaging(organisation, |messaging| {
                (messaging.tokens_per_minute, messaging.messages_per_minute) = (usize::MAX, usize::MAX);
            });
        }
        let arriving = stream::iter(0..arguments.customers).map(|index| {
            let organisation = &organisations[index as usize % organisations.len()];
            let system = &system;
            async move { Customer::arrive(system, index, organisation).await.map(Arc::new) }
        });
        let customers = arriving.buffer_unordered(ARRIVING).try_collect().await?;
        let ticking = tokio::spawn(tick(Arc::clone(&system)));
        Ok(Self { arguments, system, organisations, customers, ticking })
    }

    /// A source of random choices for one purpose.
    pub(crate) fn random(&self, purpose: u64) -> StdRng {
        StdRng::seed_from_u64(self.arguments.seed.wrapping_mul(31).wrapping_add(purpose))
    }

    /// Lets agents write to random customers for so long.
    pub(crate) async fn agents_write(&self, seconds: u64, mut random: StdRng) -> anyhow::Result<usize> {
        let mut turn = interval(Duration::from_secs(1) / self.arguments.rate);
        let messages = usize::try_from(u64::from(self.arguments.rate) * seconds)?;
        for _ in 0..messages {
            turn.tick().await;
            self.any_customer(&mut random).hear()?;
        }
        Ok(messages)
    }

    pub(crate) fn any_customer(&self, random: &mut StdRng) -> &Arc<Customer> {
        &self.customers[random.random_range(0..self.customers.len())]
    }

    pub(crate) fn any_organisation(&self, random: &mut StdRng) -> &str {
        self.organisations.choose(random).map_or("", String::as_str)
    }

    /// How many event streams Salesforce has open.
    pub(crate) fn streams(&self) -> usize {
        let salesforce = self.system.salesforce();
        self.organisations.iter().map(|organisation| salesforce.streams(organisation)).sum()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.ticking.abort();
    }
}

async fn tick(system: Arc<System>) {
    let (mut ticks, mut logs) = (interval(TICK), interval(READ_LOGS));
    loop {
        tokio::select! {
            _ = ticks.tick() => system.stack.tick(),
            _ = logs.tick() => system.read_logs(),
        }
    }
}

/// Waits until something holds, but not for ever: then it is as it is.
pub(crate) async fn wait_until(holds: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut look = interval(LOOK_AGAIN);
    let waited = timeout(LONGEST_WAIT, async {
        loop {
            look.tick().await;
            if holds().await? {
                return anyhow::Ok(());
            }
        }
    });
    waited.await.unwrap_or(Ok(()))
}

/// The same, and fails if it never holds.
pub(crate) async fn must_become(what: &str, holds: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    wait_until(&holds).await?;
    ensure!(holds().await?, "{what}");
    Ok(())
}

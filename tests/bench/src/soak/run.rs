//! The whole run: escalations and trouble, then time, then the verdict.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flows::System;
use futures_util::{StreamExt as _, stream};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval, timeout};

use super::arguments::Arguments;
use super::customer::Customer;
use super::evidence::Evidence;
use super::organisation::ALL;
use super::plan::Plan;
use super::report::Report;
use super::settle::{list, settle};
use super::trouble;
use super::verdict::Wrong;

/// Customers at once: more wait until one of them is done.
const MOST_CUSTOMERS: usize = 200;
/// Recovery runs each minute in AWS, and far more often here, so that more happens.
const TICK: Duration = Duration::from_secs(1);
/// Ticks after which the logs are read.
const LOGS_EVERY: u64 = 5;
/// Ticks after which the progress is printed.
const PROGRESS_EVERY: u64 = 60;
/// What a customer has not done by then, after the trouble, is never done.
const LONGEST_ACT: Duration = Duration::from_mins(4);
/// Escalations that are judged at a time.
const JUDGED: usize = 4;

/// Customers, each with how often the request was repeated.
type Customers = Vec<(Arc<Customer>, usize)>;

/// Runs the soak and prints what it found; whether nothing was lost, doubled or otherwise wrong.
///
/// # Errors
/// Something did not start, or the output is closed.
pub async fn run(arguments: Arguments, output: &mut (impl Write + Send)) -> anyhow::Result<bool> {
    let Arguments { minutes, rate, seed } = arguments;
    let system = Arc::new(System::start().await?);
    for organisation in ALL {
        organisation.make(&system).await?;
    }
    writeln!(output, "{minutes} minutes, {rate} escalations a second, {} organisations, seed {seed}", ALL.len())?;
    let ticking = tokio::spawn(tick(Arc::clone(&system)));
    let lasts = Duration::from_mins(minutes);
    let trouble = trouble::make(&system, lasts, StdRng::seed_from_u64(seed));
    let (mishaps, customers) = tokio::join!(trouble, escalate(&system, arguments, output));
    stop(ticking).await;
    let customers = customers?;
    let settling = settle(&system, output).await?;
    let mut report = Report::new(mishaps, settling);
    judge(&system, &customers, &mut report).await?;
    writeln!(output, "\n{report}")?;
    Ok(report.is_clean())
}

async fn tick(system: Arc<System>) {
    let mut ticks = interval(TICK);
    for number in 1_u64.. {
        ticks.tick().await;
        system.stack.tick();
        if number.is_multiple_of(LOGS_EVERY) {
            system.read_logs();
        }
    }
}

async fn stop(ticking: JoinHandle<()>) {
    ticking.abort();
    // It ends because it was told to.
    drop(ticking.await);
}

/// Lets customers come until the time is over, and waits for all of them.
async fn escalate(
    system: &Arc<System>,
    Arguments { minutes, rate, seed }: Arguments,
    output: &mut (impl Write + Send),
) -> anyhow::Result<Customers> {
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(seed.wrapping_mul(31));
    let places = Arc::new(Semaphore::new(MOST_CUSTOMERS));
    let (mut customers, mut acting) = (Vec::new(), JoinSet::new());
    let mut turn = interval(Duration::from_secs(1) / rate);
    while began.elapsed() < Duration::from_mins(minutes) {
        turn.tick().await;
        let place = Arc::clone(&places).acquire_owned().await?;
        let organisation = ALL.choose(&mut random).copied().unwrap_or(ALL[0]);
        let plan = Plan::draw(&mut random, &organisation);
        let customer = Customer::new(system, organisation, format!("customer-{}", customers.len() + 1));
        customers.push((Arc::clone(&customer), plan.repeats.len()));
        acting.spawn(async move {
            customer.act(&plan).await;
            drop(place);
        });
        while acting.try_join_next().is_some() {}
        if (customers.len() as u64).is_multiple_of(PROGRESS_EVERY * u64::from(rate)) {
            let (seconds, come) = (began.elapsed().as_secs(), customers.len());
            writeln!(output, "{seconds} s: {come} customers have come, {} are there", acting.len())?;
        }
    }
    // Who is not done by then is judged by what was accepted.
    drop(timeout(LONGEST_ACT, async { while acting.join_next().await.is_some() {} }).await);
    Ok(customers)
}

async fn judge(system: &System, customers: &Customers, report: &mut Report) -> anyhow::Result<()> {
    let cases: HashMap<_, _> = ALL.map(|own| (own.id, system.salesforce().cases(own.id))).into();
    let mut gathered = stream::iter(customers)
        .map(async |(customer, repeats)| {
            let evidence = Evidence::gather(system, customer, &cases[customer.organisation.id]).await;
            (customer, *repeats, evidence)
        })
        .buffer_unordered(JUDGED);
    while let Some((customer, repeats, evidence)) = gathered.next().await {
        match evidence {
            Ok(evidence) => report.add(&evidence, repeats),
            Err(error) => report.find(Wrong::Lost, format!("{}: {error:#}", customer.name)),
        }
    }
    for organisation in ALL {
        let own = customers.iter().filter(|(customer, _)| customer.organisation.id == organisation.id);
        let told: HashSet<_> = own.flat_map(|(customer, _)| customer.learned().ids.clone()).collect();
        for escalation in list(system, organisation.id, "").await? {
            if !escalation["escalationId"].as_str().is_some_and(|id| told.contains(id)) {
                report.find(Wrong::Doubled, format!("nobody was told of {escalation}"));
            }
        }
    }
    system.leaks().into_iter().for_each(|leak| report.find(Wrong::Surprise, leak));
    Ok(())
}

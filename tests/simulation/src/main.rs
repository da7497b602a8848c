//! Plays the histories of many seeds, or shows the history of one.

mod organisations;
mod report;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use simulation::{Detail, Options, Plant, play, shrink};

use report::Report;

/// Histories are made of small allocations: with the system's allocator they take half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Histories that fail, and are shown shrunk.
const SHOWN: usize = 1;

/// What is played.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// One history for each seed.
    Histories,
    /// Each planted bug in turn, until a seed finds it.
    Plants,
    /// A hundred organisations, with the first's org up and down: whether that takes any other longer.
    Organisations,
}

/// Simulates the whole system, one seed a history, and checks its invariants.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(value_enum, default_value_t = What::Histories)]
    what: What,
    /// How many seeds.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Shows the history of this seed instead.
    #[arg(long)]
    seed: Option<u64>,
    /// Shows each outside call too.
    #[arg(long)]
    calls: bool,
    /// Shows the whole history, not only what its first violation needs.
    #[arg(long)]
    whole: bool,
    /// Threads; each plays whole histories.
    #[arg(long, default_value_t = thread::available_parallelism().map_or(1, NonZeroUsize::get))]
    jobs: usize,
    /// A planted bug.
    #[arg(long)]
    plant: Option<Plant>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let is_clean = match (arguments.what, arguments.seed) {
        (What::Histories, Some(seed)) => show(seed, &arguments)?,
        (What::Histories, None) => play_all(&arguments)?,
        (What::Plants, _) => find_plants(&arguments)?,
        (What::Organisations, _) => organisations::compare(arguments.from)?,
    };
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows a seed's history, shrunk if it fails; whether it does not.
#[expect(clippy::print_stdout, reason = "it is a command")]
fn show(seed: u64, arguments: &Arguments) -> anyhow::Result<bool> {
    let detail = if arguments.calls { Detail::Calls } else { Detail::Events };
    let options = Options { plant: arguments.plant, ..Options::default() };
    let smallest = if arguments.whole { options } else { shrink(seed, &options)? };
    let played = play(seed, &Options { detail, ..smallest })?;
    println!("seed {seed}\n{}", played.history);
    played.violations.iter().for_each(|violation| println!("VIOLATION {violation}"));
    Ok(played.violations.is_empty())
}

#[expect(clippy::print_stdout, reason = "it is a command")]
fn play_all(arguments: &Arguments) -> anyhow::Result<bool> {
    let began = Instant::now();
    let report = Mutex::new(Report::default());
    let next = AtomicU64::new(arguments.from);
    in_parallel(arguments.jobs, || work(arguments, &next, &report))?;
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", report.summary(began.elapsed()));
    for seed in report.failed.keys().take(SHOWN) {
        show(*seed, arguments)?;
    }
    Ok(report.failed.is_empty())
}

/// Plays one seed after another.
fn work(arguments: &Arguments, next: &AtomicU64, report: &Mutex<Report>) -> anyhow::Result<()> {
    let options = Options { plant: arguments.plant, ..Options::default() };
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= arguments.from + arguments.seeds {
            return Ok(());
        }
        let played = play(seed, &options)?;
        report.lock().unwrap_or_else(PoisonError::into_inner).add(seed, played);
    }
}

/// Whether each planted bug is found.
fn find_plants(arguments: &Arguments) -> anyhow::Result<bool> {
    let plants = Mutex::new(Plant::value_variants().iter());
    let all_found = AtomicBool::new(true);
    in_parallel(arguments.jobs, || {
        let next = || plants.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some(plant) = next() {
            let is_found = find_plant(*plant, arguments)?;
            all_found.fetch_and(is_found, Ordering::Relaxed);
        }
        Ok(())
    })?;
    Ok(all_found.into_inner())
}

/// Does the same in several threads.
fn in_parallel(jobs: usize, work: impl Fn() -> anyhow::Result<()> + Sync) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(&work)).collect();
        jobs.into_iter().try_for_each(|job| job.join().unwrap_or_else(|_| anyhow::bail!("a history panicked")))
    })
}

/// Looks for the first seed that finds a planted bug, and tells how.
#[expect(clippy::print_stdout, reason = "it is a command")]
fn find_plant(plant: Plant, arguments: &Arguments) -> anyhow::Result<bool> {
    let options = Options { plant: Some(plant), ..Options::default() };
    for seed in arguments.from..arguments.from + arguments.seeds {
        let played = play(seed, &options)?;
        let Some(violation) = played.violations.first() else { continue };
        // What goes wrong without the bug too does not find it.
        if play(seed, &Options::default())?.violations.is_empty() {
            println!("{plant:?}: found by {} seeds: {}", seed - arguments.from + 1, violation.invariant);
            return Ok(true);
        }
    }
    println!("{plant:?}: NOT FOUND by {} seeds", arguments.seeds);
    Ok(false)
}

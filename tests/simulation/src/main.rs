//! Plays the histories of many seeds, or shows the history of one.

mod report;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use clap::{Parser, ValueEnum as _};
use simulation::{Detail, Options, Plant, play, shrink};

use report::Report;

/// Histories are made of small allocations: with the system's allocator they take half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Histories that fail, and are shown shrunk.
const SHOWN: usize = 1;

/// Simulates the whole system, one seed a history, and checks its invariants.
#[derive(Debug, Parser)]
struct Arguments {
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
    /// Plants each bug in turn, and looks for the first seed that finds it.
    #[arg(long)]
    plants: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let is_clean = match arguments.seed {
        Some(seed) => show(seed, &arguments)?,
        None if arguments.plants => find_plants(&arguments)?,
        None => play_all(&arguments)?,
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
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..arguments.jobs).map(|_| scope.spawn(|| work(arguments, &next, &report))).collect();
        jobs.into_iter().try_for_each(|job| job.join().unwrap_or_else(|_| anyhow::bail!("a history panicked")))
    })?;
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
#[expect(clippy::print_stdout, reason = "it is a command")]
fn find_plants(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut all_found = true;
    for plant in Plant::value_variants() {
        let found = find_plant(*plant, arguments)?;
        all_found &= found.is_some();
        println!("{plant:?}: {}", found.unwrap_or_else(|| "NOT FOUND".to_owned()));
    }
    Ok(all_found)
}

/// The first seed that finds a planted bug, and how.
fn find_plant(plant: Plant, arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let options = Options { plant: Some(plant), ..Options::default() };
    for seed in arguments.from..arguments.from + arguments.seeds {
        let played = play(seed, &options)?;
        let Some(violation) = played.violations.first() else { continue };
        // What goes wrong without the bug too does not find it.
        if play(seed, &Options::default())?.violations.is_empty() {
            let number = seed - arguments.from + 1;
            return Ok(Some(format!("found by {number} seeds: {}", violation.invariant)));
        }
    }
    Ok(None)
}

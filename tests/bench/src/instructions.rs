//! How many instructions the pure parts take, as Callgrind counts them: the same number on a busy machine as on a quiet one.
//!
//! What is recorded is in `tests/bench/instructions.json`.

mod parts;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::Parser;

use parts::PARTS;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
/// Runs of a part, once so many and once twice as many: the difference is without the program's start.
const TIMES: u64 = 20;
/// In percent; libraries and compilers change a little.
const MOST_RISE: u64 = 10;

type Counts = BTreeMap<String, u64>;

/// Counts the instructions of the pure parts, and fails if one takes over 10 % more than was recorded. Needs valgrind.
#[derive(Clone, Debug, Parser)]
#[command(name = "instructions")]
pub struct Arguments {
    /// Record what is counted
    #[arg(long)]
    write: bool,
    /// Only run a part, which valgrind counts
    #[arg(long, hide = true)]
    part: Option<String>,
    /// How often
    #[arg(long, hide = true, default_value_t = 0)]
    times: u64,
}

/// Counts, and prints or records what was counted; whether nothing takes much more than it did.
///
/// # Errors
/// Valgrind is not installed, or nothing was recorded.
pub fn run(arguments: &Arguments, output: &mut impl Write) -> anyhow::Result<bool> {
    if let Some(name) = &arguments.part {
        let (_, part) = PARTS.iter().find(|(known, _)| known == name).context("no such part")?;
        parts::repeat(*part, arguments.times)?;
        return Ok(true);
    }
    let mut counts = Counts::new();
    for (name, _) in PARTS {
        let [once, twice] = [count(name, TIMES)?, count(name, 2 * TIMES)?];
        counts.insert(name.to_owned(), (twice - once) / TIMES);
    }
    if arguments.write {
        std::fs::write(RECORD, serde_json::to_string_pretty(&counts)? + "\n")?;
    }
    let recorded: Counts = serde_json::from_str(&std::fs::read_to_string(RECORD).context("nothing is recorded")?)?;
    for (name, count) in &counts {
        let before = recorded.get(name).map(ToString::to_string).unwrap_or_default();
        writeln!(output, "{name:<24}{count:>12} instructions, recorded {before}")?;
    }
    let risen = risen(&recorded, &counts);
    risen.iter().try_for_each(|name| writeln!(output, "{name} takes over {MOST_RISE} % more than recorded"))?;
    Ok(risen.is_empty())
}

/// All instructions of this program when it runs a part.
fn count(part: &str, times: u64) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe()?);
    let run = command.args(["--part", part, "--times", &times.to_string()]).output().context("valgrind is missing")?;
    let told = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "{told}");
    collected(&told)
}

fn collected(told: &str) -> anyhow::Result<u64> {
    let (_, count) = told.rsplit_once("Collected :").context("no count")?;
    Ok(count.split_whitespace().next().context("no count")?.parse()?)
}

/// Parts that take much more than recorded, and those of which nothing is recorded.
fn risen<'a>(recorded: &Counts, counts: &'a Counts) -> Vec<&'a str> {
    let is_risen = |(name, count): &(&String, &u64)| {
        recorded.get(*name).is_none_or(|recorded| *count * 100 > recorded * (100 + MOST_RISE))
    };
    counts.iter().filter(is_risen).map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: u64) -> Counts {
        [("part".to_owned(), count)].into()
    }

    #[test]
    fn a_rise_of_more_than_ten_percent_is_told() {
        assert!(risen(&counts(1_000), &counts(1_100)).is_empty());
        assert_eq!(risen(&counts(1_000), &counts(1_101)), ["part"]);
        assert!(risen(&counts(1_000), &counts(10)).is_empty());
    }

    #[test]
    fn a_part_that_was_never_recorded_is_told() {
        assert_eq!(risen(&Counts::new(), &counts(1)), ["part"]);
    }

    #[test]
    fn the_count_is_the_last_thing_that_callgrind_tells() {
        let told = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n==7== I   refs:      123,456\n";
        assert_eq!(collected(told).unwrap(), 123_456);
        assert!(collected("valgrind: no such program").is_err());
    }

    #[test]
    fn each_part_does_something_and_is_recorded() {
        let recorded: Counts = serde_json::from_str(&std::fs::read_to_string(RECORD).unwrap()).unwrap();
        let names: Vec<_> = PARTS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(recorded.into_keys().collect::<Vec<_>>(), sorted);
        for (name, part) in PARTS {
            assert!(parts::repeat(part, 2).unwrap() > 0, "{name}");
        }
    }
}

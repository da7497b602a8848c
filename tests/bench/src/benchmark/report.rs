//! All that was measured: tables, JSON and pictures.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::goal::Goal;
use super::growth::{self, Growth};
use super::memory::{self, Peak};
use super::picture;
use super::recovery::{self, Tick};
use super::relay::{self, Delay};
use super::requests::{self, Requests};
use super::size::{self, Artefact};
use super::start::{self, Starts};
use super::warm::{self, Warm};

/// What was measured; parts that were not wanted are none.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) profile: String,
    pub(super) rounds: u32,
    pub(super) start: Option<Vec<Starts>>,
    pub(super) memory: Option<Vec<Peak>>,
    pub(super) warm: Option<Vec<Warm>>,
    pub(super) requests: Option<Requests>,
    pub(super) growth: Option<Vec<Growth>>,
    pub(super) recovery: Option<[Tick; 2]>,
    pub(super) size: Option<Vec<Artefact>>,
    pub(super) relay: Option<Delay>,
    pub(super) goals: Vec<Goal>,
}

impl Report {
    /// Whether all goals of what was measured hold.
    pub(super) fn holds(&self) -> bool {
        self.goals.iter().all(Goal::holds)
    }

    /// Holds what was measured against the goals.
    pub(super) fn judge(&mut self) {
        let goals = [
            self.start.as_deref().map(start::goals),
            self.memory.as_deref().map(memory::goals),
            self.warm.as_deref().map(warm::goals),
            self.requests.as_ref().map(requests::goals),
            self.growth.as_deref().map(growth::goals),
            self.recovery.as_ref().map(recovery::goals),
            self.size.as_deref().map(size::goals),
            self.relay.as_ref().map(relay::goals),
        ];
        self.goals = goals.into_iter().flatten().flatten().collect();
    }

    /// Prints tables.
    pub(super) fn print(&self, output: &mut impl Write) -> anyhow::Result<()> {
        if let Some(starts) = &self.start {
            writeln!(output, "\n{:<26}{:<8}{:>9}   {:<20}", "start to first answer, ms", "", "median", "middle half")?;
            for Starts { function, worker, answered, cpu, .. } in starts {
                writeln!(output, "{function:<26}{:<8}{answered}   CPU {:.2}", worker.name(), cpu.median)?;
            }
        }
        if let Some(warm) = &self.warm {
            writeln!(output, "\n{:<26}{:<8}{:>9}   {:<20}", "one more escalation, ms", "", "median", "middle half")?;
            for warm in warm {
                let (function, worker) = (warm.function(), warm.worker.name());
                writeln!(output, "{function:<26}{worker:<8}{}   from event to answer", warm.elapsed)?;
                writeln!(output, "{function:<26}{worker:<8}{}   CPU", warm.cpu)?;
            }
        }
        for growth in self.growth.iter().flatten() {
            writeln!(
                output,
                "\n{}, CPU ms: {:.2} and {:.2} for each MB, R² {:.4}",
                growth.function, growth.line.base, growth.line.slope, growth.line.r_squared
            )?;
            for point in &growth.points {
                writeln!(output, "{:>10.3} MB {}", point.megabytes, point.cpu)?;
            }
        }
        for Tick { stored, driven, used } in self.recovery.iter().flatten() {
            writeln!(output, "\nrecovery, {stored} stored, {driven} driven: {used:?}")?;
        }
        if let Some(delay) = &self.relay {
            writeln!(output, "\n{delay}")?;
        }
        writeln!(output)?;
        self.goals.iter().try_for_each(|goal| Ok(writeln!(output, "{goal}")?))
    }

    /// Writes `results.json` and the pictures into a folder.
    pub(super) fn save(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("results.json"), serde_json::to_string_pretty(self)? + "\n")?;
        if let Some(starts) = &self.start {
            let bars = starts
                .iter()
                .map(|starts| (format!("{} · {}", starts.function, starts.worker.name()), starts.answered));
            fs::write(
                folder.join("start.svg"),
                picture::bars("Start to first answer", "ms", &bars.collect::<Vec<_>>()),
            )?;
        }
        if let Some(warm) = &self.warm {
            let bars = warm.iter().map(|warm| (format!("{} · {}", warm.function(), warm.worker.name()), warm.cpu));
            fs::write(
                folder.join("warm.svg"),
                picture::bars("CPU time of one more escalation", "ms", &bars.collect::<Vec<_>>()),
            )?;
        }
        if let Some(growth) = &self.growth {
            let bars = growth.iter().flat_map(|growth| {
                growth
                    .points
                    .iter()
                    .map(|point| (format!("{} · {:.3} MB", growth.function, point.megabytes), point.cpu))
            });
            fs::write(
                folder.join("growth.svg"),
                picture::bars("CPU time by size of the conversation", "ms", &bars.collect::<Vec<_>>()),
            )?;
        }
        Ok(())
    }
}

//! One more escalation, in a process that has done some: time and CPU time.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::Serialize;

use super::goal::Goal;
use super::program::Worker;
use super::sandbox::{Program, Sandbox};
use super::spread::Spread;
use super::stage::Stage;
use super::start::{Recording, milliseconds};

/// Escalations of each worker in one round.
const BATCH: u32 = 10;
/// Rounds that are not measured: just-in-time compilers have seen the work then.
const UNMEASURED: u32 = 3;
const WORKS: [&str; 2] = ["case-creation", "messaging-session-start"];

/// What a worker takes for one escalation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Warm {
    function: &'static str,
    pub(super) worker: Worker,
    /// Milliseconds from event to answer.
    pub(super) elapsed: Spread,
    /// CPU milliseconds, of each round's mean.
    pub(super) cpu: Spread,
    /// At the end.
    peak_megabytes: f64,
}

impl Warm {
    pub(super) fn function(&self) -> &'static str {
        self.function
    }
}

#[derive(Default)]
struct Taken {
    elapsed: Vec<f64>,
    cpu: Vec<f64>,
}

/// A process that works, round after round.
struct Running {
    program: Program,
    sandbox: Sandbox,
    taken: Taken,
}

/// Lets each worker do so many rounds, in turn.
pub(super) async fn run(stage: &Stage, rounds: u32) -> anyhow::Result<Vec<Warm>> {
    let mut all = Vec::new();
    for function in WORKS {
        let before = stage.made();
        let recording = Recording::of(stage, function).await?;
        let mut running = BTreeMap::new();
        for worker in Worker::ALL {
            let program = stage.program(worker, function)?;
            let event = stage.event_for(worker, function, &recording).await?;
            let (sandbox, _) = Sandbox::first(&program, event).await?;
            running.insert(worker, Running { program, sandbox, taken: Taken::default() });
        }
        for round in 0..UNMEASURED + rounds {
            for (worker, running) in &mut running {
                round_of(stage, *worker, function, &recording, running, round >= UNMEASURED).await?;
            }
        }
        all_were_made(stage, function, before, rounds)?;
        for (worker, Running { sandbox, taken, .. }) in running {
            let peak_megabytes = super::memory::megabytes(sandbox.peak_memory()?);
            sandbox.end().await?;
            let (elapsed, cpu) = (Spread::of(taken.elapsed), Spread::of(taken.cpu));
            all.push(Warm { function, worker, elapsed, cpu, peak_megabytes });
        }
    }
    Ok(all)
}

async fn round_of(
    stage: &Stage,
    worker: Worker,
    function: &str,
    recording: &Recording,
    running: &mut Running,
    is_measured: bool,
) -> anyhow::Result<()> {
    let mut events = Vec::new();
    for _ in 0..BATCH {
        events.push(stage.event_for(worker, function, recording).await?);
    }
    let before = running.sandbox.cpu()?;
    let mut elapsed = Vec::new();
    for event in events {
        elapsed.push(milliseconds(running.sandbox.next(&running.program, event).await?.elapsed));
    }
    if is_measured {
        let cpu = milliseconds(running.sandbox.cpu()?.since(&before)) / f64::from(BATCH);
        running.taken.cpu.push(cpu);
        running.taken.elapsed.extend(elapsed);
    }
    Ok(())
}

/// Whether Salesforce has all that ours and the peers were to make. What the floor makes is in another org.
fn all_were_made(stage: &Stage, function: &str, before: (usize, usize), rounds: u32) -> anyhow::Result<()> {
    let (cases, conversations) = stage.made();
    let made = if function == "case-creation" { cases - before.0 } else { conversations - before.1 };
    let expected = usize::try_from((1 + BATCH * (UNMEASURED + rounds)) * 3)?;
    ensure!(made == expected, "{made} of {expected} were made by {function} and its peers");
    Ok(())
}

/// Such a part of what the peers take.
pub(super) fn goals(warm: &[Warm]) -> Vec<Goal> {
    let cpu = |function: &str, worker| {
        let found = warm.iter().find(|warm| warm.function == function && warm.worker == worker);
        found.map_or(f64::NAN, |warm| warm.cpu.median)
    };
    let limits = [(Worker::Python, 1.0 / 10.0), (Worker::Node, 1.0 / 5.0)];
    let goal = |function: &str, (peer, limit): (Worker, f64)| {
        let name = format!("CPU of an escalation in {function}, over that in {}", peer.name());
        Goal::ratio(name, limit, cpu(function, Worker::Own), cpu(function, peer))
    };
    WORKS.iter().flat_map(|function| limits.map(|limit| goal(function, limit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_held_against_both_peers() {
        let warm = |worker, cpu| Warm {
            function: "case-creation",
            worker,
            elapsed: Spread::of([1.0]),
            cpu: Spread::of([cpu]),
            peak_megabytes: 1.0,
        };
        let goals = goals(&[warm(Worker::Own, 1.0), warm(Worker::Python, 11.0), warm(Worker::Node, 4.0)]);
        assert_eq!(goals.iter().map(Goal::holds).collect::<Vec<_>>(), [true, false, false, false]);
    }
}

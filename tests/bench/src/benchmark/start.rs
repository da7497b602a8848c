//! From a process's start to its first answer.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use axum::body::Bytes;
use flows::FUNCTIONS;
use serde::Serialize;
use serde_json::Value;
use shared::ids::{Ids as _, RandomIds};

use super::goal::Goal;
use super::program::{Worker, is_with_peers};
use super::sandbox::Sandbox;
use super::script::Script;
use super::spread::Spread;
use super::stage::{Organisations, Stage, Work};

/// Processes that are started before any is measured: their files are read from the disk then.
const UNMEASURED: u32 = 2;

/// What one worker's starts of one function took.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Starts {
    pub(super) function: &'static str,
    pub(super) worker: Worker,
    /// Milliseconds until the first answer.
    pub(super) answered: Spread,
    /// CPU milliseconds until then.
    pub(super) cpu: Spread,
    /// Outside calls of the first answer, if the floor makes them too.
    pub(super) calls: usize,
}

/// What the floor must do to do a function's outside calls.
pub(super) struct Recording {
    script: Script,
    names: Vec<String>,
    new_escalation: Option<String>,
}

impl Recording {
    /// Lets a function answer once, and keeps what it called.
    pub(super) async fn of(stage: &Stage, function: &str) -> anyhow::Result<Self> {
        let work = stage.work(function, Organisations::Recorded).await?;
        drop(stage.recorder.take()?);
        let program = stage.recorded_program(function);
        Sandbox::first(&program, work.event).await?.0.end().await?;
        let script = stage.recorder.take()?;
        ensure!(script.calls()? > 0, "{function} calls nothing outside");
        let new_escalation =
            Some(()).filter(|()| function == "escalation-intake").and_then(|()| script.new_escalation());
        Ok(Self { script, names: work.names, new_escalation })
    }

    /// The floor's event for other work of the same kind.
    pub(super) fn event(&self, stage: &Stage, work: Work) -> Bytes {
        let recorder = stage.recorder.url(super::recorder::Service::Salesforce).trim_start_matches("http://");
        let mut replaced = self.names.clone();
        let mut by = work.names;
        replaced.extend(self.new_escalation.clone());
        by.extend(self.new_escalation.is_some().then(|| RandomIds.uuid().to_string()));
        replaced.push(recorder.to_owned());
        by.push(stage.system.salesforce_host().to_owned());
        self.script.event(&replaced, &by)
    }
}

impl Stage {
    /// An event by which a worker does a function's work.
    pub(super) async fn event_for(&self, worker: Worker, function: &str, floor: &Recording) -> anyhow::Result<Bytes> {
        if worker == Worker::Floor {
            return Ok(floor.event(self, self.work(function, Organisations::Recorded).await?));
        }
        Ok(self.work(function, Organisations::Measured).await?.event)
    }
}

/// Starts each function by each worker so many times, in turn.
pub(super) async fn run(stage: &Stage, rounds: u32) -> anyhow::Result<Vec<Starts>> {
    let mut all = Vec::new();
    for function in FUNCTIONS {
        let recording = Recording::of(stage, function).await?;
        let mut took = BTreeMap::<Worker, Vec<(f64, f64)>>::new();
        for round in 0..UNMEASURED + rounds {
            for worker in Worker::of(function) {
                let event = stage.event_for(*worker, function, &recording).await?;
                if round < UNMEASURED && *worker != Worker::Floor {
                    // Each shows that it can log in.
                    stage.forget_session().await?;
                }
                let program = stage.program(*worker, function)?;
                let (sandbox, answered) = Sandbox::first(&program, event).await?;
                sandbox.end().await?;
                is_done(*worker, function, &answered.answer)?;
                if round >= UNMEASURED {
                    let pair = (milliseconds(answered.elapsed), milliseconds(answered.cpu));
                    took.entry(*worker).or_default().push(pair);
                }
            }
        }
        let calls = recording.script.calls()?;
        all.extend(took.into_iter().map(|(worker, took)| Starts {
            function,
            worker,
            answered: Spread::of(took.iter().map(|pair| pair.0)),
            cpu: Spread::of(took.iter().map(|pair| pair.1)),
            calls,
        }));
    }
    Ok(all)
}

/// The floor answers nothing; that its calls succeed is its own to see.
fn is_done(worker: Worker, function: &str, answer: &Value) -> anyhow::Result<()> {
    let is_done = match (worker, function) {
        (Worker::Floor, _) => true,
        (_, "case-creation") => answer["status"] == "caseCreated",
        (_, "messaging-session-start") => answer["status"] == "waiting",
        _ => true,
    };
    ensure!(is_done, "{function}, {}: {answer}", worker.name());
    Ok(())
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// At most so many times the floor, and such a part of what the peers take.
pub(super) fn goals(starts: &[Starts]) -> Vec<Goal> {
    let median = |function: &str, worker| {
        let found = starts.iter().find(|starts| starts.function == function && starts.worker == worker);
        found.map_or(f64::NAN, |starts| starts.answered.median)
    };
    let mut goals = Vec::new();
    for function in FUNCTIONS {
        let own = median(function, Worker::Own);
        let floor = median(function, Worker::Floor);
        goals.push(Goal::ratio(format!("start of {function}, over the floor's"), 1.25, own, floor));
        if is_with_peers(function) {
            let peers = [(Worker::Python, 1.0 / 20.0), (Worker::Node, 1.0 / 15.0)];
            goals.extend(peers.map(|(peer, limit)| {
                let name = format!("start of {function}, over that in {}", peer.name());
                Goal::ratio(name, limit, own, median(function, peer))
            }));
        }
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(worker: Worker, milliseconds: f64) -> Starts {
        let (answered, cpu) = (Spread::of([milliseconds]), Spread::of([1.0]));
        Starts { function: "case-creation", worker, answered, cpu, calls: 4 }
    }

    #[test]
    fn a_function_is_held_against_the_floor_and_its_peers() {
        let measured = [
            starts(Worker::Own, 12.0),
            starts(Worker::Floor, 10.0),
            starts(Worker::Python, 300.0),
            starts(Worker::Node, 100.0),
        ];
        let goals = goals(&measured);
        let of_case: Vec<_> = goals.iter().filter(|goal| goal.to_string().contains("case-creation")).collect();
        assert_eq!(of_case.iter().map(|goal| goal.holds()).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(goals.len(), 8 + 4, "each function, and two with two peers");
    }

    #[test]
    fn a_function_that_was_not_started_misses_its_goals() {
        assert!(!goals(&[]).iter().any(Goal::holds));
    }
}

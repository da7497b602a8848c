//! CPU time by the length of the conversation.

use serde::Serialize;

use super::goal::Goal;
use super::memory::{SIZES, megabytes};
use super::program::Worker;
use super::sandbox::Sandbox;
use super::spread::{Line, Spread, bend};
use super::stage::{Organisations, Stage};
use super::start::milliseconds;

const FUNCTIONS: [&str; 2] = ["escalation-intake", "case-creation"];
/// Escalations of each size that are not measured.
const UNMEASURED: u32 = 2;
/// From 1 MB to 4 MB, a megabyte costs at most so many times what it costs up to 1 MB.
const STRAIGHT: f64 = 1.25;

/// What a function takes for conversations of several sizes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Growth {
    pub(super) function: &'static str,
    pub(super) points: Vec<Point>,
    /// CPU milliseconds by megabytes.
    pub(super) line: Line,
    /// 1 if the last megabytes cost what those before them do.
    pub(super) bend: f64,
}

/// One size.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    pub(super) megabytes: f64,
    /// CPU milliseconds of an escalation.
    pub(super) cpu: Spread,
}

/// Lets a warm process of each function work on each size so many times.
pub(super) async fn run(stage: &Stage, rounds: u32) -> anyhow::Result<Vec<Growth>> {
    let mut all = Vec::new();
    for function in FUNCTIONS {
        let program = stage.program(Worker::Own, function)?;
        let first = stage.work(function, Organisations::Measured).await?;
        let (sandbox, _) = Sandbox::first(&program, first.event).await?;
        let mut points = Vec::new();
        for size in SIZES {
            let body = Stage::conversation_of(size);
            let mut cpu = Vec::new();
            for round in 0..UNMEASURED + rounds {
                let work = stage.work_on(function, Organisations::Measured, &body).await?;
                let answered = sandbox.next(&program, work.event).await?;
                cpu.extend((round >= UNMEASURED).then(|| milliseconds(answered.cpu)));
            }
            points.push(Point { megabytes: megabytes(body.to_string().len() as u64), cpu: Spread::of(cpu) });
        }
        sandbox.end().await?;
        all.push(Growth::of(function, points));
    }
    Ok(all)
}

impl Growth {
    fn of(function: &'static str, points: Vec<Point>) -> Self {
        let pairs: Vec<_> = points.iter().map(|point| (point.megabytes, point.cpu.median)).collect();
        Self { function, points, line: Line::through(&pairs), bend: bend(&pairs) }
    }
}

/// A straight line.
pub(super) fn goals(growth: &[Growth]) -> Vec<Goal> {
    let goal = |growth: &Growth| {
        let name = format!("CPU of a further megabyte in {}, 1 to 4 MB over up to 1 MB", growth.function);
        Goal::at_most(name, STRAIGHT, growth.bend, "x")
    };
    growth.iter().map(goal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(of: fn(f64) -> f64) -> Growth {
        let point = |megabytes| Point { megabytes, cpu: Spread::of([of(megabytes)]) };
        Growth::of("case-creation", [0.001, 0.01, 0.1, 1.0, 4.0].map(point).into())
    }

    #[test]
    fn what_is_linear_holds_whatever_its_base_and_what_is_not_does_not() {
        let goals = goals(&[growth(|x| 7.0 + 30.0 * x), growth(|x| 7.0 + 30.0 * x * x)]);
        assert_eq!(goals.iter().map(Goal::holds).collect::<Vec<_>>(), [true, false]);
    }
}

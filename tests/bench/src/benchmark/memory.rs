//! Peak memory after a body of each of several sizes.

use flows::FUNCTIONS;
use serde::Serialize;

use super::goal::Goal;
use super::program::Worker;
use super::sandbox::Sandbox;
use super::stage::{Organisations, Stage};

/// Bytes of the conversations.
pub(super) const SIZES: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 4_000_000];
const MEGABYTE: f64 = 1e6;
/// What a function may take without a body, in megabytes.
const BASE: f64 = 25.0;
const TIMES_BODY: f64 = 6.0;

/// What a function's process had at most.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Peak {
    function: &'static str,
    /// Of the escalation, as JSON.
    body_megabytes: f64,
    /// Of the process.
    had_megabytes: f64,
}

/// Functions in whose work the whole conversation is.
fn is_with_conversation(function: &str) -> bool {
    matches!(function, "escalation-intake" | "case-creation" | "messaging-session-start")
}

/// Starts a process for each function and size.
pub(super) async fn run(stage: &Stage) -> anyhow::Result<Vec<Peak>> {
    let mut peaks = Vec::new();
    for function in FUNCTIONS {
        let sizes = if is_with_conversation(function) { &SIZES[..] } else { &SIZES[..1] };
        for size in sizes {
            let body = Stage::conversation_of(*size);
            let work = stage.work_on(function, Organisations::Measured, &body).await?;
            let program = stage.program(Worker::Own, function)?;
            let (sandbox, _) = Sandbox::first(&program, work.event).await?;
            let had_megabytes = megabytes(sandbox.peak_memory()?);
            sandbox.end().await?;
            peaks.push(Peak { function, body_megabytes: megabytes(body.to_string().len() as u64), had_megabytes });
        }
    }
    Ok(peaks)
}

#[expect(clippy::cast_precision_loss, reason = "no process has that much memory")]
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MEGABYTE
}

/// 25 MB and 6 times the body.
pub(super) fn goals(peaks: &[Peak]) -> Vec<Goal> {
    let goal = |Peak { function, body_megabytes, had_megabytes }: &Peak| {
        let name = format!("peak memory of {function} with {:.0} kB", body_megabytes * 1e3);
        Goal::at_most(name, BASE + TIMES_BODY * body_megabytes, *had_megabytes, "MB")
    };
    peaks.iter().map(goal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_may_take_six_times_its_size() {
        let peak = |had_megabytes| Peak { function: "settings", body_megabytes: 4.0, had_megabytes };
        let goals = goals(&[peak(49.0), peak(49.5)]);
        assert_eq!(goals.iter().map(Goal::holds).collect::<Vec<_>>(), [true, false]);
    }
}

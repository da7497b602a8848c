//! What agents and flows are going to do.

use fastrand::Rng;
use salesforce_simulator::{Action, EndedBy, FlowRefusal, RefusalOutcome, WorkType};

/// What happens to each conversation, so many milliseconds after it was created.
pub(super) fn script(rng: &mut Rng, has_flow: bool) -> Vec<(u64, Action)> {
    let mut script = vec![(0, Action::QueuePosition { position: 2 })];
    match rng.u8(..10) {
        0 | 1 => script.push((rng.u64(0..60_000), Action::RoutingResult { estimated_wait_seconds: Some(60) })),
        2 => script.push((rng.u64(0..200_000), Action::RoutingFailure { error_messages: Vec::new() })),
        3 | 4 if has_flow => script.push(refusal(rng)),
        5 => script.push((rng.u64(0..100_000), Action::SessionEnds { by: EndedBy::System, with_event: rng.bool() })),
        _ => script.extend(attended(rng)),
    }
    script
}

fn refusal(rng: &mut Rng) -> (u64, Action) {
    let mut at = || [0, 500, 30_000, 100_000, 400_000][rng.usize(..5)];
    let callback = match at() {
        0 => vec![at(), at()],
        500 => vec![],
        _ => vec![at()],
    };
    let after = [0, 0, 20_000, 90_000][rng.usize(..4)];
    let refusal = FlowRefusal {
        make_case: rng.bool(),
        callback,
        case_number: rng.bool(),
        before_create_answer: after == 0 && rng.f64() < 0.3,
        outcome: [RefusalOutcome::Silent, RefusalOutcome::RoutingFailure, RefusalOutcome::SessionEnd][rng.usize(..3)],
    };
    (after, Action::FlowRefuses(refusal))
}

/// An agent comes, sooner or later, and does what agents do.
fn attended(rng: &mut Rng) -> Vec<(u64, Action)> {
    let joins = || Action::AgentJoins { name: "Grace".into() };
    let mut at = [0, 3_000, 60_000, 400_000][rng.usize(..4)] + rng.u64(0..60_000);
    let mut script =
        vec![(at.saturating_sub(1_000), Action::RoutingWork { work_type: WorkType::Declined }), (at, joins())];
    for number in 0..rng.u32(0..6) {
        at += rng.u64(0..60_000);
        let action = match rng.u8(..10) {
            0..=3 => Action::AgentSays { text: format!("agent says {number}") },
            4 => Action::AgentTyping { typing: rng.bool() },
            5 => Action::AgentAcknowledges { read: rng.bool() },
            6 => Action::Transfer { to: rng.bool().then(|| "Alan".into()) },
            7 => Action::AgentLeaves { requeue: rng.bool() },
            8 => Action::ChatbotJoins { name: "Bot".into() },
            _ => joins(),
        };
        script.push((at, action));
    }
    at += rng.u64(0..300_000);
    match rng.u8(..6) {
        0..=2 => script.push((at, Action::SessionEnds { by: EndedBy::Agent, with_event: true })),
        3 => {
            script.push((at, Action::GoesInactive));
            script.push((at + 60_000, Action::SessionEnds { by: EndedBy::Inactivity, with_event: true }));
        }
        _ => {}
    }
    script
}

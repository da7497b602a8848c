//! What a customer, and whoever talks with them, will do.

use std::ops::Range;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use salesforce_simulator::{Action, EndedBy, FlowRefusal, RefusalOutcome};

use super::organisation::Organisation;

/// A customer's plan. Times are from the one before.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The request is repeated, so much later.
    pub(crate) repeats: Vec<Duration>,
    /// The caller waits for the outcome.
    pub(crate) prefers_to_wait: bool,
    /// The caller chooses a key; otherwise it is the conversation's id.
    pub(crate) has_key: bool,
    pub(crate) messages: Vec<Message>,
    /// How long the chat is open.
    pub(crate) follows: Option<Duration>,
    /// When the customer ends the conversation.
    pub(crate) leaves: Option<Duration>,
    /// What happens to the conversation in Salesforce.
    pub(crate) actions: Vec<(Duration, Action)>,
}

/// Something that a customer writes or sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) pause: Duration,
    pub(crate) is_file: bool,
    /// It is posted twice.
    pub(crate) is_repeated: bool,
}

impl Plan {
    pub(crate) fn draw(random: &mut StdRng, organisation: &Organisation) -> Self {
        let repeats = [0, 0, 1, 3][random.random_range(0..4)];
        let soon = [20, 5_000][random.random_range(0..2)];
        let messages = if organisation.is_live() { random.random_range(0..5) } else { random.random_range(0..2) };
        Self {
            repeats: (0..repeats).map(|_| millis(random, 0..soon)).collect(),
            prefers_to_wait: random.random_bool(0.2),
            has_key: random.random_bool(0.5),
            messages: (0..messages).map(|_| Message::draw(random)).collect(),
            follows: random.random_bool(0.3).then(|| millis(random, 1_000..20_000)),
            leaves: random.random_bool(0.15).then(|| millis(random, 0..30_000)),
            actions: if organisation.is_live() { actions(random, organisation.has_flow()) } else { Vec::new() },
        }
    }
}

impl Message {
    fn draw(random: &mut StdRng) -> Self {
        Self {
            pause: millis(random, 0..8_000),
            is_file: random.random_bool(0.15),
            is_repeated: random.random_bool(0.2),
        }
    }
}

fn millis(random: &mut StdRng, range: Range<u64>) -> Duration {
    Duration::from_millis(random.random_range(range))
}

fn actions(random: &mut StdRng, has_flow: bool) -> Vec<(Duration, Action)> {
    match random.random_range(0..10) {
        0 => Vec::new(),
        1 => vec![(millis(random, 0..5_000), Action::RoutingFailure { error_messages: Vec::new() })],
        2 => vec![(millis(random, 0..5_000), Action::SessionEnds { by: EndedBy::System, with_event: true })],
        3 | 4 if has_flow => vec![(millis(random, 0..3_000), Action::FlowRefuses(refusal(random)))],
        _ => attended(random),
    }
}

fn refusal(random: &mut StdRng) -> FlowRefusal {
    let callback = [vec![], vec![0], vec![500, 800], vec![10_000]][random.random_range(0..4)].clone();
    let outcomes = [RefusalOutcome::Silent, RefusalOutcome::RoutingFailure, RefusalOutcome::SessionEnd];
    FlowRefusal {
        make_case: random.random_bool(0.7),
        callback,
        case_number: random.random(),
        before_create_answer: false,
        outcome: outcomes[random.random_range(0..3)],
    }
}

/// An agent comes, sooner or later, says something, and mostly ends it.
fn attended(random: &mut StdRng) -> Vec<(Duration, Action)> {
    let joins = || Action::AgentJoins { name: "Grace Hopper".to_owned() };
    let latest = [2_000, 10_000, 70_000][random.random_range(0..3)];
    let mut actions = vec![(millis(random, 0..latest), joins())];
    for number in 0..random.random_range(0..5) {
        let action = match random.random_range(0..8) {
            0 => Action::AgentLeaves { requeue: random.random() },
            1 => Action::Transfer { to: random.random::<bool>().then(|| "Alan Turing".to_owned()) },
            2 => joins(),
            3 => Action::AgentTyping { typing: random.random() },
            _ => Action::AgentSays { text: format!("This is what I can say, number {number}") },
        };
        actions.push((millis(random, 0..6_000), action));
    }
    if random.random_bool(0.8) {
        let by = if random.random_bool(0.8) { EndedBy::Agent } else { EndedBy::Inactivity };
        actions.push((millis(random, 0..10_000), Action::SessionEnds { by, with_event: true }));
    }
    actions
}

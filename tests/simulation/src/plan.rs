//! What people and orgs are going to do in a history, drawn from its seed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use fastrand::Rng;
use salesforce_simulator::{
    Action, AgentEnd, DuplicateCreate, EndedBy, ExternalIdField, FlowRefusal, RefusalOutcome, RepeatedMessage,
    RoutingStatus, Uncertain, WaitShown, WorkType,
};
use shared::settings::IntegrationType;

use crate::rates::Rates;

/// What is going to happen.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rates: Rates,
    /// Until then there is mischief.
    pub(crate) trouble_lasts: Duration,
    pub(crate) begins_at: DateTime<Utc>,
    pub(crate) organisation: Organisation,
    /// What agents and flows do to each conversation, so many milliseconds after it was created.
    pub(crate) script: Vec<(u64, Action)>,
    pub(crate) customers: Vec<Customer>,
}

/// The organisation and its org.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    pub(crate) integration_type: IntegrationType,
    pub(crate) has_messaging: bool,
    /// Opening and closing time, in UTC.
    pub(crate) hours: (&'static str, &'static str),
    pub(crate) longest_wait_minutes: u32,
    pub(crate) external_id_field: ExternalIdField,
    pub(crate) token_lifetime_seconds: u32,
    pub(crate) session_timeout_seconds: u32,
    pub(crate) readable_sessions: bool,
    pub(crate) uncertain: Uncertain,
}

/// A customer and the conversation that the AI gave up.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) name: String,
    /// When the caller escalates, and repeats it with the same key.
    pub(crate) escalates: Vec<Duration>,
    pub(crate) prefers_to_wait: bool,
    /// Each message comes so long after the one before.
    pub(crate) messages: Vec<Message>,
    /// Connections: so long after the one before has ended, and how long.
    pub(crate) connections: Vec<(Duration, Duration)>,
    /// Ends the conversation so long after the escalation.
    pub(crate) leaves: Option<Duration>,
}

/// Something that a customer writes or sends.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) pause: Duration,
    pub(crate) id: String,
    pub(crate) is_file: bool,
    /// Is posted once more, so much later.
    pub(crate) repeat: Option<Duration>,
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let rates = Rates::draw(rng);
        let organisation = Organisation::draw(rng);
        let script = script(rng, organisation.integration_type == IntegrationType::OmniChannelFlow);
        let customers = 1 + usize::from(rng.f64() < 0.25) + usize::from(rng.f64() < 0.1);
        // Monday.
        let begins_at = DateTime::from_timestamp(1_795_424_400 + rng.i64(0..86_400), 0).unwrap_or_default();
        Self {
            rates,
            trouble_lasts: minutes(rng, 2, 25),
            begins_at,
            organisation,
            script,
            customers: (1..=customers).map(|number| Customer::draw(rng, number)).collect(),
        }
    }
}

impl Organisation {
    fn draw(rng: &mut Rng) -> Self {
        let is_flow = rng.bool();
        Self {
            integration_type: if is_flow { IntegrationType::OmniChannelFlow } else { IntegrationType::FullviewFlow },
            has_messaging: rng.f64() < 0.85,
            hours: [("00:00", "24:00"), ("00:00", "24:00"), ("08:00", "16:00")][rng.usize(..3)],
            longest_wait_minutes: rng.u32(1..=15),
            external_id_field: [
                ExternalIdField::Editable,
                ExternalIdField::Editable,
                ExternalIdField::Missing,
                ExternalIdField::ReadOnly,
            ][rng.usize(..4)],
            token_lifetime_seconds: [21_600, 21_600, 3_600, 900][rng.usize(..4)],
            session_timeout_seconds: [7_200, 7_200, 60][rng.usize(..3)],
            readable_sessions: rng.bool(),
            uncertain: uncertain(rng),
        }
    }
}

fn uncertain(rng: &mut Rng) -> Uncertain {
    let mut sometimes = || rng.f64() < 0.3;
    let plain = Uncertain {
        numeric_last_event_id: sometimes(),
        listed_payload_as_text: sometimes(),
        entries_oldest_first: sometimes(),
        no_replay: sometimes(),
        entries_hidden_after_close: sometimes(),
        continuation_keeps_expiry: sometimes(),
        continuation_ends_old_token: sometimes(),
        second_stream_evicts: sometimes(),
        session_times_in_seconds: sometimes(),
        queue_position_from_zero: sometimes(),
        duplicate_events: sometimes(),
        unknown_events: sometimes(),
        session_in_related_records: !sometimes(),
        second_close_not_found: !sometimes(),
        ..Uncertain::default()
    };
    Uncertain {
        duplicate_create: [DuplicateCreate::Conflict, DuplicateCreate::Created][rng.usize(..2)],
        entries_lag_ms: [0, 0, 300, 1_500][rng.usize(..4)],
        repeated_message: [
            RepeatedMessage::Doubles,
            RepeatedMessage::Doubles,
            RepeatedMessage::Ignored,
            RepeatedMessage::Conflict,
        ][rng.usize(..4)],
        retry_after_seconds: [0, 0, 7][rng.usize(..3)],
        wait_shown: [WaitShown::Both, WaitShown::EstimatedWaitTime, WaitShown::QueuePosition][rng.usize(..3)],
        routing_status_after_transfer: [RoutingStatus::Transfer, RoutingStatus::Initial][rng.usize(..2)],
        agent_end: [
            AgentEnd::ParticipantAndStatus,
            AgentEnd::ParticipantAndStatus,
            AgentEnd::ParticipantOnly,
            AgentEnd::StatusOnly,
            AgentEnd::Silent,
        ][rng.usize(..5)],
        stream_life_ms: [0, 0, 20_000][rng.usize(..3)],
        ..plain
    }
}

impl Customer {
    fn draw(rng: &mut Rng, number: usize) -> Self {
        let first = Duration::from_millis(rng.u64(0..90_000));
        let repeats = [0, 0, 1, 3][rng.usize(..4)];
        let soon = [10, 20_000][rng.usize(..2)];
        let again = (0..repeats).map(|_| first + Duration::from_millis(rng.u64(0..soon))).collect::<Vec<_>>();
        let name = format!("customer {number}");
        let messages = [0, 1, 2, 4, 7][rng.usize(..5)];
        let hurry = [200, 5_000, 60_000][rng.usize(..3)];
        let messages = (1..=messages).map(|message| Message {
            pause: Duration::from_millis(rng.u64(0..hurry)),
            id: format!("c{number}-m{message}"),
            is_file: rng.f64() < 0.15,
            repeat: (rng.f64() < 0.2).then(|| Duration::from_millis(rng.u64(0..60_000))),
        });
        let messages = messages.collect();
        let connections = [0, 0, 1, 2, 3][rng.usize(..5)];
        let connections = (0..connections).map(|_| {
            let pause = Duration::from_millis(rng.u64(0..40_000));
            (pause, Duration::from_millis(rng.u64(100..30_000)))
        });
        let connections = connections.collect();
        Self {
            name,
            escalates: std::iter::once(first).chain(again).collect(),
            prefers_to_wait: rng.f64() < 0.2,
            messages,
            connections,
            leaves: (rng.f64() < 0.2).then(|| Duration::from_millis(rng.u64(0..300_000))),
        }
    }
}

fn minutes(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least * 60_000..=most * 60_000))
}

fn script(rng: &mut Rng, has_flow: bool) -> Vec<(u64, Action)> {
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

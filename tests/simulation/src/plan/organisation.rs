//! An organisation, its org, and what its admin is going to do.

use std::time::Duration;

use fastrand::Rng;
use salesforce_simulator::{
    Action, AgentEnd, DuplicateCreate, ErrorShape, ExternalIdField, RepeatedMessage, RoutingStatus, Uncertain,
    WaitShown,
};
use shared::settings::IntegrationType;

use super::script::script;

/// An organisation and its org.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    /// Its id, and its org's client id.
    pub(crate) name: String,
    /// Where its org is: nothing is ever sent there.
    pub(crate) host: String,
    pub(crate) choices: Choices,
    pub(crate) limits: Limits,
    pub(crate) external_id_field: ExternalIdField,
    pub(crate) token_lifetime_seconds: u32,
    pub(crate) session_timeout_seconds: u32,
    pub(crate) readable_sessions: bool,
    pub(crate) uncertain: Uncertain,
    /// What agents and flows do to each conversation, so many milliseconds after it was created.
    pub(crate) script: Vec<(u64, Action)>,
    /// What the admin does, each so long after the one before.
    pub(crate) changes: Vec<(Duration, Change)>,
}

/// What an admin chooses in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) integration_type: IntegrationType,
    pub(crate) has_messaging: bool,
    /// Opening and closing time, in UTC.
    pub(crate) hours: (&'static str, &'static str),
    pub(crate) longest_wait_minutes: u32,
}

/// What the org does no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) logins_per_hour: u32,
    pub(crate) requests_per_day: u64,
    pub(crate) guest_tokens_per_minute: usize,
    pub(crate) messages_per_minute: usize,
}

/// What an admin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Other settings.
    Settings(Choices),
    /// A new escalations token.
    EscalationsToken,
    /// The org's client secret becomes another, and the settings are told so much later.
    ClientSecret { told_after: Duration },
}

impl Organisation {
    pub(super) fn draw(rng: &mut Rng, number: usize) -> Self {
        let choices = Choices::draw(rng);
        let changes = [0, 0, 0, 1, 3][rng.usize(..5)];
        Self {
            name: format!("organisation-{number}"),
            host: format!("127.0.0.1:{number}"),
            choices,
            limits: Limits::draw(rng),
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
            script: script(rng, choices.integration_type == IntegrationType::OmniChannelFlow),
            changes: (0..changes).map(|_| change(rng)).collect(),
        }
        .telling_of_ends()
    }

    /// An end of which nothing tells is beyond what is promised: an agent may have come before a session ends without an event.
    fn telling_of_ends(mut self) -> Self {
        let is_silent = |action: &Action| matches!(action, Action::SessionEnds { with_event: false, .. });
        if self.script.iter().any(|(_, action)| is_silent(action)) {
            self.uncertain.routing_status_after_end = RoutingStatus::NeedsRouting;
        }
        self
    }
}

impl Choices {
    fn draw(rng: &mut Rng) -> Self {
        let is_flow = rng.bool();
        Self {
            integration_type: if is_flow { IntegrationType::OmniChannelFlow } else { IntegrationType::FullviewFlow },
            has_messaging: rng.f64() < 0.85,
            hours: [("00:00", "24:00"), ("00:00", "24:00"), ("08:00", "16:00")][rng.usize(..3)],
            longest_wait_minutes: rng.u32(1..=15),
        }
    }
}

impl Limits {
    pub(crate) const WIDE: Self = Self {
        logins_per_hour: 3_600,
        requests_per_day: 100_000,
        guest_tokens_per_minute: 200,
        messages_per_minute: 22,
    };

    /// Mostly those of a real org, which nobody reaches here; else so narrow that everybody does.
    fn draw(rng: &mut Rng) -> Self {
        let mut is_narrow = || rng.f64() < 0.15;
        let wide = Self::WIDE;
        Self {
            logins_per_hour: if is_narrow() { 1 } else { wide.logins_per_hour },
            requests_per_day: if is_narrow() { 30 } else { wide.requests_per_day },
            guest_tokens_per_minute: if is_narrow() { 1 } else { wide.guest_tokens_per_minute },
            messages_per_minute: if is_narrow() { 2 } else { wide.messages_per_minute },
        }
    }
}

fn change(rng: &mut Rng) -> (Duration, Change) {
    let after = Duration::from_millis(rng.u64(0..200_000));
    let change = match rng.u8(..4) {
        0 => Change::EscalationsToken,
        1 => Change::ClientSecret { told_after: Duration::from_millis(rng.u64(0..600_000)) },
        _ => Change::Settings(Choices::draw(rng)),
    };
    (after, change)
}

/// All but what nobody could cope with: a session that ends without a sign of any kind.
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
        long_org_id_on_stream: sometimes(),
        last_event_id_required: sometimes(),
        attachments_need_token: sometimes(),
        ..Uncertain::default()
    };
    let agent_end = [
        AgentEnd::ParticipantAndStatus,
        AgentEnd::ParticipantAndStatus,
        AgentEnd::ParticipantOnly,
        AgentEnd::StatusOnly,
        AgentEnd::Silent,
    ][rng.usize(..5)];
    let tells_by_status = agent_end == AgentEnd::Silent || rng.bool();
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
        agent_end,
        stream_life_ms: [0, 0, 20_000][rng.usize(..3)],
        routing_status_after_end: if tells_by_status { RoutingStatus::NeedsRouting } else { RoutingStatus::Initial },
        error_body: [ErrorShape::Message, ErrorShape::Labelled, ErrorShape::List, ErrorShape::Empty][rng.usize(..4)],
        acknowledgement_status: [200, 202][rng.usize(..2)],
        language_required: rng.f64() < 0.05,
        abandonment_seconds: [0, 0, 0, 60][rng.usize(..4)],
        ..plain
    }
}

//! Everything goes wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use flows::{FUNCTIONS, System};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use salesforce_simulator::{Action, Effect, Fault, OrgSettings, Route, TokenError};
use tokio::time::{Instant, interval};

use super::organisation::{ALL, Organisation};

/// Between two mishaps. Each is something that Salesforce does wrong; every second one a killed process too, and every sixteenth one
/// a lost hint.
const MISHAPS: Duration = Duration::from_millis(400);
/// Longer than any function waits for Salesforce.
const LONGEST_DELAY_MS: u64 = 25_000;

const REST: [Route; 5] = [Route::Token, Route::Query, Route::Composite, Route::Composite, Route::ReadCase];
const MESSAGING: [Route; 9] = [
    Route::MessagingToken,
    Route::CreateConversation,
    Route::ReadConversation,
    Route::CloseConversation,
    Route::ListEntries,
    Route::SendMessage,
    Route::SendMessage,
    Route::SendFile,
    Route::EventStream,
];

/// What went wrong, by kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mishaps {
    /// Processes that were killed.
    pub(crate) kills: BTreeMap<&'static str, u32>,
    /// What Salesforce did wrong.
    pub(crate) faults: BTreeMap<&'static str, u32>,
    pub(crate) hints_lost: u32,
    /// Orgs that ran out of their calls of a day.
    pub(crate) limited: u32,
}

/// Makes mishaps until the time is over; then nothing goes wrong any more.
pub(crate) async fn make(system: &System, lasts: Duration, mut random: StdRng) -> Mishaps {
    let (half, until) = (Instant::now() + lasts / 2, Instant::now() + lasts);
    let mut mishaps = Mishaps::default();
    let mut turn = interval(MISHAPS);
    for number in 1_u64.. {
        turn.tick().await;
        if Instant::now() > until {
            break;
        }
        if Instant::now() > half && mishaps.limited == 0 {
            mishaps.limit(system);
        }
        mishaps.strike(system, &mut random);
        if number.is_multiple_of(2) {
            mishaps.kill(system, &mut random).await;
        }
        if number.is_multiple_of(16) {
            system.stack.lambda().lose_events(None, 1);
            mishaps.hints_lost += 1;
        }
    }
    for fault in system.salesforce().faults() {
        *mishaps.faults.entry(kind(&fault)).or_default() -= fault.times.unwrap_or_default();
    }
    system.salesforce().clear_faults();
    for organisation in ALL {
        system.salesforce().change_org(organisation.id, |org| {
            org.daily_api_requests = OrgSettings::new("", "").daily_api_requests;
        });
    }
    mishaps
}

impl Mishaps {
    fn limit(&mut self, system: &System) {
        for organisation in ALL.iter().filter(|organisation| organisation.is_limited) {
            system.salesforce().change_org(organisation.id, |org| org.daily_api_requests = 0);
            self.limited += 1;
        }
    }

    fn strike(&mut self, system: &System, random: &mut StdRng) {
        let Some(organisation) = ALL.choose(random) else { return };
        let fault = draw(random, organisation);
        if fault.route == Some(Route::EventStream) && random.random() {
            system.salesforce().break_streams(organisation.id);
            *self.faults.entry("all event streams broken").or_default() += 1;
            return;
        }
        *self.faults.entry(kind(&fault)).or_default() += fault.times.unwrap_or_default();
        system.salesforce().add_fault(fault);
    }

    async fn kill(&mut self, system: &System, random: &mut StdRng) {
        let Some(function) = FUNCTIONS.choose(random) else { return };
        if system.stack.lambda().kill_one(function, random.random::<u32>() as usize).await {
            *self.kills.entry(function).or_default() += 1;
        }
    }
}

fn draw(random: &mut StdRng, organisation: &Organisation) -> Fault {
    let is_rest = !organisation.is_live() || random.random_bool(0.4);
    let routes: &[Route] = if is_rest { &REST } else { &MESSAGING };
    let route = routes.choose(random).copied().unwrap_or(Route::Other);
    let times = Some(random.random_range(1..4));
    let (route, effect) = match random.random_range(0..24) {
        2 if random.random_bool(0.3) => (route, Effect::ExpireSessions),
        3 if !is_rest => {
            (Route::CloseConversation, Effect::Meanwhile { action: joins(), after_commit: random.random() })
        }
        4 if is_rest => (Route::InsertCase, Effect::unable_to_lock_row()),
        5 if is_rest => (Route::Composite, Effect::concurrent_limit()),
        6 if is_rest => (Route::Token, Effect::TokenError { error: TokenError::UnknownError }),
        0..8 => (route, Effect::DropConnection { after_commit: random.random() }),
        8..11 => (route, Effect::CommitLate { after_ms: Some(random.random_range(100..LONGEST_DELAY_MS)) }),
        11..14 => (route, delay(random)),
        14..17 => (route, Effect::unavailable()),
        17..20 if !is_rest => (route, Effect::messaging_error(429)),
        17..20 => (route, too_many_requests()),
        _ if is_rest => (route, Effect::unknown_exception_after_commit()),
        _ => (route, Effect::MessagingError { status: 500, after_commit: random.random() }),
    };
    Fault { org: Some(organisation.id.to_owned()), route: Some(route), times, effect }
}

fn joins() -> Action {
    Action::AgentJoins { name: "Grace Hopper".to_owned() }
}

fn delay(random: &mut StdRng) -> Effect {
    let (first, second) = (random.random_range(0..LONGEST_DELAY_MS), random.random_range(0..LONGEST_DELAY_MS));
    if random.random() {
        Effect::Delay { before_ms: first, after_ms: 0 }
    } else {
        Effect::Delay { before_ms: 0, after_ms: second }
    }
}

fn too_many_requests() -> Effect {
    Effect::Answer { status: 429, body: String::new(), content_type: "text/plain".to_owned(), after_commit: false }
}

fn kind(fault: &Fault) -> &'static str {
    match &fault.effect {
        Effect::Refuse { error_code, .. } if error_code == "REQUEST_LIMIT_EXCEEDED" => "too many calls at once",
        Effect::Refuse { .. } => "a row locked",
        Effect::TokenError { .. } => "login refused",
        Effect::MessagingError { status: 429, .. } | Effect::Answer { status: 429, .. } => "429",
        Effect::MessagingError { after_commit: true, .. } | Effect::Answer { after_commit: true, .. } => {
            "5xx after the commit"
        }
        Effect::MessagingError { .. } | Effect::Answer { .. } => "5xx before the commit",
        Effect::DropConnection { after_commit: true } => "connection lost after the commit",
        Effect::DropConnection { .. } => "connection lost before the commit",
        Effect::CommitLate { .. } => "connection lost, late commit",
        Effect::Delay { before_ms: 0, .. } => "slow after the commit",
        Effect::Delay { .. } => "slow before the commit",
        Effect::Meanwhile { .. } => "an agent joins while it is closed",
        Effect::ExpireSessions => "sessions and tokens ended",
    }
}

//! What people and orgs are going to do in a history, drawn from its seed.

mod hundred;
mod organisation;
mod script;

use std::time::Duration;

use chrono::{DateTime, Utc};
use fastrand::Rng;

use crate::rates::Rates;
pub(crate) use organisation::{Change, Choices, Organisation};

/// What is going to happen.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rates: Rates,
    /// Everything takes as long as ever.
    pub(crate) is_steady: bool,
    /// The host of an org that is down until the trouble ends.
    pub(crate) down: Option<String>,
    /// Until then there is mischief.
    pub(crate) trouble_lasts: Duration,
    pub(crate) begins_at: DateTime<Utc>,
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) customers: Vec<Customer>,
}

/// A customer and the conversation that the AI gave up.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) name: String,
    /// Whose customer.
    pub(crate) organisation: String,
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
        let organisations = 1 + usize::from(rng.f64() < 0.2) + usize::from(rng.f64() < 0.05);
        let organisations: Vec<_> = (1..=organisations).map(|number| Organisation::draw(rng, number)).collect();
        let customers = organisations.len() + usize::from(rng.f64() < 0.25) + usize::from(rng.f64() < 0.1);
        let home = |number: usize| organisations[number % organisations.len()].name.clone();
        let customers = (0..customers).map(|number| Customer::draw(rng, number + 1, home(number))).collect();
        // Monday.
        let begins_at = DateTime::from_timestamp(1_795_424_400 + rng.i64(0..86_400), 0).unwrap_or_default();
        let trouble_lasts = minutes(rng, 2, 25);
        Self { rates, is_steady: false, down: None, trouble_lasts, begins_at, organisations, customers }
    }
}

impl Customer {
    fn draw(rng: &mut Rng, number: usize, organisation: String) -> Self {
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
            organisation,
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

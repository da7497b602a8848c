//! A hundred organisations without any mischief, but that the org of the first may be down: does it delay the others?

use std::time::Duration;

use chrono::DateTime;
use fastrand::Rng;
use salesforce_simulator::{Action, EndedBy, ExternalIdField, Uncertain};
use shared::settings::IntegrationType;

use super::organisation::Limits;
use super::{Choices, Customer, Organisation, Plan};
use crate::rates::Rates;

const ORGANISATIONS: usize = 100;
/// More than recovery hints in one run for one organisation.
const CUSTOMERS_OF_THE_FIRST: usize = 60;

impl Plan {
    pub(crate) fn of_a_hundred_organisations(rng: &mut Rng, is_first_down: bool) -> Self {
        let organisations: Vec<_> = (1..=ORGANISATIONS).map(Organisation::attended).collect();
        let first = (0..CUSTOMERS_OF_THE_FIRST).map(|_| &organisations[0]);
        let homes = first.chain(&organisations[1..]).zip(1..);
        let customers = homes.map(|(home, number)| Customer::quiet(rng, number, home.name.clone())).collect();
        Self {
            rates: Rates::default(),
            is_steady: true,
            down: is_first_down.then(|| organisations[0].host.clone()),
            trouble_lasts: Duration::from_mins(25),
            begins_at: DateTime::from_timestamp(1_795_424_400, 0).unwrap_or_default(),
            organisations,
            customers,
        }
    }
}

impl Organisation {
    /// An agent comes after half a minute, and ends it a minute later; every second one has no messaging.
    fn attended(number: usize) -> Self {
        Self {
            name: format!("organisation-{number}"),
            host: format!("127.0.0.1:{number}"),
            choices: Choices {
                integration_type: IntegrationType::FullviewFlow,
                has_messaging: number % 2 == 1,
                hours: ("00:00", "24:00"),
                longest_wait_minutes: 20,
            },
            limits: Limits::WIDE,
            external_id_field: ExternalIdField::Editable,
            token_lifetime_seconds: 21_600,
            session_timeout_seconds: 7_200,
            readable_sessions: true,
            uncertain: Uncertain::default(),
            script: vec![
                (30_000, Action::AgentJoins { name: "Grace".into() }),
                (90_000, Action::SessionEnds { by: EndedBy::Agent, with_event: true }),
            ],
            changes: Vec::new(),
        }
    }
}

impl Customer {
    /// Half of them watch.
    fn quiet(rng: &mut Rng, number: usize, organisation: String) -> Self {
        let connection = (Duration::from_secs(5), Duration::from_mins(4));
        Self {
            name: format!("customer {number}"),
            organisation,
            escalates: vec![Duration::from_millis(rng.u64(0..300_000))],
            prefers_to_wait: false,
            messages: Vec::new(),
            connections: if rng.bool() { vec![connection] } else { Vec::new() },
            leaves: None,
        }
    }
}

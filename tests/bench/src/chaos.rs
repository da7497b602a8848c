//! Everything goes wrong, and everything that was said arrives exactly once and in order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::customer::Customer;
use crate::faults::Faults;
use crate::run::{Bench, wait_until};
use crate::tab::{Tab, lock};

/// Every so many customers, one has two tabs.
const SECOND_TABS: usize = 5;
/// Agents write so much more often than customers.
const AGENTS_SHARE: u32 = 4;
/// Between two mishaps. Each is a cut connection, every second one a killed process too, and every fourth one broken event streams.
const MISHAPS: Duration = Duration::from_millis(250);

/// What happened, and what came of it.
pub(crate) struct Chaos {
    seconds: u64,
    agents_messages: usize,
    customers_messages: usize,
    mishaps: Mishaps,
    to_customers: Faults,
    own_in_tabs: Faults,
    to_agents: Faults,
}

#[derive(Clone, Copy, Default)]
struct Mishaps {
    cut: usize,
    killed: usize,
    broken: usize,
}

/// Makes everything go wrong for a while; then waits for what is still on its way.
pub(crate) async fn run(bench: &Bench) -> anyhow::Result<Chaos> {
    let seconds = bench.arguments.chaos;
    set_switches(bench, true);
    bench.customers.iter().step_by(SECOND_TABS).for_each(|customer| customer.open_other_tab());
    let (agents_messages, customers_messages, mut mishaps) = tokio::join!(
        bench.agents_write(seconds, bench.random(1)),
        customers_write(bench, seconds, bench.random(2)),
        make_mishaps(bench, seconds, bench.random(3)),
    );
    wait_until(async || Ok(look(bench).await?.into_iter().all(|faults| faults.lost == 0))).await?;
    let [to_customers, own_in_tabs, to_agents] = look(bench).await?;
    mishaps.cut = bench.customers.iter().map(|customer| cuts(customer)).sum();
    set_switches(bench, false);
    bench.customers.iter().for_each(|customer| customer.close_other_tab());
    let agents_messages = agents_messages?;
    Ok(Chaos { seconds, agents_messages, customers_messages, mishaps, to_customers, own_in_tabs, to_agents })
}

/// Salesforce doubles every event, sends some that nobody knows, and in every other organisation never replays what was missed.
fn set_switches(bench: &Bench, is_on: bool) {
    for (position, organisation) in bench.organisations.iter().enumerate() {
        bench.system.salesforce().change_messaging(organisation, |messaging| {
            (messaging.uncertain.duplicate_events, messaging.uncertain.unknown_events) = (is_on, is_on);
            messaging.uncertain.no_replay = is_on && position % 2 == 1;
        });
    }
}

async fn customers_write(bench: &Bench, seconds: u64, mut random: StdRng) -> usize {
    let mut turn = interval(Duration::from_secs(1) * AGENTS_SHARE / bench.arguments.rate);
    let messages = u64::from(bench.arguments.rate) * seconds / u64::from(AGENTS_SHARE);
    let mut saying = JoinSet::new();
    for _ in 0..messages {
        turn.tick().await;
        let customer = Arc::clone(bench.any_customer(&mut random));
        saying.spawn(async move { customer.say().await });
    }
    saying.join_all().await.len()
}

async fn make_mishaps(bench: &Bench, seconds: u64, mut random: StdRng) -> Mishaps {
    let mut mishaps = Mishaps::default();
    let mut turn = interval(MISHAPS);
    for number in 0..seconds * 4 {
        turn.tick().await;
        cut(bench.any_customer(&mut random), &mut random);
        if number % 2 == 1 {
            let is_killed =
                bench.system.stack.lambda().kill_one("conversation-relay", random.random::<u32>() as usize).await;
            mishaps.killed += usize::from(is_killed);
        }
        if number % 4 == 3 {
            bench.system.salesforce().break_streams(bench.any_organisation(&mut random));
            mishaps.broken += 1;
        }
    }
    mishaps
}

fn cut(customer: &Customer, random: &mut StdRng) {
    match lock(&customer.other_tab).as_ref().filter(|_| random.random()) {
        Some(other) => other.cut(),
        None => customer.tab.cut(),
    }
}

fn cuts(customer: &Customer) -> usize {
    customer.tab.cuts() + lock(&customer.other_tab).as_ref().map_or(0, Tab::cuts)
}

async fn look(bench: &Bench) -> anyhow::Result<[Faults; 3]> {
    let mut found: [Vec<Faults>; 3] = Default::default();
    for customer in &bench.customers {
        let (to_customer, own) = customer.faults_in_tabs().await?;
        let faults = [to_customer, own, customer.faults_at_agent().await?];
        found.iter_mut().zip(faults).for_each(|(all, one)| all.push(one));
    }
    Ok(found.map(|faults| faults.into_iter().sum()))
}

impl Chaos {
    /// Whether everything arrived exactly once and in order.
    pub(crate) fn is_whole(&self) -> bool {
        [self.to_customers, self.own_in_tabs, self.to_agents].iter().all(Faults::are_none)
    }
}

impl fmt::Display for Chaos {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, agents_messages, customers_messages, mishaps, .. } = self;
        let Mishaps { cut, killed, broken } = mishaps;
        writeln!(formatter, "chaos: {seconds} s, every event of Salesforce's doubled, {cut} connections cut,")?;
        writeln!(
            formatter,
            "{killed} processes of the relay killed, {broken} times an organisation's event streams broken"
        )?;
        writeln!(formatter, "{:<31}{:>9}{:>9}{:>9}{:>14}", "messages", "sent", "lost", "doubled", "out of order")?;
        let rows = [
            ("agent to customer", agents_messages, self.to_customers),
            ("customer to agent", customers_messages, self.to_agents),
            ("customer's own, in the chat", customers_messages, self.own_in_tabs),
        ];
        for (name, sent, Faults { lost, doubled, out_of_order }) in rows {
            writeln!(formatter, "{name:<31}{sent:>9}{lost:>9}{doubled:>9}{out_of_order:>14}")?;
        }
        Ok(())
    }
}

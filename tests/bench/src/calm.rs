//! Nothing goes wrong, and the delay of agents' messages is measured.

use std::collections::HashMap;
use std::fmt;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shared::salesforce::Salesforce;
use tokio::time::Instant;

use crate::customer::Customer;
use crate::delay::Delays;
use crate::direct::Direct;
use crate::faults::Faults;
use crate::mark::{Mark, Speaker};
use crate::run::{Bench, must_become, wait_until};
use crate::tab::Arrival;

/// Event streams that are opened at a time.
const OPENING: usize = 8;

/// What was measured.
pub(crate) struct Calm {
    seconds: u64,
    messages: usize,
    faults: Faults,
    /// From the agent to an event stream of Salesforce's own.
    direct: Delays,
    /// From the agent to the customer's chat.
    relayed: Delays,
    /// Of each message, how much later the second was.
    added: Delays,
}

/// Lets everybody reconnect, and then measures for a while.
pub(crate) async fn run(bench: &Bench) -> anyhow::Result<Calm> {
    bench.system.stack.lambda().kill("conversation-relay").await;
    let customers = bench.customers.len();
    must_become("not every conversation has one reader", async || Ok(bench.streams() == customers)).await?;
    let salesforce = Salesforce::new(true);
    let opening = stream::iter(&bench.customers).map(|customer| Direct::open(&bench.system, &salesforce, &customer.id));
    let direct: Vec<_> = opening.buffered(OPENING).try_collect().await?;
    let first = bench.customers.iter().map(|customer| customer.agent_said().len()).collect::<Vec<_>>();
    let seconds = bench.arguments.seconds;
    let messages = bench.agents_write(seconds, bench.random(4)).await?;
    wait_until(async || Ok(faults(bench).await?.lost == 0)).await?;
    let measured = bench.customers.iter().zip(&direct).zip(first);
    let measured: Vec<_> = measured.flat_map(|((customer, direct), first)| measure(customer, direct, first)).collect();
    Ok(Calm {
        seconds,
        messages,
        faults: faults(bench).await?,
        direct: measured.iter().map(|(direct, _)| *direct).collect(),
        relayed: measured.iter().map(|(_, relayed)| *relayed).collect(),
        added: measured.iter().map(|(direct, relayed)| relayed - direct).collect(),
    })
}

async fn faults(bench: &Bench) -> anyhow::Result<Faults> {
    let mut all = Vec::new();
    for customer in &bench.customers {
        all.push(customer.faults_in_tabs().await?.0);
    }
    Ok(all.into_iter().sum())
}

/// The delays of an agent's messages after the first so many: directly, and through the relay.
fn measure(customer: &Customer, direct: &Direct, first: usize) -> Vec<(f64, f64)> {
    let (direct, relayed) = (of_agent(direct.arrivals()), of_agent(customer.tab.arrivals()));
    let sent = (1..).zip(customer.agent_said()).skip(first);
    sent.filter_map(|(number, sent)| Some((after(sent, *direct.get(&number)?), after(sent, *relayed.get(&number)?))))
        .collect()
}

fn of_agent(arrivals: Vec<Arrival>) -> HashMap<u32, Instant> {
    let arrivals = arrivals.into_iter().filter(|arrival| arrival.mark.speaker == Speaker::Agent);
    arrivals.map(|Arrival { mark: Mark { number, .. }, at }| (number, at)).collect()
}

/// Milliseconds.
fn after(sent: Instant, at: Instant) -> f64 {
    at.duration_since(sent).as_secs_f64() * 1e3
}

impl Calm {
    /// Whether everything arrived exactly once and in order.
    pub(crate) fn is_whole(&self) -> bool {
        self.faults.are_none()
    }

    /// Messages of agents.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// Of each message, how much later than Salesforce's own event stream the relay was.
    pub(crate) fn added(&self) -> &Delays {
        &self.added
    }
}

impl fmt::Display for Calm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, messages, faults: Faults { lost, doubled, out_of_order }, .. } = self;
        writeln!(
            formatter,
            "calm: {seconds} s, {messages} messages of agents, {lost} lost, {doubled} doubled, {out_of_order} out of order"
        )?;
        writeln!(formatter, "{:<31}{:>10}{:>11}{:>11}", "delay, agent to customer", "median", "99 %", "longest")?;
        let rows = [
            ("Salesforce's own event stream", &self.direct),
            ("through the relay", &self.relayed),
            ("added by the relay", &self.added),
        ];
        for (name, delays) in rows {
            writeln!(formatter, "{name:<31}{delays}")?;
        }
        Ok(())
    }
}

//! A customer in a conversation that an agent has taken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use flows::{System, conversation};
use salesforce_simulator::Role;
use tokio::time::{Instant, sleep, timeout};

use crate::faults::Faults;
use crate::mark::{Mark, Speaker};
use crate::tab::{Tab, lock};

/// An agent comes at once; what takes longer has gone wrong.
const LONGEST_START: Duration = Duration::from_mins(1);
/// A page tries again after so long if a message was not taken.
const RETRY: Duration = Duration::from_millis(200);

/// A customer in a conversation that an agent has taken.
pub(crate) struct Customer {
    system: Arc<System>,
    index: u32,
    organisation: String,
    /// The escalation's id.
    pub(crate) id: String,
    token: String,
    /// The first is open all the time.
    pub(crate) tab: Tab,
    /// A second one, while everything goes wrong.
    pub(crate) other_tab: Mutex<Option<Tab>>,
    /// When the agent sent each message.
    agent_said: Mutex<Vec<Instant>>,
    /// How many messages of the customer's were accepted.
    said: tokio::sync::Mutex<u32>,
}

impl Customer {
    /// Escalates, and waits for the agent.
    pub(crate) async fn arrive(system: &Arc<System>, index: u32, organisation: &str) -> anyhow::Result<Self> {
        let chat = system.open_chat(organisation, &conversation(&format!("customer-{index}"))).await?;
        let tab = Tab::open(system, &chat.id, &chat.token);
        timeout(LONGEST_START, tab.active()).await.with_context(|| format!("no agent came to customer {index}"))?;
        Ok(Self {
            system: Arc::clone(system),
            index,
            organisation: organisation.to_owned(),
            id: chat.id,
            token: chat.token,
            tab,
            other_tab: Mutex::default(),
            agent_said: Mutex::default(),
            said: tokio::sync::Mutex::default(),
        })
    }

    /// Opens a second tab.
    pub(crate) fn open_other_tab(&self) {
        *lock(&self.other_tab) = Some(Tab::open(&self.system, &self.id, &self.token));
    }

    /// Closes the second tab.
    pub(crate) fn close_other_tab(&self) {
        lock(&self.other_tab).take();
    }

    /// The agent says the next thing.
    pub(crate) fn hear(&self) -> anyhow::Result<()> {
        let mut agent_said = lock(&self.agent_said);
        agent_said.push(Instant::now());
        let mark = self.mark(Speaker::Agent, u32::try_from(agent_said.len())?);
        let said = self.system.salesforce().agent_says(&self.organisation, &self.id, &mark.to_string());
        said.map_err(|_| anyhow::anyhow!("customer {} has no conversation", self.index))
    }

    /// Says the next thing, as often as it takes until it is accepted.
    pub(crate) async fn say(&self) {
        let mut said = self.said.lock().await;
        let text = self.mark(Speaker::Customer, *said + 1).to_string();
        let id = format!("m{}", *said + 1);
        let chat = self.system.chat(&self.id, &self.token);
        while !chat.say(&id, &text).await.is_ok_and(|answer| answer.status == 202) {
            sleep(RETRY).await;
        }
        *said += 1;
    }

    /// When the agent sent each message, from the first on.
    pub(crate) fn agent_said(&self) -> Vec<Instant> {
        lock(&self.agent_said).clone()
    }

    /// What is wrong in the tabs: with the agent's messages, and with the customer's own.
    pub(crate) async fn faults_in_tabs(&self) -> anyhow::Result<(Faults, Faults)> {
        let said = *self.said.lock().await;
        let heard = u32::try_from(lock(&self.agent_said).len())?;
        let other = lock(&self.other_tab).as_ref().map(Tab::marks);
        let tabs = [Some(self.tab.marks()), other];
        let faults =
            |speaker, sent| tabs.iter().flatten().map(move |tab| Faults::of(speaker, self.index, sent, tab)).sum();
        Ok((faults(Speaker::Agent, heard), faults(Speaker::Customer, said)))
    }

    /// What is wrong with the customer's messages at the agent.
    pub(crate) async fn faults_at_agent(&self) -> anyhow::Result<Faults> {
        let said = *self.said.lock().await;
        let conversation = self.system.conversation(&self.organisation, &self.id)?;
        let arrived: Vec<_> = conversation.texts_of(Role::EndUser).into_iter().filter_map(Mark::parse).collect();
        Ok(Faults::of(Speaker::Customer, self.index, said, &arrived))
    }

    fn mark(&self, speaker: Speaker, number: u32) -> Mark {
        Mark { speaker, customer: self.index, number }
    }
}

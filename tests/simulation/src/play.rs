//! Plays the history of one seed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use salesforce_simulator::{Action, EndedBy, Handle};
use serde_json::json;
use shared::escalation::{Escalation, Status};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use crate::aws::Aws;
use crate::chat::{Chat, Follow};
use crate::clock::SimulatedClock;
use crate::customer::Customer;
use crate::dice::{Dice, Mask};
use crate::function::{Function, store};
use crate::history::{Detail, History};
use crate::invariants::{self, Evidence, Violation};
use crate::plan::Plan;
use crate::plant::Plant;
use crate::realm::{Counts, Delivery, Parts, Realm};
use crate::salesforce::CLIENT_ID;
use crate::sandbox::Sandbox;
use crate::setting::{self, OrgsOutside};

/// Everything is settled by then: 72 hours of tries, and what follows.
const LONGEST_HEALING: Duration = Duration::from_hours(120);
const TICK: Duration = Duration::from_mins(1);
/// So long after the trouble, agents who are still there end their conversations.
const AGENTS_STAY: Duration = Duration::from_mins(3);
/// A connection lasts no longer.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);

/// What to play.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names of what is left out.
    pub mask: Mask,
    /// How much is written down.
    pub detail: Detail,
    /// A bug that is planted.
    pub plant: Option<Plant>,
}

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Played {
    /// What must not be.
    pub violations: Vec<Violation>,
    /// What was done and can be left out.
    pub done: Vec<String>,
    /// What happened, as far as it was written down.
    pub history: String,
    /// What was counted.
    pub counts: Counts,
    /// What became of each escalation.
    pub outcomes: Vec<String>,
}

/// Plays the history of a seed, in this thread and with a time of its own.
///
/// # Errors
/// The simulation itself failed.
pub fn play(seed: u64, options: &Options) -> anyhow::Result<Played> {
    // What jitters by itself (the SDK's and the store's pauses, the simulator's ids) draws from this thread's source.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    LocalSet::new().block_on(&runtime, async {
        let (deliveries, arriving) = unbounded_channel();
        let play = Play::set_up(seed, options, deliveries).await?;
        spawn_local(Realm::invoke_all(arriving));
        let played = play.run().await;
        play.realm.pools.clear();
        Ok(played)
    })
}

struct Play {
    realm: Arc<Realm>,
    plan: Plan,
    customers: Vec<Arc<Customer>>,
}

impl Play {
    async fn set_up(seed: u64, options: &Options, deliveries: UnboundedSender<Delivery>) -> anyhow::Result<Self> {
        let plan = Plan::draw(&mut Rng::with_seed(seed));
        let clock = SimulatedClock::starting_at(plan.begins_at);
        let outside = Arc::new(OrgsOutside { clock, realm: OnceLock::new() });
        let dice = Arc::new(Dice::new(seed, options.mask.clone()));
        let handle = Handle::within(Arc::clone(&outside) as Arc<_>);
        setting::org(&handle, &plan, &dice);
        let realm = Arc::new(Realm::new(Parts {
            dice,
            clock,
            history: History::new(clock, options.detail),
            rates: plan.rates,
            plant: options.plant,
            salesforce: handle,
            secrets: setting::secrets(),
            deliveries,
        }));
        let _first = outside.realm.set(Arc::downgrade(&realm));
        realm.dice.calm(true);
        let aws = Aws { realm: Arc::clone(&realm), sandbox: Arc::new(Sandbox::new("set-up".into())) };
        setting::organisation(&store(&aws.config()), &realm.salesforce, &plan, realm.now()).await?;
        realm.dice.calm(false);
        let customers = plan.customers.iter().map(|customer| Customer::new(&realm, customer.clone())).collect();
        Ok(Self { realm, plan, customers })
    }

    async fn run(&self) -> Played {
        let realm = &self.realm;
        realm
            .history
            .event("the plan", || format!("{:?} {:?} {:?}", self.plan.rates, self.plan.organisation, self.plan.script));
        let ticker = tokio::spawn(tick(Arc::clone(realm)));
        let acting: Vec<_> = self.customers.iter().map(|customer| tokio::spawn(Arc::clone(customer).act())).collect();
        sleep(self.plan.trouble_lasts).await;
        realm.dice.calm(true);
        realm.history.event("the trouble", || "is over".to_owned());
        for task in acting {
            drop(task.await);
        }
        let is_settled = self.heal().await;
        let fresh = self.last_connections().await;
        ticker.abort();
        self.judge(is_settled, &fresh)
    }

    /// Time goes on until nothing is owed and nothing is open.
    async fn heal(&self) -> bool {
        let realm = &self.realm;
        let began = realm.clock.elapsed();
        while !self.is_settled() {
            let lasted = realm.clock.elapsed().saturating_sub(began);
            if lasted > LONGEST_HEALING {
                return false;
            }
            if lasted > AGENTS_STAY {
                self.agents_end();
            }
            let due = realm.table().next_due().map_or(i64::MAX, |due| due - realm.now().timestamp_millis());
            sleep(Duration::from_millis(u64::try_from(due).unwrap_or(0).clamp(500, 30_000))).await;
        }
        true
    }

    fn is_settled(&self) -> bool {
        let is_open = |escalation: &Escalation| !escalation.status.is_final() && escalation.status != Status::Stuck;
        let is_owed = self.realm.table().next_due().is_some();
        self.realm.is_idle() && !is_owed && !self.escalations().iter().any(is_open)
    }

    fn escalations(&self) -> Vec<Escalation> {
        invariants::escalations(self.realm.table().items_of("ESCALATION#"))
    }

    /// Agents end what they are still in.
    fn agents_end(&self) {
        for conversation in self.realm.salesforce.conversations(CLIENT_ID) {
            if !conversation.agents().is_empty() && conversation.ended_by().is_none() {
                self.realm.history.event("agent", || format!("ends {}", &conversation.id[..8]));
                let end = Action::SessionEnds { by: EndedBy::Agent, with_event: true };
                let _unknown = self.realm.salesforce.play(CLIENT_ID, &conversation.id, end);
            }
        }
    }

    /// Each customer comes back once more; and somebody who has seen nothing yet.
    async fn last_connections(&self) -> Vec<Chat> {
        let mut fresh = Vec::new();
        for customer in &self.customers {
            let follow = Follow { longest: LONGEST_CONNECTION, is_fresh: false };
            for _ in 0..3 {
                if !customer.chat.has_ended() {
                    customer.follow(&customer.chat, follow).await;
                }
            }
            let chat = Chat::new(&self.realm, &format!("{} afresh", customer.plan.name));
            customer.follow(&chat, Follow { is_fresh: true, ..follow }).await;
            fresh.push(chat);
        }
        fresh
    }

    fn judge(&self, is_settled: bool, fresh: &[Chat]) -> Played {
        let realm = &self.realm;
        let escalations = self.escalations();
        let evidence = Evidence {
            is_settled,
            token_lifetime: TimeDelta::seconds(self.plan.organisation.token_lifetime_seconds.into()),
            customers: &self.customers,
            fresh,
            states: invariants::states(realm.table().escalations()),
            escalations: &escalations,
            cases: realm.salesforce.cases(CLIENT_ID),
            conversations: realm.salesforce.conversations(CLIENT_ID),
            callbacks: realm.salesforce.callbacks(CLIENT_ID),
            mistakes: realm.counts().mistakes,
        };
        let violations = invariants::check(&evidence);
        for escalation in &escalations {
            realm.history.event("in the end", || {
                format!(
                    "{} {:?} by {:?} {}",
                    escalation.conversation_id,
                    escalation.status,
                    escalation.by,
                    invariants::timeline(escalation)
                )
            });
        }
        Played {
            violations,
            done: realm.dice.done(),
            history: realm.history.text(),
            counts: realm.counts(),
            outcomes: escalations.iter().map(outcome).collect(),
        }
    }
}

fn outcome(escalation: &Escalation) -> String {
    let by = escalation.by.map(|by| format!(" by {}", by.as_str())).unwrap_or_default();
    let reason = escalation.reason.map(|reason| format!(", {}", reason.as_str())).unwrap_or_default();
    format!("{}{by}{reason}", escalation.status.as_str())
}

/// Recovery's minute. A run that would find nothing is left out, as there are days of them.
async fn tick(realm: Arc<Realm>) {
    loop {
        sleep(TICK).await;
        let is_due = realm.table().next_due().is_some_and(|due| due <= realm.now().timestamp_millis());
        if is_due && realm.dice.mischief("tick: lost", realm.rates.hints).is_none() {
            realm.invoke(Function::Recovery, json!({}));
        }
    }
}

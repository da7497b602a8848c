//! Plays the history of one seed.

mod erasure;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use salesforce_simulator::{Action, EndedBy, Handle};
use serde_json::json;
use shared::escalation::{Escalation, Status};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::sleep;

use crate::admin::Admin;
use crate::chat::{Chat, Follow};
use crate::clock::SimulatedClock;
use crate::customer::Customer;
use crate::dice::{Dice, Mask};
use crate::function::Function;
use crate::history::{Detail, History};
use crate::invariants::{self, Evidence, Org, Violation};
use crate::plan::{Organisation, Plan};
use crate::plant::Plant;
use crate::realm::{Counts, Realm, Scene};
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
    /// What became of each.
    pub escalations: Vec<Escalation>,
}

/// Plays the history of a seed, in this thread and with a time of its own.
///
/// # Errors
/// The simulation itself failed.
pub fn play(seed: u64, options: &Options) -> anyhow::Result<Played> {
    play_plan(Plan::draw(&mut Rng::with_seed(seed)), seed, options)
}

/// Plays a history of a hundred organisations, and of the first with or without its org, in which everything else goes well and
/// takes as long as ever.
///
/// # Errors
/// The simulation itself failed.
pub fn play_hundred_organisations(seed: u64, is_first_down: bool) -> anyhow::Result<Played> {
    let plan = Plan::of_a_hundred_organisations(&mut Rng::with_seed(seed), is_first_down);
    play_plan(plan, seed, &Options::default())
}

fn play_plan(plan: Plan, seed: u64, options: &Options) -> anyhow::Result<Played> {
    // What jitters by itself (the SDK's and the store's pauses, the simulator's ids) draws from this thread's source.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    LocalSet::new().block_on(&runtime, async {
        let scene = Play::set_up(plan, seed, options);
        scene.open().await;
        let played = scene.run().await;
        scene.realm.pools.clear();
        Ok(played)
    })
}

/// Of each customer who has come back, what somebody new has seen.
type Comebacks = Vec<Option<JoinHandle<Chat>>>;

/// What there was before a customer was erased.
struct Before {
    escalations: Vec<Escalation>,
    orgs: Vec<Org>,
}

struct Play {
    realm: Arc<Realm>,
    plan: Plan,
    admins: Vec<Admin>,
    customers: Vec<Arc<Customer>>,
}

impl Play {
    fn set_up(plan: Plan, seed: u64, options: &Options) -> Self {
        let clock = SimulatedClock::starting_at(plan.begins_at);
        let outside = Arc::new(OrgsOutside { clock, realm: OnceLock::new() });
        let dice = Arc::new(Dice::new(seed, options.mask.clone()));
        let salesforce = Handle::within(Arc::clone(&outside) as Arc<_>);
        plan.organisations.iter().for_each(|organisation| setting::org(&salesforce, organisation, &dice));
        let history = History::new(clock, options.detail);
        let Plan { rates, is_steady, .. } = plan;
        let scene = Scene { dice, clock, history, rates, plant: options.plant, is_steady, salesforce };
        let (deliveries, arriving) = unbounded_channel();
        let realm = Arc::new(Realm::new(scene, deliveries));
        spawn_local(Realm::invoke_all(arriving));
        let _first = outside.realm.set(Arc::downgrade(&realm));
        let customers = plan.customers.iter().map(|customer| Customer::new(&realm, customer.clone())).collect();
        let admin =
            |organisation: &Organisation| Admin { realm: Arc::clone(&realm), organisation: organisation.clone() };
        let admins = plan.organisations.iter().map(admin).collect();
        Self { realm, plan, admins, customers }
    }

    /// Each organisation, before there is any trouble.
    async fn open(&self) {
        self.realm.dice.calm(true);
        for admin in &self.admins {
            admin.set_up().await;
        }
        self.realm.dice.calm(false);
        if let Some(host) = &self.plan.down {
            self.realm.cast(&format!("{host} is down"), self.plan.trouble_lasts);
        }
    }

    async fn run(&self) -> Played {
        let realm = &self.realm;
        realm.history.event("the plan", || format!("{:?} {:?}", self.plan.rates, self.plan.organisations));
        let ticker = tokio::spawn(tick(Arc::clone(realm)));
        let customers = self.customers.iter().map(|customer| tokio::spawn(Arc::clone(customer).act()));
        let admins = self.admins.iter().map(|admin| tokio::spawn(admin.clone().act()));
        let acting: Vec<_> = customers.chain(admins).collect();
        sleep(self.plan.trouble_lasts).await;
        realm.dice.calm(true);
        realm.history.event("the trouble", || "is over".to_owned());
        for task in acting {
            drop(task.await);
        }
        let mut back: Comebacks = self.customers.iter().map(|_| None).collect();
        let is_settled = self.heal(&mut back).await;
        let fresh = self.all_back(back).await;
        let before = Before { escalations: self.escalations(), orgs: self.orgs() };
        let not_erased = self.erase(&before.escalations).await;
        ticker.abort();
        self.judge(is_settled, &fresh, before, not_erased)
    }

    /// Time goes on until nothing is owed and nothing is open.
    async fn heal(&self, back: &mut Comebacks) -> bool {
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
            self.bring_back(back);
            let due = realm.table().next_due().map_or(i64::MAX, |due| due - realm.now().timestamp_millis());
            sleep(Duration::from_millis(u64::try_from(due).unwrap_or(0).clamp(500, 30_000))).await;
        }
        true
    }

    fn is_settled(&self) -> bool {
        let is_open = |escalation: &Escalation| !escalation.status.is_final() && escalation.status != Status::Stuck;
        let soon = (self.realm.now() + TimeDelta::days(1)).timestamp_millis();
        let is_owed = self.realm.table().next_due().is_some_and(|due| due <= soon);
        self.realm.is_idle() && !is_owed && !self.escalations().iter().any(is_open)
    }

    fn escalations(&self) -> Vec<Escalation> {
        invariants::escalations(self.realm.table().items_of("ESCALATION#"))
    }

    fn orgs(&self) -> Vec<Org> {
        let organisations = self.plan.organisations.iter();
        organisations.map(|organisation| Org::of(organisation, &self.realm.salesforce)).collect()
    }

    /// Agents end what they are still in.
    fn agents_end(&self) {
        let organisations = self.plan.organisations.iter().map(|organisation| organisation.name.as_str());
        let conversations = organisations
            .flat_map(|name| self.realm.salesforce.conversations(name).into_iter().map(move |own| (name, own)));
        for (name, conversation) in conversations {
            if !conversation.agents().is_empty() && conversation.ended_by().is_none() {
                self.realm.history.event("agent", || format!("ends {}", &conversation.id[..8]));
                let end = Action::SessionEnds { by: EndedBy::Agent, with_event: true };
                let _unknown = self.realm.salesforce.play(name, &conversation.id, end);
            }
        }
    }

    /// Whoever's escalation has its outcome by now comes back: their token does not last for ever.
    fn bring_back(&self, back: &mut Comebacks) {
        let escalations = self.escalations();
        for (customer, comeback) in self.customers.iter().zip(back) {
            let name = &customer.plan.name;
            let is_final = escalations.iter().any(|own| own.conversation_id == *name && own.status.is_final());
            if is_final && comeback.is_none() {
                *comeback = Some(spawn_local(come_back(Arc::clone(customer))));
            }
        }
    }

    async fn all_back(&self, back: Comebacks) -> Vec<Chat> {
        let mut fresh = Vec::new();
        for (customer, comeback) in self.customers.iter().zip(back) {
            let chat = match comeback {
                Some(comeback) => comeback.await.ok(),
                None => None,
            };
            fresh.push(match chat {
                Some(chat) => chat,
                None => come_back(Arc::clone(customer)).await,
            });
        }
        fresh
    }

    fn judge(&self, is_settled: bool, fresh: &[Chat], before: Before, not_erased: Vec<String>) -> Played {
        let realm = &self.realm;
        let Before { escalations, orgs } = before;
        let counts = realm.counts();
        let evidence = Evidence {
            is_settled,
            orgs,
            customers: &self.customers,
            fresh,
            states: invariants::states(realm.table().escalations()),
            escalations: &escalations,
            mistakes: counts.mistakes.clone(),
            refusals: counts.refusals.clone(),
            not_erased,
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
        Played { violations, done: realm.dice.done(), history: realm.history.text(), counts, escalations }
    }
}

/// A customer comes back once more; and somebody who has seen nothing yet.
async fn come_back(customer: Arc<Customer>) -> Chat {
    let follow = Follow { longest: LONGEST_CONNECTION, is_fresh: false };
    for _ in 0..3 {
        if !customer.chat.has_ended() {
            customer.follow(&customer.chat, follow).await;
        }
    }
    let chat = Chat::new(&customer.realm, &format!("{} afresh", customer.plan.name));
    customer.follow(&chat, Follow { is_fresh: true, ..follow }).await;
    chat
}

/// Recovery's minute. A run that would find nothing is left out, as there are days of them.
async fn tick(realm: Arc<Realm>) {
    loop {
        sleep(TICK).await;
        realm.table().expire(realm.now(), || realm.dice.about("time to live").bool());
        let is_due = realm.table().next_due().is_some_and(|due| due <= realm.now().timestamp_millis());
        if is_due && realm.dice.mischief("tick: lost", realm.rates.hints).is_none() {
            realm.invoke(Function::Recovery, json!({}));
        }
    }
}

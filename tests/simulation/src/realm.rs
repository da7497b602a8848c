//! One history's world: the table, the secrets, the orgs, the functions and the time, shared by all who act in it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use salesforce_simulator::Handle;
use serde_json::Value;
use shared::clock::Clock as _;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::SimulatedClock;
use crate::dice::Dice;
use crate::dynamodb::Table;
use crate::function::Function;
use crate::history::History;
use crate::lambda::Pools;
use crate::plant::Plant;
use crate::rates::Rates;
use crate::secrets::Secrets;

/// What a history's world begins with.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) dice: Arc<Dice>,
    pub(crate) clock: SimulatedClock,
    pub(crate) history: History,
    pub(crate) rates: Rates,
    pub(crate) plant: Option<Plant>,
    /// Everything takes as long as ever.
    pub(crate) is_steady: bool,
    pub(crate) salesforce: Handle,
}

/// One history's world.
#[derive(Debug)]
pub(crate) struct Realm {
    scene: Scene,
    pub(crate) salesforce_routes: Router,
    secrets: Mutex<Secrets>,
    pub(crate) pools: Pools,
    /// Events on their way to functions, whose handlers stay in one thread.
    deliveries: UnboundedSender<Delivery>,
    table: Mutex<Table>,
    spells: Mutex<BTreeMap<String, DateTime<Utc>>>,
    counts: Mutex<Counts>,
    busy: AtomicUsize,
}

impl Deref for Realm {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

/// What was counted in a history, by kind.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Mischief that was done.
    pub mischief: BTreeMap<String, u64>,
    /// Invocations of each function.
    pub invocations: BTreeMap<&'static str, u64>,
    /// Instances that were killed.
    pub kills: u64,
    /// Calls of functions to the outside.
    pub calls: u64,
    /// Calls that a host refused or did not answer, in each minute.
    pub(crate) refusals: BTreeMap<(String, u64), u64>,
    /// What the simulation itself does not know how to do.
    pub mistakes: Vec<String>,
}

/// Something is under way while this is there.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Realm>);

impl Busy {
    pub(crate) fn realm(&self) -> &Arc<Realm> {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An event that has arrived at a function.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) function: Function,
    pub(crate) payload: Value,
    pub(crate) busy: Busy,
}

impl Realm {
    pub(crate) fn new(scene: Scene, deliveries: UnboundedSender<Delivery>) -> Self {
        Self {
            table: Mutex::new(Table::with(scene.plant)),
            salesforce_routes: salesforce_simulator::router(&scene.salesforce),
            scene,
            secrets: Mutex::default(),
            pools: Pools::default(),
            deliveries,
            spells: Mutex::default(),
            counts: Mutex::default(),
            busy: AtomicUsize::new(0),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn count_refusal(&self, host: &str) {
        let minute = self.clock.elapsed().as_secs() / 60;
        self.count(|counts| *counts.refusals.entry((host.to_owned(), minute)).or_default() += 1);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A few milliseconds, as a call takes.
    pub(crate) async fn latency(&self, of: &str, longest_millis: u64) {
        let millis = if self.is_steady { longest_millis } else { self.dice.about(of).u64(1..=longest_millis) };
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Trouble that lasts begins.
    pub(crate) fn cast(&self, spell: &str, lasts: Duration) {
        let until = self.now() + lasts;
        self.spells.lock().unwrap_or_else(PoisonError::into_inner).insert(spell.to_owned(), until);
    }

    /// Whether trouble lasts.
    pub(crate) fn is_spellbound(&self, spell: &str) -> bool {
        let until = self.spells.lock().unwrap_or_else(PoisonError::into_inner).get(spell).copied();
        !self.dice.is_calm() && until.is_some_and(|until| until > self.now())
    }

    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Invokes a function with an event.
    pub(crate) fn invoke(self: &Arc<Self>, function: Function, payload: Value) {
        let delivery = Delivery { function, payload, busy: self.busy() };
        // Nobody listens any more when the history is over.
        let _over = self.deliveries.send(delivery);
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.load(Ordering::Relaxed) == 0
    }
}

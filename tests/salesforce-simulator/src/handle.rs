//! Typed access to a simulator in the same process. The control API says the same over HTTP.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::watch, time::error::Elapsed};

use crate::{
    fault::Fault,
    messaging::driver,
    org::{Counters, Org, Record},
    outside::{Outside, Real},
    settings::OrgSettings,
    setup::{self, Component},
    world::{ReceivedRequest, World},
};

/// Access to a simulator's state; clones see the same state.
///
/// Methods that name an org by its client id answer nothing, or an empty list, if there is no such org.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Shared>);

/// A [`Handle`] that does not keep the state alive.
#[derive(Debug)]
pub(crate) struct WeakHandle(Weak<Shared>);

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    /// Tells that something may have changed.
    changes: watch::Sender<()>,
    /// Time passes: something carries out what is due.
    is_driven: AtomicBool,
}

/// How long [`Handle::wait_for`] waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A file of an org.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The fields of its `ContentVersion`.
    pub content_version: Record,
    /// What was uploaded.
    pub bytes: Bytes,
}

impl Handle {
    /// A simulator's state with the demo org.
    #[must_use]
    pub fn new() -> Self {
        Self::within(Arc::new(Real))
    }

    /// The same, with another time, and another way to whoever the orgs call.
    #[must_use]
    pub fn within(outside: Arc<dyn Outside>) -> Self {
        let mut world = World::new(outside);
        world.put_org(OrgSettings::demo());
        let (changes, _) = watch::channel(());
        Self(Arc::new(Shared { world: Mutex::new(world), changes, is_driven: AtomicBool::new(false) }))
    }

    /// Makes an org, or changes the settings of the one with this client id and keeps its records.
    ///
    /// Returns the settings with every id that was made.
    #[expect(clippy::must_use_candidate, reason = "a caller that needs no made ids ignores them")]
    pub fn put_org(&self, settings: OrgSettings) -> OrgSettings {
        self.change(|world| world.put_org(settings))
    }

    /// Changes an org's settings and returns the new ones.
    pub fn change_org(&self, client_id: &str, change: impl FnOnce(&mut OrgSettings)) -> Option<OrgSettings> {
        self.change(|world| {
            let mut settings = world.org(client_id)?.settings.clone();
            change(&mut settings);
            let org = world.org_mut(client_id)?;
            org.change(settings);
            Some(org.settings.clone())
        })
    }

    /// An org's settings.
    #[must_use]
    pub fn org(&self, client_id: &str) -> Option<OrgSettings> {
        self.lock().org(client_id).map(|org| org.settings.clone())
    }

    /// Every org's settings, the demo org first.
    #[must_use]
    pub fn orgs(&self) -> Vec<OrgSettings> {
        self.lock().orgs.iter().map(|org| org.settings.clone()).collect()
    }

    /// Adds a fault behind those that wait already.
    pub fn add_fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// The faults that still wait for calls.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.lock().faults.all().to_vec()
    }

    /// Forgets every fault; a call that is held stays held.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Carries out the calls that [`Effect::CommitLate`](crate::Effect::CommitLate) holds; the number of them.
    ///
    /// A call whose session has ended by now does nothing.
    #[must_use]
    pub fn release(&self) -> usize {
        self.change(|world| world.release(None))
    }

    /// Ends every session of an org.
    pub fn expire_sessions(&self, client_id: &str) {
        if let Some(org) = self.lock().org_mut(client_id) {
            org.expire_sessions();
        }
    }

    /// The last 10,000 requests, oldest first.
    #[must_use]
    pub fn requests(&self, bodies: bool) -> Vec<ReceivedRequest> {
        self.lock().requests(bodies)
    }

    /// Forgets the requests received so far.
    pub fn clear_requests(&self) {
        self.lock().clear_requests();
    }

    /// An org's Cases, oldest first.
    #[must_use]
    pub fn cases(&self, client_id: &str) -> Vec<Record> {
        self.of_org(client_id, |org| org.records.cases.iter().map(|case| Record::clone(case)).collect())
    }

    /// An org's files, oldest first.
    #[must_use]
    pub fn files(&self, client_id: &str) -> Vec<File> {
        self.of_org(client_id, |org| org.records.content_versions.iter().map(|version| file(org, version)).collect())
    }

    /// Brings components into an org, or new versions of them, as the Metadata API does.
    pub fn deploy(&self, client_id: &str, components: &[Component]) {
        if let Some(org) = self.lock().org_mut(client_id) {
            setup::deploy(org, components);
        }
    }

    /// Deletes components of an org as the Metadata API does; fails with the reason if one of them is in use.
    pub fn delete(&self, client_id: &str, components: &[Component]) -> Result<(), String> {
        self.lock().org_mut(client_id).map_or(Ok(()), |org| setup::delete(org, components))
    }

    /// How often an org was used.
    #[must_use]
    pub fn counters(&self, client_id: &str) -> Counters {
        self.of_org(client_id, |org| org.counters)
    }

    /// Sets how many seconds the simulator's clock is ahead of the machine's; what a script planned until then has happened.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.change(|world| {
            world.clock_offset = TimeDelta::try_seconds(seconds).unwrap_or_default();
            world.carry_out_planned();
        });
    }

    pub(crate) fn outside(&self) -> Arc<dyn Outside> {
        self.lock().outside()
    }

    /// The simulator's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }

    /// Waits until `read` finds something, for at most 30 seconds. It reads again whenever anything happens.
    pub async fn wait_for<T>(&self, read: impl Fn(&Self) -> Option<T>) -> Result<T, Elapsed> {
        let mut changes = self.changes();
        let found = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = read(self) {
                    return found;
                }
                let _own_sender_lives = changes.changed().await;
            }
        };
        tokio::time::timeout(LONGEST_WAIT, found).await
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells everyone who waits for a change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.lock());
        self.0.changes.send_replace(());
        result
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    /// Lets time pass, from the first request on.
    pub(crate) fn ensure_driven(&self) {
        if !self.0.is_driven.swap(true, Ordering::Relaxed) {
            tokio::spawn(driver::drive(WeakHandle(Arc::downgrade(&self.0))));
        }
    }

    pub(crate) fn of_org<T: Default>(&self, client_id: &str, read: impl FnOnce(&Org) -> T) -> T {
        self.lock().org(client_id).map(read).unwrap_or_default()
    }
}

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.0.upgrade().map(Handle)
    }
}

impl Default for Handle {
    fn default() -> Self {
        Self::new()
    }
}

fn file(org: &Org, version: &Record) -> File {
    let id = version.get("Id").and_then(|id| id.as_str()).unwrap_or_default();
    File { content_version: version.clone(), bytes: org.records.contents.get(id).cloned().unwrap_or_default() }
}

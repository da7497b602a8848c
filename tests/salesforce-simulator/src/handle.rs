//! Typed access to a simulator in the same process. The control API says the same over HTTP.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    fault::Fault,
    org::{Counters, Org, Record},
    settings::OrgSettings,
    world::{ReceivedRequest, World},
};

/// Access to a simulator's state; clones see the same state.
///
/// Methods that name an org by its client id answer nothing, or an empty list, if there is no such org.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Mutex<World>>);

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
        let mut world = World::default();
        world.put_org(OrgSettings::demo());
        Self(Arc::new(Mutex::new(world)))
    }

    /// Makes an org, or changes the settings of the one with this client id and keeps its records.
    ///
    /// Returns the settings with every id that was made.
    #[expect(clippy::must_use_candidate, reason = "a caller that needs no made ids ignores them")]
    pub fn put_org(&self, settings: OrgSettings) -> OrgSettings {
        self.lock().put_org(settings)
    }

    /// Changes an org's settings and returns the new ones.
    pub fn change_org(&self, client_id: &str, change: impl FnOnce(&mut OrgSettings)) -> Option<OrgSettings> {
        let mut world = self.lock();
        let mut settings = world.org(client_id)?.settings.clone();
        change(&mut settings);
        let org = world.org_mut(client_id)?;
        org.change(settings);
        Some(org.settings.clone())
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
        self.lock().release(None)
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

    /// How often an org was used.
    #[must_use]
    pub fn counters(&self, client_id: &str) -> Counters {
        self.of_org(client_id, |org| org.counters)
    }

    /// Sets how many seconds the simulator's clock is ahead of the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.lock().clock_offset = TimeDelta::try_seconds(seconds).unwrap_or_default();
    }

    /// The simulator's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_org<T: Default>(&self, client_id: &str, read: impl FnOnce(&Org) -> T) -> T {
        self.lock().org(client_id).map(read).unwrap_or_default()
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

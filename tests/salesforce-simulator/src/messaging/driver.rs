//! The passing of time: scripts, callbacks and abandoned chats, without polling.

use std::time::Duration;

use crate::{
    handle::{Handle, WeakHandle},
    messaging::callback::Callback,
    org::Org,
    world::World,
};

/// Carries out what is due, whenever something changes, until the simulator's state is gone.
pub(crate) async fn drive(weak: WeakHandle) {
    let Some(mut changes) = weak.upgrade().map(|handle| handle.changes()) else {
        return;
    };
    while let Some(wait) = weak.upgrade().map(|handle| take_turn(&handle)) {
        let state = match wait {
            None => changes.changed().await,
            Some(wait) => tokio::time::timeout(wait, changes.changed()).await.unwrap_or(Ok(())),
        };
        if state.is_err() {
            return;
        }
    }
}

/// Carries out what is due; how long nothing else happens by itself.
fn take_turn(handle: &Handle) -> Option<Duration> {
    let wait = handle.lock().wait();
    if wait != Some(Duration::ZERO) {
        return wait;
    }
    for callback in handle.change(World::carry_out_due) {
        let handle = handle.clone();
        tokio::spawn(async move { callback.send(&handle).await });
    }
    Some(Duration::ZERO)
}

impl World {
    fn wait(&self) -> Option<Duration> {
        let due = self.orgs.iter().filter_map(Org::next_due).min()?;
        Some((due - self.now()).to_std().unwrap_or_default())
    }

    /// The callbacks that are to be sent now.
    fn carry_out_due(&mut self) -> Vec<Callback> {
        let now = self.now();
        self.carry_out_planned();
        self.take_callbacks(|callback| callback.due <= now)
    }

    /// Carries out what a create brings at once; the callbacks that its answer waits for.
    pub(crate) fn before_answer(&mut self) -> Vec<Callback> {
        self.carry_out_planned();
        self.take_callbacks(|callback| callback.is_before_answer)
    }

    /// Carries out what scripts planned until now.
    pub(crate) fn carry_out_planned(&mut self) {
        let now = self.now();
        for org in &mut self.orgs {
            org.carry_out_planned(now);
        }
    }

    fn take_callbacks(&mut self, is_chosen: impl Fn(&Callback) -> bool) -> Vec<Callback> {
        self.orgs.iter_mut().flat_map(|org| org.messaging.take_callbacks(&is_chosen)).collect()
    }
}

//! `EventBridge` Scheduler in this process: the schedules of the template.

use std::time::Duration;

use crate::lambda::Host;
use crate::template::Scheduled;

/// The functions that are invoked by time.
#[derive(Clone)]
pub(crate) struct Schedule {
    host: Host,
    schedules: Vec<Scheduled>,
}

impl Schedule {
    /// These schedules.
    pub(crate) fn new(host: Host, schedules: Vec<Scheduled>) -> Self {
        Self { host, schedules }
    }

    /// Invokes each function once, asynchronously.
    pub(crate) fn fire(&self) {
        for Scheduled { function, input } in &self.schedules {
            // The function exists, since the template names it, and the event is small.
            drop(self.host.invoke_event(function, input.clone().into()));
        }
    }

    /// Invokes each function again and again, first after one period.
    pub(crate) async fn repeat(self, period: Duration) {
        let mut interval = tokio::time::interval(period);
        interval.tick().await;
        loop {
            interval.tick().await;
            self.fire();
        }
    }
}

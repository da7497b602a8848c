//! `EventBridge` in this process: the schedules of the template.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::identifiers::unique_id;
use crate::lambda::{ACCOUNT, Host, REGION};

/// The functions that are invoked by time.
#[derive(Clone)]
pub(crate) struct Schedule {
    host: Host,
    functions: Vec<String>,
}

impl Schedule {
    /// A schedule of these functions.
    pub(crate) fn new(host: Host, functions: Vec<String>) -> Self {
        Self { host, functions }
    }

    /// Invokes each function once, asynchronously.
    pub(crate) fn fire(&self) {
        for function in &self.functions {
            // The function exists, since the template names it, and the event is small.
            drop(self.host.invoke_event(function, scheduled_event(function).to_string().into()));
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

fn scheduled_event(function: &str) -> Value {
    json!({
        "version": "0",
        "id": unique_id(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{function}")],
        "detail": {},
    })
}

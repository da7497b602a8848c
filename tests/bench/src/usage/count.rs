//! What was asked for, as an average of several times.

use std::collections::BTreeMap;

use flows::{FUNCTIONS, System};
use serde::Serialize;

use super::meter::{Capacity, Meter};

/// What one of several asked for.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Count {
    /// Of each function.
    invocations: BTreeMap<String, f64>,
    pub(crate) dynamodb_requests: f64,
    read_units: f64,
    write_units: f64,
    pub(crate) salesforce_requests: f64,
    log_bytes: f64,
}

/// The system's counters.
pub(crate) struct Counter<'a> {
    system: &'a System,
    meter: Meter,
}

impl<'a> Counter<'a> {
    /// Counts from now on. The functions reach DynamoDB through a meter.
    pub(crate) async fn start(system: &'a System) -> anyhow::Result<Self> {
        let meter = Meter::start(system.stack.dynamodb_url()).await?;
        for function in FUNCTIONS {
            system.stack.lambda().set_variable(function, "AWS_ENDPOINT_URL_DYNAMODB", meter.url())?;
        }
        Ok(Self { system, meter })
    }

    /// Plays something so many times, and counts what one of them asked for.
    pub(crate) async fn during(
        &self,
        times: u32,
        play: impl AsyncFn(u32) -> anyhow::Result<()>,
    ) -> anyhow::Result<Count> {
        let before = self.read();
        for number in 0..times {
            play(number).await?;
        }
        Ok(self.read().less(&before).divided_by(f64::from(times)))
    }

    fn read(&self) -> Count {
        let mut count = Count::default();
        let host = self.system.stack.lambda();
        for invocation in host.invocations() {
            *count.invocations.entry(invocation.function).or_default() += 1.0;
        }
        let bytes = FUNCTIONS.iter().flat_map(|function| host.logs(function)).map(|line| line.len() + 1);
        count.log_bytes = whole(bytes.sum());
        count.salesforce_requests = whole(self.system.salesforce().requests(false).len());
        let Capacity { requests, read_units, write_units, .. } = self.meter.read();
        Count { dynamodb_requests: requests, read_units, write_units, ..count }
    }
}

/// Counts are far below the 2^52 from which on this would round.
#[expect(clippy::cast_precision_loss, reason = "no count is that large")]
fn whole(number: usize) -> f64 {
    number as f64
}

impl Count {
    fn less(mut self, before: &Self) -> Self {
        for (function, count) in &mut self.invocations {
            *count -= before.invocations.get(function).copied().unwrap_or_default();
        }
        self.invocations.retain(|_, count| *count > 0.0);
        Self {
            invocations: self.invocations,
            dynamodb_requests: self.dynamodb_requests - before.dynamodb_requests,
            read_units: self.read_units - before.read_units,
            write_units: self.write_units - before.write_units,
            salesforce_requests: self.salesforce_requests - before.salesforce_requests,
            log_bytes: self.log_bytes - before.log_bytes,
        }
    }

    fn divided_by(mut self, times: f64) -> Self {
        let numbers = [
            &mut self.dynamodb_requests,
            &mut self.read_units,
            &mut self.write_units,
            &mut self.salesforce_requests,
            &mut self.log_bytes,
        ];
        for number in numbers.into_iter().chain(self.invocations.values_mut()) {
            *number = (*number / times * 100.0).round() / 100.0;
        }
        self
    }
}

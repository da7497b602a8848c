//! How much later the relay is than Salesforce's own event stream.

use std::fmt;
use std::path::Path;

use local::Options;
use serde::Serialize;

use super::goal::Goal;
use crate::arguments::Arguments;
use crate::run::calm;

/// At the 99th percentile.
const LIMIT_MILLISECONDS: f64 = 5.0;

/// Milliseconds that the relay adds.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delay {
    messages: usize,
    median: f64,
    ninety_ninth: f64,
    longest: f64,
}

/// Measures with so many open conversations, in which agents send 20 messages a second in all.
pub(super) async fn run(binaries: &Path, customers: u32, seconds: u64) -> anyhow::Result<Delay> {
    let options = Options { binaries: binaries.to_owned(), ..Options::default() };
    let arguments = Arguments { customers, rate: 20, chaos: 0, seconds, seed: 1 };
    let measured = calm(arguments, options).await?;
    anyhow::ensure!(measured.is_whole(), "messages were lost, doubled or out of order");
    let [median, ninety_ninth, longest] = [50, 99, 100].map(|percent| measured.added().percentile(percent));
    Ok(Delay { messages: measured.messages(), median, ninety_ninth, longest })
}

/// 5 ms.
pub(super) fn goals(delay: &Delay) -> Vec<Goal> {
    vec![Goal::at_most("delay that the relay adds, 99th percentile", LIMIT_MILLISECONDS, delay.ninety_ninth, "ms")]
}

impl fmt::Display for Delay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, median, ninety_ninth, longest } = self;
        write!(
            formatter,
            "added by the relay to {messages} messages, ms: median {median:.2}, 99 % {ninety_ninth:.2}, longest {longest:.2}"
        )
    }
}

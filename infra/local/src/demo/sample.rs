//! The conversations that the demo escalates: samples of `events/`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::build::WORKSPACE;
use crate::identifiers::unique_id;

/// What the largest sample is at least, in bytes.
const LARGE: usize = 1_100_000;

/// Bodies of escalations.
pub(super) struct Samples {
    /// A few messages.
    pub(super) short: Value,
    /// So many messages that not all of them can be sent to an agent.
    pub(super) long: Value,
    /// The long one, made longer than 1 MB.
    pub(super) large: Value,
}

impl Samples {
    /// Fails if a sample event is missing or no escalation.
    pub(super) fn load() -> anyhow::Result<Self> {
        let long = body("escalation-intake-long-conversation")?;
        Ok(Self { short: body("escalation-intake")?, large: lengthened(long.clone()), long })
    }
}

/// The same as a conversation of its own, so that it is escalated anew however often the demo is played on the same data.
pub(super) fn as_new_conversation(body: &Value) -> Value {
    let mut body = body.clone();
    body["conversation"]["id"] = json!(format!("demo-{}", unique_id()));
    body
}

fn body(event: &str) -> anyhow::Result<Value> {
    let file = Path::new(WORKSPACE).join("events").join(event).with_extension("json");
    let text = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let event: Value = serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
    let body = event["body"].as_str().with_context(|| format!("{} has no body", file.display()))?;
    serde_json::from_str(body).with_context(|| file.display().to_string())
}

fn messages(body: &Value) -> &[Value] {
    body["conversation"]["messages"].as_array().map_or(&[], Vec::as_slice)
}

/// The same messages again and again until it is large.
fn lengthened(mut body: Value) -> Value {
    let original = messages(&body).to_vec();
    let mut all = original.clone();
    let mut bytes = body.to_string().len();
    let growth = bytes;
    let mut round = 1;
    while bytes < LARGE && !original.is_empty() {
        all.extend(original.iter().cloned().enumerate().map(|(index, mut message)| {
            message["id"] = json!(format!("{round}-{index}"));
            message
        }));
        bytes += growth;
        round += 1;
    }
    body["conversation"]["messages"] = all.into();
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_large_sample_is_over_1_mb_and_within_the_limits_of_a_body() {
        let Samples { short, long, large } = Samples::load().unwrap();
        assert!(messages(&short).len() < messages(&long).len() && messages(&long).len() < messages(&large).len());
        let bytes = large.to_string().len();
        assert!((1_048_577..4 * 1024 * 1024).contains(&bytes), "{bytes}");
        let mut ids: Vec<_> = messages(&large).iter().map(|message| message["id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), messages(&large).len());
        assert!(ids.len() <= 5_000);
    }

    #[test]
    fn each_escalation_is_a_conversation_of_its_own() {
        let Samples { short, .. } = Samples::load().unwrap();
        let (first, second) = (as_new_conversation(&short), as_new_conversation(&short));
        assert_ne!(first["conversation"]["id"], second["conversation"]["id"]);
        assert_eq!(messages(&first), messages(&short));
    }
}

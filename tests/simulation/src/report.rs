//! What many histories came to.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use shared::escalation::Escalation;
use simulation::Played;

/// What many histories came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    seeds: u64,
    outcomes: BTreeMap<String, u64>,
    mischief: BTreeMap<String, u64>,
    invocations: BTreeMap<String, u64>,
    kills: u64,
    calls: u64,
    /// The violations of each seed that has some.
    pub(crate) failed: BTreeMap<u64, Vec<String>>,
}

impl Report {
    pub(crate) fn add(&mut self, seed: u64, played: Played) {
        self.seeds += 1;
        for escalation in &played.escalations {
            *self.outcomes.entry(outcome(escalation)).or_default() += 1;
        }
        for (kind, times) in played.counts.mischief {
            *self.mischief.entry(kind).or_default() += times;
        }
        for (function, times) in played.counts.invocations {
            *self.invocations.entry(function.to_owned()).or_default() += times;
        }
        self.kills += played.counts.kills;
        self.calls += played.counts.calls;
        if !played.violations.is_empty() {
            self.failed.insert(seed, played.violations.iter().map(ToString::to_string).collect());
        }
    }

    pub(crate) fn summary(&self, took: Duration) -> String {
        let mut text = String::new();
        table(&mut text, "escalations by outcome", &self.outcomes);
        table(&mut text, "mischief", &self.mischief);
        table(&mut text, "invocations", &self.invocations);
        #[expect(clippy::cast_precision_loss, reason = "fewer seeds than that are played")]
        let rate = self.seeds as f64 / took.as_secs_f64();
        let _ = writeln!(text, "kills: {}, outside calls: {}", self.kills, self.calls);
        let _ = writeln!(text, "{} seeds in {:.0} s, {rate:.1} a second", self.seeds, took.as_secs_f64());
        let _ = writeln!(text, "seeds with violations: {}", self.failed.len());
        for (seed, violations) in self.failed.iter().take(20) {
            let first = violations.first().map_or("", String::as_str);
            let _ = writeln!(text, "  seed {seed}: {}", first.chars().take(160).collect::<String>());
        }
        text
    }
}

fn table<K: Display>(text: &mut String, title: &str, rows: &BTreeMap<K, u64>) {
    let _ = writeln!(text, "{title}");
    for (name, number) in rows {
        let _ = writeln!(text, "  {number:>10}  {name}");
    }
}

fn outcome(escalation: &Escalation) -> String {
    let by = escalation.by.map(|by| format!(" by {}", by.as_str())).unwrap_or_default();
    let reason = escalation.reason.map(|reason| format!(", {}", reason.as_str())).unwrap_or_default();
    format!("{}{by}{reason}", escalation.status.as_str())
}

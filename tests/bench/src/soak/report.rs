//! What is printed in the end.

use std::collections::BTreeMap;
use std::fmt;

use super::evidence::Evidence;
use super::settle::Settling;
use super::trouble::Mishaps;
use super::verdict::{Wrong, judge};

/// So many of what is wrong are printed; the rest is counted.
const SHOWN: usize = 20;

/// What was found.
pub(crate) struct Report {
    pub(crate) mishaps: Mishaps,
    pub(crate) settling: Settling,
    outcomes: BTreeMap<String, usize>,
    repeats: usize,
    messages: usize,
    wrong: Vec<(Wrong, String)>,
}

impl Report {
    pub(crate) fn new(mishaps: Mishaps, settling: Settling) -> Self {
        Self { mishaps, settling, outcomes: BTreeMap::new(), repeats: 0, messages: 0, wrong: Vec::new() }
    }

    /// Judges an escalation.
    pub(crate) fn add(&mut self, evidence: &Evidence, repeats: usize) {
        let reason = evidence.escalation["reason"].as_str().map(|reason| format!(", {reason}")).unwrap_or_default();
        let outcome = format!("{} by {}{reason}", evidence.status(), evidence.by());
        *self.outcomes.entry(outcome).or_default() += 1;
        self.repeats += repeats;
        self.messages += evidence.learned.sent.iter().filter(|sent| sent.is_accepted).count();
        let found = judge(evidence).into_iter();
        self.wrong.extend(
            found.map(|(wrong, what)| (wrong, format!("{}: {what}\n  {}", evidence.name, evidence.escalation))),
        );
    }

    /// Something else is wrong.
    pub(crate) fn find(&mut self, wrong: Wrong, what: String) {
        self.wrong.push((wrong, what));
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.is_empty()
    }

    fn count(&self, wrong: Wrong) -> usize {
        self.wrong.iter().filter(|(own, _)| *own == wrong).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mishaps, settling, outcomes, repeats, messages, wrong } = self;
        for (wrong, what) in wrong.iter().take(SHOWN) {
            writeln!(formatter, "{wrong:?}: {what}")?;
        }
        let mut row = |name: &str, count: &dyn fmt::Display| writeln!(formatter, "{name:<52}{count:>8}");
        row("escalations accepted", &outcomes.values().sum::<usize>())?;
        outcomes.iter().try_for_each(|(outcome, count)| row(&format!("  {outcome}"), count))?;
        row("requests repeated", repeats)?;
        row("messages accepted", messages)?;
        row("processes killed", &mishaps.kills.values().sum::<u32>())?;
        mishaps.kills.iter().try_for_each(|(function, count)| row(&format!("  {function}"), count))?;
        row("failures of Salesforce", &mishaps.faults.values().sum::<u32>())?;
        mishaps.faults.iter().try_for_each(|(kind, count)| row(&format!("  {kind}"), count))?;
        row("orgs out of their calls of a day", &mishaps.limited)?;
        row("hints lost", &mishaps.hints_lost)?;
        row("seconds until all was settled", &settling.took.as_secs())?;
        row("  minutes of the functions' clock", &settling.minutes)?;
        row("lost", &self.count(Wrong::Lost))?;
        row("doubled", &self.count(Wrong::Doubled))?;
        row("conversations left open", &self.count(Wrong::LeftOpen))?;
        row("outcomes unexplained", &self.count(Wrong::Unexplained))?;
        row("surprises", &self.count(Wrong::Surprise))
    }
}

//! Whether one organisation's trouble is its own.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use shared::escalation::Event;
use simulation::{Played, play_hundred_organisations};

/// What happened to an escalation, and how long after its acceptance.
type Times = Vec<(Event, TimeDelta)>;

/// Plays a hundred organisations twice, and tells which escalations of the 99 others something took longer; whether there are none.
#[expect(clippy::print_stdout, reason = "it is a command")]
pub(crate) fn compare(seed: u64) -> anyhow::Result<bool> {
    let (all_up, one_down) = (play_hundred_organisations(seed, false)?, play_hundred_organisations(seed, true)?);
    let violations = || all_up.violations.iter().chain(&one_down.violations);
    violations().for_each(|violation| println!("VIOLATION {violation}"));
    let (up, down) = (others(&all_up), others(&one_down));
    let changed: Vec<_> = up.iter().filter(|(name, times)| down.get(*name) != Some(times)).collect();
    println!("{} escalations of 99 organisations, {} with other times while one org is down", up.len(), changed.len());
    for (name, times) in &changed {
        println!("  {name}: {times:?}\n  now: {:?}", down.get(*name));
    }
    Ok(violations().next().is_none() && up.len() >= 99 && changed.is_empty())
}

fn others(played: &Played) -> BTreeMap<String, Times> {
    let others = played.escalations.iter().filter(|own| own.organisation_id != "organisation-1");
    let times = others.map(|own| {
        let times = own.timeline.iter().map(|entry| (entry.event, entry.at - own.accepted_at)).collect();
        (own.conversation_id.clone(), times)
    });
    times.collect()
}

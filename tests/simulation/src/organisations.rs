//! Whether one organisation's trouble is its own.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use shared::escalation::Event;
use simulation::{Played, play_hundred_organisations};

/// What happened to an escalation, and how long after its acceptance.
type Times = Vec<(Event, TimeDelta)>;

/// How much later something may come, as one run of recovery looks after all organisations.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(100);

/// Plays a hundred organisations twice, and tells how much later things happen to the 99 others; whether that is next to nothing.
#[expect(clippy::print_stdout, reason = "it is a command")]
pub(crate) fn compare(seed: u64) -> anyhow::Result<bool> {
    let (all_up, one_down) = (play_hundred_organisations(seed, false)?, play_hundred_organisations(seed, true)?);
    let violations = || all_up.violations.iter().chain(&one_down.violations);
    violations().for_each(|violation| println!("VIOLATION {violation}"));
    let (up, down) = (others(&all_up), others(&one_down));
    let delays = up.iter().map(|(name, up)| Some((delay(up, down.get(name)?)?, name)));
    let Some(delays) = delays.collect::<Option<Vec<_>>>() else {
        println!("one of the others has another timeline while the org of the first is down");
        return Ok(false);
    };
    let Some((longest, name)) = delays.iter().max() else { return Ok(false) };
    let millis = longest.num_milliseconds();
    println!("{} escalations of 99 organisations: nothing comes later by more than {millis} ms ({name})", up.len());
    Ok(violations().next().is_none() && up.len() >= 99 && *longest <= TOLERANCE)
}

/// How much later something comes at the most; nothing if something else happens.
fn delay(up: &Times, down: &Times) -> Option<TimeDelta> {
    let is_alike = up.iter().map(|(event, _)| event).eq(down.iter().map(|(event, _)| event));
    let delays = up.iter().zip(down).map(|((_, up), (_, down))| *down - *up);
    delays.max().filter(|_| is_alike)
}

fn others(played: &Played) -> BTreeMap<String, Times> {
    let others = played.escalations.iter().filter(|own| own.organisation_id != "organisation-1");
    let times = others.map(|own| {
        let times = own.timeline.iter().map(|entry| (entry.event, entry.at - own.accepted_at)).collect();
        (own.conversation_id.clone(), times)
    });
    times.collect()
}

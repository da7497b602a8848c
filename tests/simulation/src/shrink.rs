//! Makes a history that fails small: whatever is not needed is left out.

use crate::dice::Mask;
use crate::play::{Options, play};

/// Histories that are played at the most.
const MOST_TRIES: usize = 400;

/// Leaves out, of all that was done in a seed's history, what its first violation does not need.
///
/// # Errors
/// The simulation itself failed.
pub fn shrink(seed: u64, options: &Options) -> anyhow::Result<Options> {
    let mut smallest = options.clone();
    let first = play(seed, &smallest)?;
    let Some(violation) = first.violations.first().map(|violation| violation.invariant) else { return Ok(smallest) };
    let mut done = first.done;
    let mut size = done.len();
    let mut tries = 0;
    while size > 0 {
        let mut is_smaller = false;
        let mut place = 0;
        while place < done.len() && tries < MOST_TRIES {
            tries += 1;
            let part = &done[place..(place + size).min(done.len())];
            let mask: Mask = smallest.mask.iter().chain(part).cloned().collect();
            let candidate = Options { mask, ..smallest.clone() };
            let played = play(seed, &candidate)?;
            if played.violations.iter().any(|found| found.invariant == violation) {
                smallest = candidate;
                done = played.done;
                is_smaller = true;
            } else {
                place += size;
            }
        }
        size = if is_smaller && size == 1 { 1 } else { size / 2 };
    }
    Ok(smallest)
}

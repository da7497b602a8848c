//! A few histories, played in every test run in spite of a slow build. `cargo simulation` plays thousands, and finds every planted bug.

use simulation::{Detail, Options, Plant, Played, play, shrink};

/// Whose histories are short.
const SHORT: [u64; 3] = [2, 4, 6];

fn whole(seed: u64) -> anyhow::Result<Played> {
    play(seed, &Options { detail: Detail::Calls, ..Options::default() })
}

#[test]
fn one_seed_replays_one_history_exactly_and_without_a_violation() {
    for seed in SHORT {
        let (one, other) = (whole(seed).unwrap(), whole(seed).unwrap());
        assert!(one.history.lines().count() > 20, "seed {seed} has no history");
        let difference = one.history.lines().zip(other.history.lines()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "seed {seed}");
        assert_eq!(one.history, other.history, "seed {seed}");
        assert!(one.violations.is_empty(), "seed {seed}: {:?}", one.violations);
    }
}

#[test]
fn a_history_that_fails_is_shrunk_to_one_that_still_fails() {
    let options = Options { plant: Some(Plant::DroppedMessage), ..Options::default() };
    let fails = |seed: &u64| !play(*seed, &options).unwrap().violations.is_empty();
    let seed = (0..100).find(fails).unwrap();
    let smallest = shrink(seed, &options).unwrap();
    let (all, rest) = (play(seed, &options).unwrap(), play(seed, &smallest).unwrap());
    assert!(!rest.violations.is_empty());
    assert!(rest.done.len() <= all.done.len());
    assert!(smallest.mask.iter().all(|name| !rest.done.contains(name)));
}

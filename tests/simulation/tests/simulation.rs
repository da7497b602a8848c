//! Some histories, played in every test run. The command plays thousands.

use simulation::{Detail, Options, Plant, Played, play, shrink};

fn whole(seed: u64) -> anyhow::Result<Played> {
    play(seed, &Options { detail: Detail::Calls, ..Options::default() })
}

#[test]
fn one_seed_replays_one_history_exactly() {
    for seed in 0..3 {
        let (one, other) = (whole(seed).unwrap(), whole(seed).unwrap());
        assert!(one.history.lines().count() > 20, "seed {seed} has no history");
        let difference = one.history.lines().zip(other.history.lines()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "seed {seed}");
        assert_eq!(one.history, other.history, "seed {seed}");
    }
}

#[test]
fn no_history_violates_an_invariant() {
    for seed in 0..8 {
        let played = play(seed, &Options::default()).unwrap();
        assert!(played.violations.is_empty(), "seed {seed}: {:?}", played.violations);
    }
}

/// The first seeds find these; `cargo simulation --plants` looks for all.
#[test]
fn planted_bugs_are_found() {
    for plant in [Plant::ForgottenClose, Plant::DroppedMessage] {
        let options = Options { plant: Some(plant), ..Options::default() };
        let is_found = |seed| !play(seed, &options).unwrap().violations.is_empty();
        assert!((0..10).any(is_found), "{plant:?}");
    }
}

#[test]
fn a_history_that_fails_is_shrunk_to_one_that_still_fails() {
    let options = Options { plant: Some(Plant::UnsentClose), ..Options::default() };
    let seed = (0..10).find(|seed| !play(*seed, &options).unwrap().violations.is_empty()).unwrap();
    let smallest = shrink(seed, &options).unwrap();
    let (all, rest) = (play(seed, &options).unwrap(), play(seed, &smallest).unwrap());
    assert!(!rest.violations.is_empty());
    assert!(rest.done.len() <= all.done.len());
    assert!(smallest.mask.iter().all(|name| !rest.done.contains(name)));
}

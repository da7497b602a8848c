//! Some histories, played in every test run. The command plays thousands.

use simulation::{Detail, Options, Played, play};

fn whole(seed: u64) -> Played {
    play(seed, &Options { detail: Detail::Calls, ..Options::default() }).unwrap()
}

#[test]
fn one_seed_replays_one_history_exactly() {
    for seed in 0..20 {
        let (one, other) = (whole(seed), whole(seed));
        assert!(one.history.lines().count() > 20, "seed {seed} has no history");
        let difference = one.history.lines().zip(other.history.lines()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "seed {seed}");
        assert_eq!(one.history, other.history, "seed {seed}");
    }
}

#[test]
fn no_history_violates_an_invariant() {
    for seed in 0..60 {
        let played = play(seed, &Options::default()).unwrap();
        assert!(played.violations.is_empty(), "seed {seed}: {:?}", played.violations);
    }
}

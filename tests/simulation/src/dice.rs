//! Every decision of a history, drawn from its seed.
//!
//! A decision is named by what it is about and how often that was decided before, so that a fault that is left out changes little
//! of what comes after it: that is what makes a history shrink.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;

/// Names of decisions that are left out of a history.
pub type Mask = BTreeSet<String>;

/// Draws the decisions of one history.
#[derive(Debug)]
pub(crate) struct Dice {
    seed: u64,
    mask: Mask,
    is_calm: AtomicBool,
    drawn: Mutex<Drawn>,
}

#[derive(Debug, Default)]
struct Drawn {
    times: HashMap<u64, u64>,
    /// The mischief that was done, by name, in order.
    done: Vec<String>,
}

impl Dice {
    pub(crate) fn new(seed: u64, mask: Mask) -> Self {
        Self { seed, mask, is_calm: AtomicBool::new(false), drawn: Mutex::default() }
    }

    /// A source of numbers for the next decision about this.
    pub(crate) fn about(&self, what: &str) -> Rng {
        self.next(what).1
    }

    /// Decides, with this probability, on some mischief; returns what draws its particulars.
    pub(crate) fn mischief(&self, what: &str, rate: f64) -> Option<Rng> {
        let (time, mut rng) = self.next(what);
        if self.is_calm.load(Ordering::Relaxed) || rng.f64() >= rate {
            return None;
        }
        let name = format!("{what} #{time}");
        if !self.keeps(&name) {
            return None;
        }
        self.lock().done.push(name);
        Some(rng)
    }

    /// Whether something that was planned is to be done; it is then remembered as something that can be left out.
    pub(crate) fn is_kept(&self, name: &str) -> bool {
        let is_kept = self.keeps(name);
        if is_kept {
            self.lock().done.push(name.to_owned());
        }
        is_kept
    }

    /// From now on there is no mischief, or there is.
    pub(crate) fn calm(&self, is_calm: bool) {
        self.is_calm.store(is_calm, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    /// Everything that was done and can be left out.
    pub(crate) fn done(&self) -> Vec<String> {
        self.lock().done.clone()
    }

    /// A name is left out if it, or the group before its last ` #`, is.
    fn keeps(&self, name: &str) -> bool {
        let group = name.rsplit_once(" #").map_or(name, |(group, _)| group);
        !self.mask.contains(name) && !self.mask.contains(group)
    }

    fn next(&self, what: &str) -> (u64, Rng) {
        let about = hash(&(self.seed, what));
        let mut drawn = self.lock();
        let times = drawn.times.entry(about).or_default();
        *times += 1;
        (*times, Rng::with_seed(hash(&(about, *times))))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `DefaultHasher::new` has no key of its own: it hashes alike in every process.
fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dice: &Dice) -> Vec<String> {
        (0..100).for_each(|_| {
            dice.mischief("x", 0.1);
        });
        dice.done()
    }

    #[test]
    fn the_same_seed_does_the_same_mischief() {
        assert_eq!(names(&Dice::new(1, Mask::new())), names(&Dice::new(1, Mask::new())));
        assert_ne!(names(&Dice::new(1, Mask::new())), names(&Dice::new(2, Mask::new())));
    }

    #[test]
    fn what_is_left_out_changes_nothing_else() {
        let all = names(&Dice::new(1, Mask::new()));
        let rest = names(&Dice::new(1, Mask::from([all[0].clone()])));
        assert_eq!(rest, all[1..]);
        assert_eq!(names(&Dice::new(1, Mask::from(["x".to_owned()]))), Vec::<String>::new());
    }

    #[test]
    fn there_is_no_mischief_in_the_calm() {
        let dice = Dice::new(1, Mask::new());
        dice.calm(true);
        assert!(names(&dice).is_empty());
    }
}

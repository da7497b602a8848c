//! What happened, line by line: when, who, what. Customers' words are labels.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::SimulatedClock;

/// How much of a history is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing: thousands of histories are played, and those that fail are played again.
    #[default]
    Nothing,
    /// What people, faults and functions did.
    Events,
    /// Each outside call too.
    Calls,
}

/// The history of one seed.
#[derive(Clone, Debug)]
pub(crate) struct History {
    clock: SimulatedClock,
    detail: Detail,
    text: Arc<Mutex<String>>,
}

impl History {
    pub(crate) fn new(clock: SimulatedClock, detail: Detail) -> Self {
        Self { clock, detail, text: Arc::default() }
    }

    /// Somebody did something.
    pub(crate) fn event(&self, who: &str, what: impl FnOnce() -> String) {
        self.write(Detail::Events, who, what);
    }

    /// A function called something outside.
    pub(crate) fn call(&self, who: &str, what: impl FnOnce() -> String) {
        self.write(Detail::Calls, who, what);
    }

    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, detail: Detail, who: &str, what: impl FnOnce() -> String) {
        if self.detail < detail {
            return;
        }
        let millis = self.clock.elapsed().as_millis();
        let (minutes, seconds) = (millis / 60_000, millis / 1_000 % 60);
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{minutes:>5}:{seconds:02}.{:03}  {who:<28} {}", millis % 1_000, what());
    }
}

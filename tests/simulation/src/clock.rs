//! The simulated time, which is the runtime's paused one.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use chrono::{DateTime, SubsecRound as _, Utc};
use shared::clock::Clock;
use tokio::time::Instant;

/// Tells how much time has passed since a history began, added to when it did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimulatedClock {
    began_at: DateTime<Utc>,
    began: Instant,
}

impl SimulatedClock {
    /// A history begins now, at this date. Needs a runtime whose time is paused.
    pub(crate) fn starting_at(began_at: DateTime<Utc>) -> Self {
        Self { began_at, began: Instant::now() }
    }

    /// How long the history has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> DateTime<Utc> {
        (self.began_at + self.elapsed()).trunc_subsecs(3)
    }
}

impl TimeSource for SimulatedClock {
    fn now(&self) -> SystemTime {
        Clock::now(self).into()
    }
}

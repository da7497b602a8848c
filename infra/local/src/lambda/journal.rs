//! The record of all invocations.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::invocation::{Invocation, InvocationType, Outcome};

/// All accepted invocations and how many of them are pending.
#[derive(Default)]
pub(super) struct Journal {
    invocations: Mutex<Vec<Invocation>>,
    pending: watch::Sender<usize>,
}

impl Journal {
    /// Adds an invocation and returns its number.
    pub(super) fn record(&self, function: &str, invocation_type: InvocationType, outcome: Outcome) -> usize {
        if outcome == Outcome::Pending {
            self.pending.send_modify(|pending| *pending += 1);
        }
        let mut invocations = self.lock();
        invocations.push(Invocation { function: function.to_owned(), invocation_type, outcome });
        invocations.len() - 1
    }

    /// Ends a pending invocation.
    pub(super) fn settle(&self, number: usize, outcome: Outcome) {
        self.lock()[number].outcome = outcome;
        self.pending.send_modify(|pending| *pending -= 1);
    }

    /// Waits until none is pending.
    pub(super) async fn settled(&self) {
        // It fails only when the journal is gone, and then nothing runs.
        drop(self.pending.subscribe().wait_for(|pending| *pending == 0).await);
    }

    pub(super) fn invocations(&self) -> Vec<Invocation> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Invocation>> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

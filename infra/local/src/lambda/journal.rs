//! The record of all invocations.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::invocation::{Invocation, InvocationType, Outcome};

/// All accepted invocations.
#[derive(Default)]
pub(super) struct Journal {
    invocations: Mutex<Vec<Invocation>>,
    settled: watch::Sender<()>,
}

impl Journal {
    /// Adds an invocation and returns its number.
    pub(super) fn record(&self, function: &str, invocation_type: InvocationType, outcome: Outcome) -> usize {
        let mut invocations = self.lock();
        invocations.push(Invocation { function: function.to_owned(), invocation_type, outcome });
        invocations.len() - 1
    }

    /// Ends a pending invocation.
    pub(super) fn settle(&self, number: usize, outcome: Outcome) {
        self.lock()[number].outcome = outcome;
        self.settled.send_replace(());
    }

    /// Waits until none is pending, those of some functions aside.
    pub(super) async fn settled_but(&self, functions: &[&str]) {
        let is_awaited = |invocation: &Invocation| {
            invocation.outcome == Outcome::Pending && !functions.contains(&invocation.function.as_str())
        };
        let is_settled = |(): &()| !self.lock().iter().any(is_awaited);
        // It fails only when the journal is gone, and then nothing runs.
        drop(self.settled.subscribe().wait_for(is_settled).await);
    }

    pub(super) fn invocations(&self) -> Vec<Invocation> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Invocation>> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! One instance of a function, as Lambda keeps it: it runs while it is invoked, is frozen in between, and may be killed at any
//! moment. Whatever it calls outside goes through here.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

/// An instance.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// The function, and which of its instances.
    pub(crate) name: String,
    state: watch::Sender<State>,
    invocation: Mutex<Invocation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Frozen,
    Dead,
}

/// At which of an invocation's outside calls its instance is killed, the first being 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Doom {
    pub(crate) call: u32,
    /// The call is carried out first, and the function never learns it.
    pub(crate) after: bool,
}

#[derive(Debug, Default)]
struct Invocation {
    task: Option<AbortHandle>,
    doom: Option<Doom>,
    calls: u32,
}

impl Sandbox {
    /// A new instance, which runs.
    pub(crate) fn new(name: String) -> Self {
        Self { name, state: watch::Sender::new(State::Running), invocation: Mutex::default() }
    }

    /// An invocation begins.
    pub(crate) fn thaw(&self, doom: Option<Doom>) {
        *self.invocation() = Invocation { doom, ..Invocation::default() };
        self.state.send_replace(State::Running);
    }

    /// What does the invocation's work, and dies with the instance.
    pub(crate) fn runs(&self, task: AbortHandle) {
        self.invocation().task = Some(task);
    }

    /// The invocation is over; what is still to do waits for the next one.
    pub(crate) fn freeze(&self) {
        self.state.send_if_modified(|state| {
            let runs = *state == State::Running;
            *state = if runs { State::Frozen } else { *state };
            runs
        });
    }

    /// Everything that it does ends here.
    pub(crate) fn kill(&self) {
        self.state.send_replace(State::Dead);
        if let Some(task) = self.invocation().task.take() {
            task.abort();
        }
    }

    pub(crate) fn is_free(&self) -> bool {
        *self.state.borrow() == State::Frozen
    }

    pub(crate) fn is_dead(&self) -> bool {
        *self.state.borrow() == State::Dead
    }

    /// Until it is killed.
    pub(crate) async fn dead(&self) {
        self.until(State::Dead).await;
    }

    /// A call outside: not while it is frozen, and never once it is dead.
    pub(crate) async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.running().await;
        let doom = self.doom();
        self.die_if(doom == Some(false)).await;
        let answer = call.await;
        self.die_if(doom == Some(true)).await;
        self.running().await;
        answer
    }

    /// Counts a call; whether the instance dies at it, and if so whether after it.
    fn doom(&self) -> Option<bool> {
        let mut invocation = self.invocation();
        invocation.calls += 1;
        invocation.doom.filter(|doom| doom.call == invocation.calls).map(|doom| doom.after)
    }

    async fn die_if(&self, is_now: bool) {
        if is_now {
            self.kill();
            pending::<()>().await;
        }
    }

    async fn running(&self) {
        if *self.state.borrow() != State::Running {
            self.until(State::Running).await;
        }
    }

    async fn until(&self, wanted: State) {
        let mut states = self.state.subscribe();
        let _reached = states.wait_for(|state| *state == wanted).await;
    }

    fn invocation(&self) -> MutexGuard<'_, Invocation> {
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

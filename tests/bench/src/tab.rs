//! A customer's browser tab: it reconnects as a page does, and keeps what came.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flows::{ChatEvent, Connection, System};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::mark::Mark;

/// What the stream's `retry` says.
const RETRY: Duration = Duration::from_secs(1);

/// A message, and when it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) mark: Mark,
    pub(crate) at: Instant,
}

/// A tab. It is closed when this value is dropped.
pub(crate) struct Tab {
    state: Arc<State>,
    following: JoinHandle<()>,
}

struct State {
    arrivals: Mutex<Vec<Arrival>>,
    cut: Notify,
    cuts: AtomicUsize,
    is_active: watch::Sender<bool>,
}

impl Tab {
    /// Opens the chat of an escalation.
    pub(crate) fn open(system: &Arc<System>, id: &str, token: &str) -> Self {
        let state = Arc::new(State {
            arrivals: Mutex::default(),
            cut: Notify::new(),
            cuts: AtomicUsize::new(0),
            is_active: watch::Sender::new(false),
        });
        let following = tokio::spawn(follow(Arc::clone(system), id.to_owned(), token.to_owned(), Arc::clone(&state)));
        Self { state, following }
    }

    /// Waits until the customer is told that an agent has come.
    pub(crate) async fn active(&self) {
        // It fails only when the tab is gone.
        drop(self.state.is_active.subscribe().wait_for(|is_active| *is_active).await);
    }

    /// Cuts its connection, now or, if it has none, when it has.
    pub(crate) fn cut(&self) {
        self.state.cut.notify_one();
    }

    /// How many of its connections were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::Relaxed)
    }

    /// What came, through all connections.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.state.arrivals).clone()
    }

    /// The messages that came, through all connections.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        lock(&self.state.arrivals).iter().map(|arrival| arrival.mark).collect()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(system: Arc<System>, id: String, token: String, state: Arc<State>) {
    let chat = system.chat(&id, &token);
    let mut last_id: Option<String> = None;
    loop {
        if let Ok(mut connection) = chat.connect(last_id.as_deref()).await.map(Connection::patient) {
            tokio::select! {
                () = state.read(&mut connection) => {}
                () = state.cut.notified() => drop(state.cuts.fetch_add(1, Ordering::Relaxed)),
            }
            last_id = connection.last_id().map(str::to_owned).or(last_id);
        }
        sleep(RETRY).await;
    }
}

impl State {
    async fn read(&self, connection: &mut Connection) {
        while let Ok(Some(event)) = connection.next().await {
            self.take(&event);
        }
    }

    fn take(&self, event: &ChatEvent) {
        let at = Instant::now();
        match event.name.as_str() {
            "status" => drop(self.is_active.send_replace(event.data["status"] == "active")),
            "message" => {
                let mark = event.data["text"].as_str().and_then(Mark::parse);
                lock(&self.arrivals).extend(mark.map(|mark| Arrival { mark, at }));
            }
            _ => {}
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

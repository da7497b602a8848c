//! The chat of a customer: what came through its event streams, over all connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use sse_stream::{Sse, SseStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::realm::Realm;

/// How a connection is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follow {
    pub(crate) longest: Duration,
    /// As if nothing had come before.
    pub(crate) is_fresh: bool,
}

/// A chat.
#[derive(Debug)]
pub(crate) struct Chat {
    realm: Arc<Realm>,
    name: String,
    seen: Mutex<Seen>,
}

/// What came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// In order, over all connections.
    pub(crate) events: Vec<Event>,
    /// A reconnect was answered with 204: nothing will follow.
    pub(crate) is_over: bool,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Chat {
    pub(crate) fn new(realm: &Arc<Realm>, name: &str) -> Self {
        Self { realm: Arc::clone(realm), name: name.to_owned(), seen: Mutex::default() }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With which a client would go on.
    pub(crate) fn last_id(&self) -> Option<String> {
        self.seen().events.iter().rev().find_map(|event| event.id.clone())
    }

    pub(crate) fn is_over(&self) {
        self.seen().is_over = true;
    }

    /// Whether the last event has come.
    pub(crate) fn has_ended(&self) -> bool {
        let seen = self.seen();
        seen.is_over || seen.events.iter().any(|event| matches!(event.name.as_str(), "case" | "ended"))
    }

    /// Reads for so long, or until the connection ends.
    pub(crate) async fn read(&self, events: mpsc::Receiver<Bytes>, longest: Duration) {
        self.realm.history.event(&self.name, || "is connected".to_owned());
        let bytes = stream::unfold(events, |mut events| async move {
            let bytes = events.recv().await?;
            Some((Ok::<_, std::io::Error>(bytes), events))
        });
        let mut events = SseStream::from_bytes_stream(bytes.boxed());
        let read = async {
            while let Some(Ok(event)) = events.next().await {
                self.take(event);
            }
        };
        let how = if timeout(longest, read).await.is_ok() { "connection ended" } else { "disconnects" };
        self.realm.history.event(&self.name, || how.to_owned());
    }

    fn take(&self, event: Sse) {
        let Some(name) = event.event else { return };
        let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
        self.realm.history.event(&self.name, || {
            let id = event.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
            format!("< {name}{id} {}", told(&data))
        });
        self.seen().events.push(Event { id: event.id, name, data });
    }
}

/// What identifies an event's content.
fn told(data: &Value) -> String {
    let members = ["status", "change", "id", "messageId", "state", "by", "position", "typing", "text", "caseNumber"];
    members.iter().filter_map(|name| Some(format!("{name}={}", data.get(name)?))).collect::<Vec<_>>().join(" ")
}

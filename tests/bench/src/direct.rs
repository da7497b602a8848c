//! Salesforce's own event streams, read beside the relay's: what no relay can be faster than.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use flows::System;
use futures_util::StreamExt as _;
use shared::salesforce::Salesforce;
use shared::salesforce::messaging::{EntryKind, News};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::mark::Mark;
use crate::tab::{Arrival, lock};

/// An event stream of one guest. It is closed when this value is dropped.
pub(crate) struct Direct {
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    listening: JoinHandle<()>,
}

impl Direct {
    /// Opens the event stream of an escalation's guest, with the token that the relay has too.
    pub(crate) async fn open(system: &System, salesforce: &Salesforce, id: &str) -> anyhow::Result<Self> {
        let (store, id) = (system.store(), id.parse()?);
        let escalation = store.escalation(id).await?.context("no escalation")?;
        let token = store.guest_token(id).await?.context("no guest token")?;
        let deployment = escalation.messaging.context("no conversation")?.deployment;
        let mut events = Box::pin(salesforce.messaging(&deployment).stream(&token.access_token, None).await?);
        let arrivals = Arc::<Mutex<Vec<Arrival>>>::default();
        let heard = Arc::clone(&arrivals);
        let listening = tokio::spawn(async move {
            while let Some(Ok(streamed)) = events.next().await {
                let at = Instant::now();
                let mark = streamed.news.and_then(|(_, news)| mark(&news));
                lock(&heard).extend(mark.map(|mark| Arrival { mark, at }));
            }
        });
        Ok(Self { arrivals, listening })
    }

    /// What came.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.arrivals).clone()
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn mark(news: &News) -> Option<Mark> {
    match news {
        News::Entry(entry) => match &entry.kind {
            EntryKind::Message { text, .. } => Mark::parse(text),
            _ => None,
        },
        _ => None,
    }
}

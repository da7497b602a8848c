//! `GET /control/desk`: all that the console shows, again whenever it changes.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use axum::{
    extract::{Query, State},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::Instant};

use crate::{
    handle::Handle,
    messaging::{
        conversation::{AcknowledgementType, Conversation, EndedBy, SessionStatus},
        entry::{Entry, Role},
        uncertain::WaitShown,
    },
    org::Org,
    world::World,
};

/// The least time between two events: many changes come together.
const PAUSE: Duration = Duration::from_millis(50);
/// How soon a browser connects again.
const RETRY: Duration = Duration::from_millis(500);
const LONGEST_LAST_WORDS: usize = 120;

/// What somebody has chosen.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    /// Client id; the org with the newest work if absent.
    org: Option<String>,
    /// The conversation to show with all its entries.
    conversation: Option<String>,
}

/// What is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Desk {
    /// How far the simulator's clock is ahead of the machine's.
    clock_offset_seconds: i64,
    /// Client ids.
    orgs: Vec<String>,
    /// Client id of the org that is shown.
    org: String,
    /// Nothing if the org has no Messaging.
    wait_shown: Option<WaitShown>,
    /// The package is configured.
    calls_back: bool,
    /// The org's, oldest first.
    conversations: Vec<Line>,
    conversation: Option<Conversation>,
    /// Changes with every change of a Case.
    cases_version: String,
}

/// A conversation in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    created_at: DateTime<Utc>,
    is_open: bool,
    status: SessionStatus,
    ended_by: Option<EndedBy>,
    agents: Vec<String>,
    routing_attributes: BTreeMap<String, String>,
    last_words: Option<LastWords>,
    /// How many messages the customer has sent.
    customer_messages: usize,
    /// How many of these no agent has acknowledged as delivered.
    undelivered: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastWords {
    role: Role,
    author: String,
    text: String,
}

struct Feed {
    handle: Handle,
    changes: watch::Receiver<()>,
    choice: Choice,
    last: String,
    /// When the next event may follow.
    next_at: Instant,
}

pub(crate) async fn follow(State(handle): State<Handle>, Query(choice): Query<Choice>) -> impl IntoResponse {
    let changes = handle.changes();
    let feed = Feed { handle, changes, choice, last: String::new(), next_at: Instant::now() };
    let events = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await;
        Some((Ok::<_, Infallible>(event), feed))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Feed {
    async fn next(&mut self) -> Event {
        loop {
            self.changes.mark_unchanged();
            let desk = serde_json::to_string(&Desk::of(&self.handle.lock(), &self.choice)).unwrap_or_default();
            if desk != self.last {
                self.last.clone_from(&desk);
                self.next_at = Instant::now() + PAUSE;
                return Event::default().retry(RETRY).data(desk);
            }
            let _own_sender_lives = self.changes.changed().await;
            tokio::time::sleep_until(self.next_at).await;
        }
    }
}

impl Desk {
    fn of(world: &World, choice: &Choice) -> Self {
        let newest = world.orgs.iter().rev().max_by_key(|org| newest_work(org));
        let client_id = choice.org.as_ref().or(newest.map(|org| &org.settings.client_id)).cloned().unwrap_or_default();
        let org = world.org(&client_id);
        let messaging = org.and_then(|org| org.settings.messaging.as_ref());
        let conversations = org.map(|org| org.messaging.conversations.as_slice()).unwrap_or_default();
        Self {
            clock_offset_seconds: world.clock_offset.num_seconds(),
            orgs: world.orgs.iter().map(|org| org.settings.client_id.clone()).collect(),
            wait_shown: messaging.map(|own| own.uncertain.wait_shown),
            calls_back: messaging.is_some_and(|own| own.callback.is_some()),
            conversations: conversations.iter().map(Line::of).collect(),
            conversation: conversations.iter().find(|own| Some(&own.id) == choice.conversation.as_ref()).cloned(),
            cases_version: org.map(cases_version).unwrap_or_default(),
            org: client_id,
        }
    }
}

impl Line {
    fn of(conversation: &Conversation) -> Self {
        let customer = |entry: &&Entry| entry.sender.role == Role::EndUser;
        Self {
            id: conversation.id.clone(),
            created_at: conversation.created_at,
            is_open: conversation.is_open,
            status: conversation.session_status(),
            ended_by: conversation.ended_by(),
            agents: conversation.agents().into_iter().map(Into::into).collect(),
            routing_attributes: conversation.routing_attributes.clone(),
            last_words: conversation.messages().next_back().map(LastWords::of),
            customer_messages: conversation.messages().filter(customer).count(),
            undelivered: conversation.unacknowledged(AcknowledgementType::Delivery).count(),
        }
    }
}

impl LastWords {
    fn of(entry: &Entry) -> Self {
        let content = |pointer| entry.payload.pointer(pointer).and_then(|value| value.as_str());
        let file = || content("/abstractMessage/staticContent/attachments/0/name");
        let choices = || content("/abstractMessage/choices/text");
        let text = entry.text.as_deref().or_else(file).or_else(choices).unwrap_or_default();
        Self {
            role: entry.sender.role,
            author: entry.sender.name.clone(),
            text: text.chars().take(LONGEST_LAST_WORDS).collect(),
        }
    }
}

/// When something last came to an org's agents.
fn newest_work(org: &Org) -> Option<DateTime<Utc>> {
    let created = |case: &crate::org::Record| {
        let text = case.get("CreatedDate")?.as_str()?;
        Some(DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.3f%z").ok()?.to_utc())
    };
    let case = org.records.cases.last().and_then(|case| created(case));
    let entries = org.messaging.conversations.iter().filter_map(|own| own.entries.last());
    entries.map(|entry| entry.at).chain(case).max()
}

fn cases_version(org: &Org) -> String {
    let mut hasher = DefaultHasher::new();
    org.records.cases.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

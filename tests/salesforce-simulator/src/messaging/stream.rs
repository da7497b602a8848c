//! `GET /eventrouter/v1/sse`: a guest's event stream.

use std::{collections::VecDeque, io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde_json::json;
use tokio::{sync::watch, time::Instant};

use crate::{
    exchange::Exchange,
    handle::Handle,
    messaging::{
        call::{Call, query},
        error::MessagingError,
        state::Event,
        uncertain::Uncertain,
    },
    org::Org,
    reply::Reply,
    rest,
    world::World,
};

/// An event stream that was granted.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    client_id: String,
    token: String,
    subject: String,
    /// The last event that the client has.
    after: u64,
}

/// An event stream that is open.
struct Stream {
    handle: Handle,
    changes: watch::Receiver<()>,
    subscription: Subscription,
    /// 1 for the guest's first stream.
    number: u64,
    uncertain: Uncertain,
    opened_at: Instant,
    pinged_at: Instant,
    pings: u64,
    frames: VecDeque<String>,
}

enum State {
    Open,
    Ended,
    Broken,
}

/// Answers a subscription.
pub(crate) fn subscribe(world: &mut World, exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, MessagingError> {
    query(exchange, &["_ts"])?;
    let Ok(call) = Call::authorise(world, exchange, now) else {
        return Ok(unauthorised(world, exchange));
    };
    if text(&exchange.headers, "accept") != Some("text/event-stream") {
        return Err(MessagingError::of_status(StatusCode::NOT_ACCEPTABLE));
    }
    check_org(call.org, text(&exchange.headers, "x-org-id"))?;
    let after = last_event(call.org, text(&exchange.headers, "last-event-id"))?;
    let client_id = call.org.settings.client_id.clone();
    Ok(Reply::events(Subscription { client_id, token: call.token, subject: call.subject, after }))
}

/// The two forms of a 401 that were seen.
fn unauthorised(world: &World, exchange: &Exchange) -> Reply {
    let token = rest::bearer(&exchange.headers).unwrap_or_default();
    if world.orgs.iter().any(|org| org.messaging.tokens.contains_key(token)) {
        return Reply::raw(StatusCode::UNAUTHORIZED, "text/plain", "Jwt is expired");
    }
    Reply::json(StatusCode::UNAUTHORIZED, json!({ "status": 401, "error": "Unauthorized", "path": exchange.path }))
}

fn check_org(org: &Org, header: Option<&str>) -> Result<(), MessagingError> {
    let own = &org.settings.organization_id;
    let long = org.settings.messaging.as_ref().is_some_and(|own| own.uncertain.long_org_id_on_stream);
    match header {
        None => Err(MessagingError::bad_request("OrgId is required")),
        Some(id) if id == &own[..15] || long && id == own => Ok(()),
        Some(_) => Err(MessagingError::bad_request("OrgId in the header and token must match")),
    }
}

/// The last event that the client has; without one, it gets what comes from now on.
fn last_event(org: &Org, header: Option<&str>) -> Result<u64, MessagingError> {
    let uncertain = org.settings.messaging.as_ref().map(|own| own.uncertain).unwrap_or_default();
    match header {
        None if uncertain.last_event_id_required => Err(MessagingError::bad_request("Last-Event-Id is required")),
        Some(id) if uncertain.no_replay && id.parse::<u64>().is_ok() => Ok(org.messaging.last_event),
        None => Ok(org.messaging.last_event),
        Some(id) => id.parse().map_err(|_| MessagingError::bad_request("Last-Event-Id is not a number")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The body of an event stream: it ends when the token does, and breaks on demand.
pub(crate) fn body(handle: &Handle, subscription: Subscription) -> Body {
    let stream = Stream::open(handle.clone(), subscription);
    Body::from_stream(stream::unfold(stream, |mut stream| async move {
        let frame = stream.next().await?;
        Some((frame, stream))
    }))
}

impl Stream {
    fn open(handle: Handle, subscription: Subscription) -> Self {
        let changes = handle.changes();
        let (number, uncertain) = handle
            .change(|world| {
                let org = world.org_mut(&subscription.client_id)?;
                let uncertain = org.settings.messaging.as_ref()?.uncertain;
                Some((org.open_stream(&subscription.subject), uncertain))
            })
            .unwrap_or_default();
        let (opened_at, frames) = (Instant::now(), VecDeque::new());
        Self { handle, changes, subscription, number, uncertain, opened_at, pinged_at: opened_at, pings: 0, frames }
    }

    /// The next frame; nothing at the end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            self.changes.mark_unchanged();
            self.read_events();
            if let Some(frame) = self.frames.pop_front() {
                return Some(Ok(frame.into()));
            }
            match self.state() {
                State::Open => {}
                State::Ended => return None,
                State::Broken => return Some(Err(io::ErrorKind::ConnectionReset.into())),
            }
            if let Some(ping) = self.wait().await {
                return Some(Ok(ping.into()));
            }
        }
    }

    fn read_events(&mut self) {
        let world = self.handle.lock();
        let org = world.org(&self.subscription.client_id);
        let guest = org.and_then(|org| org.messaging.guests.get(&self.subscription.subject));
        let copies = if self.uncertain.duplicate_events { 2 } else { 1 };
        for event in guest.iter().flat_map(|guest| &guest.events).filter(|event| event.id > self.subscription.after) {
            self.frames.extend(std::iter::repeat_n(frame(event), copies));
        }
        if let Some(last) = guest.and_then(|guest| guest.events.last()) {
            self.subscription.after = self.subscription.after.max(last.id);
        }
    }

    fn state(&self) -> State {
        let world = self.handle.lock();
        let now = world.now();
        let Some(org) = world.org(&self.subscription.client_id) else {
            return State::Ended;
        };
        let Some(guest) = org.messaging.guests.get(&self.subscription.subject) else {
            return State::Ended;
        };
        let is_evicted = self.uncertain.second_stream_evicts && guest.last_stream > self.number;
        match org.messaging.subject_of(&self.subscription.token, now) {
            _ if guest.broken_streams >= self.number => State::Broken,
            None => State::Ended,
            Some(_) if is_evicted || self.life_left() == Some(Duration::ZERO) => State::Ended,
            Some(_) => State::Open,
        }
    }

    fn life_left(&self) -> Option<Duration> {
        let life = Duration::from_millis(self.uncertain.stream_life_ms);
        (!life.is_zero()).then(|| life.saturating_sub(self.opened_at.elapsed()))
    }

    /// Waits for a change, the end of the stream's life, or the time of a ping.
    async fn wait(&mut self) -> Option<String> {
        let to_ping = Duration::from_millis(self.uncertain.ping_ms).saturating_sub(self.pinged_at.elapsed());
        let wait = self.life_left().map_or(to_ping, |left| left.min(to_ping));
        let waited = tokio::time::timeout(wait, self.changes.changed()).await;
        (waited.is_err() && wait == to_ping).then(|| self.ping())
    }

    fn ping(&mut self) -> String {
        let frame = format!("event: ping\ndata: {}\n\n", self.pings);
        self.pings += 1;
        self.pinged_at = Instant::now();
        frame
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.handle.change(|world| {
            let now = world.now();
            if let Some(org) = world.org_mut(&self.subscription.client_id) {
                org.close_stream(&self.subscription.subject, now);
            }
        });
    }
}

impl Org {
    fn open_stream(&mut self, subject: &str) -> u64 {
        self.attend(subject, None);
        let guest = self.messaging.guest(subject);
        guest.streams += 1;
        guest.last_stream += 1;
        guest.last_stream
    }

    fn close_stream(&mut self, subject: &str, now: DateTime<Utc>) {
        let guest = self.messaging.guest(subject);
        guest.streams = guest.streams.saturating_sub(1);
        if guest.streams == 0 {
            self.attend(subject, Some(now));
        }
    }

    fn attend(&mut self, subject: &str, unattended_since: Option<DateTime<Utc>>) {
        for conversation in self.messaging.conversations.iter_mut().filter(|own| own.subject == subject) {
            conversation.unattended_since = unattended_since;
        }
    }
}

fn frame(event: &Event) -> String {
    format!("event: {}\nid: {}\ndata: {}\n\n", event.name, event.id, event.data)
}

//! Everything that one simulator knows: its orgs, its clock, its faults and the requests it has received.

use std::{collections::VecDeque, sync::Arc};

use axum::{body::Bytes, http::Method};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    exchange::Exchange,
    fault::{Effect, Faults, Route},
    messaging, oauth,
    org::Org,
    outside::Outside,
    reply::{Reply, RestError},
    rest,
    settings::OrgSettings,
};

const TOKEN_PATH: &str = "/services/oauth2/token";

/// How many requests are remembered.
const MAX_REQUESTS: usize = 10_000;

/// A request that the simulator received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedRequest {
    /// 1 for the first request that the simulator received.
    pub number: u64,
    /// When it arrived, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Client id of the org that it was for, if that could be told.
    pub org: Option<String>,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The call that it made.
    pub route: Route,
    /// Status of the answer; nothing while it is worked on or if it was dropped.
    pub status: Option<u16>,
    /// Milliseconds until the answer or the drop.
    pub duration_ms: Option<u64>,
    /// The body as text, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The state of a simulator.
#[derive(Debug)]
pub(crate) struct World {
    outside: Arc<dyn Outside>,
    pub(crate) orgs: Vec<Org>,
    pub(crate) faults: Faults,
    pub(crate) clock_offset: TimeDelta,
    requests: VecDeque<(ReceivedRequest, Bytes)>,
    last_request: u64,
    held: Vec<(u64, Exchange)>,
}

impl World {
    pub(crate) fn new(outside: Arc<dyn Outside>) -> Self {
        Self {
            outside,
            orgs: Vec::new(),
            faults: Faults::default(),
            clock_offset: TimeDelta::zero(),
            requests: VecDeque::new(),
            last_request: 0,
            held: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.outside.now() + self.clock_offset
    }

    pub(crate) fn outside(&self) -> Arc<dyn Outside> {
        Arc::clone(&self.outside)
    }

    /// Makes an org, or changes its settings if there is one with this client id.
    pub(crate) fn put_org(&mut self, settings: OrgSettings) -> OrgSettings {
        let client_id = settings.client_id.clone();
        let position = self.orgs.len() as u64 + 1;
        if let Some(org) = self.org_mut(&client_id) {
            org.change(settings);
            return org.settings.clone();
        }
        let org = Org::new(settings, position);
        let settings = org.settings.clone();
        self.orgs.push(org);
        settings
    }

    pub(crate) fn org(&self, client_id: &str) -> Option<&Org> {
        self.orgs.iter().find(|org| org.settings.client_id == client_id)
    }

    pub(crate) fn org_mut(&mut self, client_id: &str) -> Option<&mut Org> {
        self.orgs.iter_mut().find(|org| org.settings.client_id == client_id)
    }

    /// The org of a live session, whose end moves on, and the faults.
    pub(crate) fn use_session(&mut self, token: &str, now: DateTime<Utc>) -> Option<(&mut Org, &mut Faults)> {
        let org = self.orgs.iter_mut().find_map(|org| org.use_session(token, now).then_some(org))?;
        Some((org, &mut self.faults))
    }

    /// Answers a request and commits what it does.
    pub(crate) fn answer(&mut self, exchange: &Exchange) -> Reply {
        self.carry_out_planned();
        match exchange.path.as_str() {
            TOKEN_PATH if exchange.method == Method::POST => {
                oauth::answer(self, &exchange.headers, &exchange.body, &exchange.own_url)
            }
            TOKEN_PATH => RestError::method_not_allowed(&exchange.method).into(),
            path if path.starts_with("/services/data") => rest::answer(self, exchange),
            path if messaging::is_messaging(path) => messaging::answer(self, exchange),
            _ => RestError::not_found().into(),
        }
    }

    /// Answers a request with a refusal that a fault chose.
    pub(crate) fn refuse(&self, exchange: &Exchange, error: RestError) -> Reply {
        let client_id = self.org_of_token(rest::bearer(&exchange.headers));
        let reply = Reply::from(error);
        match client_id.and_then(|client_id| self.org(&client_id)) {
            Some(org) => reply.with(rest::LIMIT_INFO, &org.limit_info()),
            None => reply,
        }
    }

    /// Remembers a request and finds what goes wrong with it.
    pub(crate) fn receive(&mut self, exchange: &Exchange) -> (u64, Option<Effect>) {
        let (org, route) = self.identify(exchange);
        self.last_request += 1;
        let request = ReceivedRequest {
            number: self.last_request,
            at: self.now(),
            org: org.clone(),
            method: exchange.method.to_string(),
            path: exchange.path_and_query(),
            route,
            status: None,
            duration_ms: None,
            body: None,
        };
        self.requests.push_back((request, exchange.body.clone()));
        if self.requests.len() > MAX_REQUESTS {
            self.requests.pop_front();
        }
        (self.last_request, self.faults.strike(org.as_deref(), route))
    }

    /// The org that a request is for, if that can be told, and the call that it makes.
    fn identify(&self, exchange: &Exchange) -> (Option<String>, Route) {
        match exchange.path.as_str() {
            TOKEN_PATH => (oauth::client_id(&exchange.headers, &exchange.body), Route::Token),
            path if messaging::is_messaging(path) => (messaging::org_of(self, exchange), messaging::route(exchange)),
            _ => (self.org_of_token(rest::bearer(&exchange.headers)), rest::route(exchange)),
        }
    }

    pub(crate) fn finish(&mut self, number: u64, status: Option<u16>, duration_ms: u64) {
        if let Some((request, _)) = self.requests.iter_mut().find(|(request, _)| request.number == number) {
            request.status = status;
            request.duration_ms = Some(duration_ms);
        }
    }

    pub(crate) fn requests(&self, bodies: bool) -> Vec<ReceivedRequest> {
        let with_body = |(request, body): &(ReceivedRequest, Bytes)| {
            let body = bodies.then(|| String::from_utf8_lossy(body).into_owned());
            ReceivedRequest { body, ..request.clone() }
        };
        self.requests.iter().map(with_body).collect()
    }

    pub(crate) fn clear_requests(&mut self) {
        self.requests.clear();
    }

    /// Keeps a request that is carried out later.
    pub(crate) fn hold(&mut self, number: u64, exchange: Exchange) {
        self.held.push((number, exchange));
    }

    /// Carries out held requests: one, or all; the number that were.
    pub(crate) fn release(&mut self, number: Option<u64>) -> usize {
        let (released, kept) = std::mem::take(&mut self.held)
            .into_iter()
            .partition::<Vec<_>, _>(|(own, _)| number.is_none_or(|number| number == *own));
        self.held = kept;
        for (_, exchange) in &released {
            self.answer(exchange);
        }
        released.len()
    }

    pub(crate) fn expire_sessions(&mut self, exchange: &Exchange) {
        let (client_id, _) = self.identify(exchange);
        if let Some(org) = client_id.and_then(|client_id| self.org_mut(&client_id)) {
            org.expire_sessions();
            org.messaging.expire_tokens();
        }
    }

    fn org_of_token(&self, token: Option<&str>) -> Option<String> {
        let token = token?;
        self.orgs.iter().find(|org| org.has_session(token)).map(|org| org.settings.client_id.clone())
    }
}

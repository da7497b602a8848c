//! The way to Salesforce and back: what is lost on it, what is late, and what the org refuses for the moment.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::extract::Request as AxumRequest;
use bytes::Bytes;
use fastrand::Rng;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full};
use lambda_http::http::{Request as HttpRequest, Response as HttpResponse, header, request};
use reqwest::{Body, Request, Response};
use salesforce_simulator::{Action, ConnectionDropped};
use shared::salesforce::{Transport, TransportError};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use crate::fate::{Fate, Service};
use crate::plant::Plant;
use crate::realm::Realm;
use crate::sandbox::Sandbox;

/// Requests that say nothing themselves may take so long.
const LONGEST: Duration = Duration::from_mins(15);

/// The way of one instance to Salesforce.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) realm: Arc<Realm>,
    pub(crate) sandbox: Arc<Sandbox>,
}

/// A request that can be sent more than once.
#[derive(Clone)]
struct Parcel {
    head: request::Parts,
    body: Bytes,
    service: Service,
}

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let wire = self.clone();
        Box::pin(async move {
            let sandbox = Arc::clone(&wire.sandbox);
            let longest = request.timeout().copied().unwrap_or(LONGEST);
            let host = request.url().authority().to_owned();
            let sent = async { timeout(longest, wire.travel(request)).await.unwrap_or(Err(TransportError::Timeout)) };
            let answer = sandbox.call(sent).await;
            if !answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
                wire.realm.count_refusal(&host);
            }
            answer
        })
    }
}

impl Wire {
    async fn travel(&self, request: Request) -> Result<Response, TransportError> {
        let parcel = Parcel::pack(request).await?;
        let (who, service) = (&self.sandbox.name, parcel.service);
        self.realm.count(|counts| counts.calls += 1);
        self.realm.latency("the latency of Salesforce", 200).await;
        if let Some(answer) = self.planted(&parcel) {
            return Ok(answer);
        }
        let fate = self.fate(&parcel);
        self.realm.history.call(who, || format!("{service:?} {:?}", fate.as_ref().map(Fate::word)));
        match fate {
            None => self.arrive(parcel).await,
            Some(Fate::NotReached) => Err(TransportError::Connect),
            Some(Fate::Lost { after }) => {
                self.arrive_if(after, parcel).await;
                Err(TransportError::Broken)
            }
            Some(Fate::Silent { after }) => {
                self.arrive_if(after, parcel).await;
                pending().await
            }
            Some(Fate::Late(delay)) => {
                let realm = Arc::clone(&self.realm);
                let busy = realm.busy();
                tokio::spawn(async move {
                    sleep(delay).await;
                    drop(carry_out(&realm, parcel).await);
                    drop(busy);
                });
                Err(TransportError::Broken)
            }
            Some(Fate::Slow { before, after }) => {
                sleep(before).await;
                let answer = self.arrive(parcel).await;
                sleep(after).await;
                answer
            }
            Some(Fate::Answer { status, body, after }) => {
                self.arrive_if(after, parcel).await;
                Ok(made_up(status, body))
            }
            Some(Fate::SessionsEnd) => {
                self.each_org(|name| self.realm.salesforce.expire_sessions(name));
                self.arrive(parcel).await
            }
            Some(Fate::Meanwhile { action, after }) => self.arrive_meanwhile(parcel, action, after).await,
        }
    }

    fn fate(&self, parcel: &Parcel) -> Option<Fate> {
        let (host, service) = (parcel.host(), parcel.service);
        let what = format!("Salesforce: {service:?}");
        let (down, maintained) = (format!("{host} is down"), format!("{host} is maintained"));
        if self.realm.is_spellbound(&down) {
            return Some(Fate::NotReached);
        }
        if self.realm.is_spellbound(&maintained) {
            return Some(Fate::MAINTENANCE);
        }
        let mut rng: Rng = self.realm.dice.mischief(&what, self.realm.rates.salesforce)?;
        let fate = Fate::draw(&mut rng, service);
        let lasting = [(Fate::NotReached, down), (Fate::MAINTENANCE, maintained)];
        if let Some((_, spell)) = lasting.iter().find(|(lasting, _)| *lasting == fate).filter(|_| rng.f64() < 0.15) {
            self.realm.cast(spell, Duration::from_millis(rng.u64(1_000..900_000)));
        }
        self.realm.count(|counts| *counts.mischief.entry(format!("Salesforce: {}", fate.word())).or_default() += 1);
        self.realm.history.event(&self.sandbox.name, || format!("! {service:?}: {}", fate.word()));
        Some(fate)
    }

    /// Salesforce carries on when its client has gone.
    async fn arrive(&self, parcel: Parcel) -> Result<Response, TransportError> {
        let is_stream = parcel.service == Service::EventStream;
        let realm = Arc::clone(&self.realm);
        let answer = tokio::spawn(async move { carry_out(&realm, parcel).await }).await;
        let answer = answer.map_err(|_| TransportError::Broken)?;
        if answer.extensions().get::<ConnectionDropped>().is_some() {
            return Err(TransportError::Broken);
        }
        if is_stream && answer.status().is_success() { Ok(self.streamed(answer)) } else { collected(answer).await }
    }

    async fn arrive_if(&self, is_done: bool, parcel: Parcel) {
        if is_done {
            drop(self.arrive(parcel).await);
        }
    }

    async fn arrive_meanwhile(&self, parcel: Parcel, action: Action, after: bool) -> Result<Response, TransportError> {
        let conversation = parcel.head.uri.path().split('/').nth(5).unwrap_or_default().to_owned();
        let act = || {
            self.each_org(|name| {
                let _unknown = self.realm.salesforce.play(name, &conversation, action.clone());
            });
        };
        if after {
            let answer = self.arrive(parcel).await;
            act();
            return answer;
        }
        act();
        self.arrive(parcel).await
    }

    fn each_org(&self, act: impl Fn(&str)) {
        self.realm.salesforce.orgs().iter().for_each(|org| act(&org.client_id));
    }

    /// An event stream, which ends with the instance, or breaks some time.
    fn streamed(&self, answer: HttpResponse<AxumBody>) -> Response {
        let life =
            match self.realm.dice.mischief("Salesforce: the event stream breaks", self.realm.rates.salesforce * 2.0) {
                Some(mut rng) => Duration::from_millis(rng.u64(1..60_000)),
                None => LONGEST,
            };
        let sandbox = Arc::clone(&self.sandbox);
        let end = Box::pin(async move {
            tokio::select! {
                biased;
                () = sandbox.dead() => {}
                () = sleep(life) => {}
            }
        });
        let (head, body) = answer.into_parts();
        HttpResponse::from_parts(head, Body::wrap_stream(body.into_data_stream().take_until(end))).into()
    }

    /// What planted bugs do on the way.
    fn planted(&self, parcel: &Parcel) -> Option<Response> {
        match (self.realm.plant?, parcel.service) {
            (Plant::UnsentClose, Service::Close) => Some(made_up(204, "")),
            (Plant::BlindInsert, Service::ReadCase) => {
                Some(made_up(404, r#"[{"errorCode":"NOT_FOUND","message":""}]"#))
            }
            (Plant::BlindInsert, Service::Query) => Some(made_up(200, r#"{"totalSize":0,"done":true,"records":[]}"#)),
            _ => None,
        }
    }
}

impl Parcel {
    async fn pack(request: Request) -> Result<Self, TransportError> {
        let request: HttpRequest<Body> = request.try_into().map_err(|_| TransportError::Connect)?;
        let (mut head, body) = request.into_parts();
        let host = head.uri.authority().and_then(|host| host.as_str().parse().ok());
        head.headers.extend(host.map(|host| (header::HOST, host)));
        let body = body.collect().await.map_err(|_| TransportError::Broken)?.to_bytes();
        let service = Service::of(&head.method, head.uri.path());
        Ok(Self { head, body, service })
    }

    fn host(&self) -> &str {
        self.head.uri.authority().map_or("", |host| host.as_str())
    }

    fn open(self) -> AxumRequest {
        AxumRequest::from_parts(self.head, AxumBody::new(Full::new(self.body)))
    }
}

async fn carry_out(realm: &Realm, parcel: Parcel) -> HttpResponse<AxumBody> {
    let answer: Result<_, Infallible> = realm.salesforce_routes.clone().oneshot(parcel.open()).await;
    answer.unwrap_or_else(|never| match never {})
}

async fn collected(answer: HttpResponse<AxumBody>) -> Result<Response, TransportError> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|_| TransportError::Broken)?.to_bytes();
    Ok(HttpResponse::from_parts(head, Body::from(body)).into())
}

fn made_up(status: u16, body: &'static str) -> Response {
    let mut answer = HttpResponse::new(Body::from(body));
    *answer.status_mut() = status.try_into().unwrap_or_default();
    answer.into()
}

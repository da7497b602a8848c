//! Connects the customer's chat with the live conversation.
//!
//! Behind it is a durable log: whatever happens is stored once, with the next number, before anybody is told of it. So a client
//! that reconnects loses and doubles nothing, whichever instance it comes to. One connection at a time reads Salesforce; the
//! others follow the log.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use lambda_http::http::{HeaderValue, Method, Response, header};
use lambda_http::{Error, Request};
use shared::clock::Clock;
use shared::conversation_token::ConversationTokens;
use shared::hints::Hints;
use shared::http_api::{Answer, Matched, Routes, check_size, respond};
use shared::ids::Ids;
use shared::problem::Problem;
use shared::salesforce::Salesforce;
use shared::store::Store;
use tracing::Instrument as _;

mod admission;
pub mod bodies;
mod chat_script;
mod connection;
mod download;
mod end;
pub mod event;
mod events;
pub mod files;
pub mod mapping;
pub mod messages;
mod pace;
mod passing;
mod reader;
pub mod signals;
mod streamed_answers;

pub use streamed_answers::StreamedAnswers;

/// A file, and what a multipart body adds to it.
const MAX_BODY_BYTES: usize = files::MAX_FILE_BYTES + 100_000;

/// The body of an answer, which may be a stream.
pub type StreamBody = UnsyncBoxBody<Bytes, Error>;

/// What the relay works with.
pub struct ConversationRelay {
    /// Which request is which.
    pub routes: Routes<Route>,
    /// The table.
    pub store: Store,
    /// To recovery, which judges how a conversation goes on.
    pub hints: Hints,
    /// The companies' conversations.
    pub salesforce: Salesforce,
    /// Opens a conversation to its customer.
    pub conversation_tokens: ConversationTokens,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the marks of connections.
    pub ids: Arc<dyn Ids>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The chat itself, as a script: anybody may load it.
    ChatScript,
    /// A browser asks whether a page may do what follows.
    Preflight,
    /// Something of one conversation, which its token opens.
    Conversation(Action),
}

/// What the customer of a conversation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Whatever happens, as server-sent events.
    Events,
    /// A file.
    Download,
    /// Say something.
    PostMessage,
    /// Send a file.
    PostFile,
    /// Type.
    PostTyping,
    /// Have read something.
    PostRead,
    /// End it.
    PostEnd,
}

/// The routes of `conversation-relay`, as `infra/template.yaml` has them.
///
/// # Errors
/// Never: a test builds them.
pub fn routes() -> Result<Routes<Route>, Box<dyn std::error::Error + Send + Sync>> {
    let with = |method, action| [(method, Route::Conversation(action)), (Method::OPTIONS, Route::Preflight)];
    Ok(Routes::new(&[
        ("/chat.js", &[(Method::GET, Route::ChatScript)]),
        ("/v1/conversations/{escalationId}/events", &with(Method::GET, Action::Events)),
        ("/v1/conversations/{escalationId}/files/{fileId}", &with(Method::GET, Action::Download)),
        ("/v1/conversations/{escalationId}/messages", &with(Method::POST, Action::PostMessage)),
        ("/v1/conversations/{escalationId}/files", &with(Method::POST, Action::PostFile)),
        ("/v1/conversations/{escalationId}/typing", &with(Method::POST, Action::PostTyping)),
        ("/v1/conversations/{escalationId}/read", &with(Method::POST, Action::PostRead)),
        ("/v1/conversations/{escalationId}/end", &with(Method::POST, Action::PostEnd)),
    ])?)
}

/// Answers one request; any page may ask, because only the token opens anything.
///
/// # Errors
/// A header is not valid, which no handler makes.
pub async fn handle(relay: &Arc<ConversationRelay>, request: Request) -> Result<Response<StreamBody>, Error> {
    let mut response = match answer(relay, &request).await {
        Ok(Reply::Answer(answer)) => whole(respond(Ok(answer))?),
        Ok(Reply::Stream(response)) => response,
        Err(problem) => whole(respond(Err(problem))?),
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    Ok(response)
}

/// An answer, or a stream of one.
pub(crate) enum Reply {
    Answer(Answer),
    Stream(Response<StreamBody>),
}

async fn answer(relay: &Arc<ConversationRelay>, request: &Request) -> Result<Reply, Problem> {
    check_size(request, MAX_BODY_BYTES)?;
    let matched = relay.routes.find(request)?;
    match matched.route {
        Route::ChatScript => Ok(Reply::Stream(chat_script::get(request))),
        Route::Preflight => Ok(Reply::Answer(preflight())),
        Route::Conversation(action) => serve(relay, request, &matched, action).instrument(matched.span()).await,
    }
}

async fn serve(
    relay: &Arc<ConversationRelay>,
    request: &Request,
    matched: &Matched<Route>,
    action: Action,
) -> Result<Reply, Problem> {
    let escalation = admission::admit(relay, request, matched.parameter("escalationId")).await?;
    let answer = match action {
        Action::Events => return events::open(relay, request, escalation).await,
        Action::Download => return download(relay, matched, &escalation).await,
        Action::PostMessage => Box::pin(messages::post(relay, request, escalation)).await?,
        Action::PostFile => Box::pin(files::post(relay, request, escalation)).await?,
        Action::PostTyping => signals::typing(relay, request, escalation).await?,
        Action::PostRead => signals::read(relay, request, escalation).await?,
        Action::PostEnd => end::post(relay, escalation).await?,
    };
    Ok(Reply::Answer(answer))
}

async fn download(
    relay: &ConversationRelay,
    matched: &Matched<Route>,
    escalation: &shared::escalation::Escalation,
) -> Result<Reply, Problem> {
    download::get(relay, escalation, matched.parameter("fileId")).await.map(Reply::Stream)
}

fn preflight() -> Answer {
    Answer::no_content()
        .with_header("access-control-allow-methods", "GET, POST")
        .with_header("access-control-allow-headers", "authorization, content-type, last-event-id")
        .with_header("access-control-max-age", "86400")
}

fn whole(response: Response<lambda_http::Body>) -> Response<StreamBody> {
    response.map(|body| {
        let bytes = match body {
            lambda_http::Body::Text(text) => Bytes::from(text),
            lambda_http::Body::Binary(bytes) => Bytes::from(bytes),
            _ => Bytes::new(),
        };
        Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_routes_do_not_contradict_each_other() {
        assert!(super::routes().is_ok());
    }
}

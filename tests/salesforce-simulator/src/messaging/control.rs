//! The control API of Messaging.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    handle::Handle,
    messaging::{
        agent::Obstacle,
        callback::{CallbackCase, SentCallback},
        conversation::Conversation,
        file::FileData,
        handle::UnknownConversation,
        script::{Action, Script},
        state::Attachment,
    },
};

/// More than any org takes.
const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

const BINARY: &str = "application/octet-stream";

/// The query of a file that the agent sends.
#[derive(Debug, Deserialize)]
struct FileName {
    name: String,
}

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/orgs/{client_id}/conversations", get(conversations))
        .route("/orgs/{client_id}/conversations/{id}", get(conversation))
        .route("/orgs/{client_id}/conversations/{id}/actions", post(play))
        .route(
            "/orgs/{client_id}/conversations/{id}/files",
            post(send_file).layer(DefaultBodyLimit::max(MAX_FILE_BYTES)),
        )
        .route("/orgs/{client_id}/conversations/{id}/flow-case", post(make_flow_case))
        .route("/orgs/{client_id}/conversations/{id}/callback", post(callback))
        .route("/orgs/{client_id}/attachments/{id}", get(attachment))
        .route("/orgs/{client_id}/callbacks", get(callbacks))
        .route("/orgs/{client_id}/script", put(set_script))
        .route("/orgs/{client_id}/expire-tokens", post(expire_tokens))
        .route("/orgs/{client_id}/break-streams", post(break_streams))
}

async fn conversations(State(handle): State<Handle>, Path(client_id): Path<String>) -> Json<Vec<Conversation>> {
    Json(handle.conversations(&client_id))
}

async fn conversation(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
) -> Result<Json<Conversation>, StatusCode> {
    handle.conversation(&client_id, &id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn play(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
    Json(action): Json<Action>,
) -> Result<Response, StatusCode> {
    handle.try_to_play(&client_id, &id, action).map(told).map_err(not_found)
}

async fn send_file(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
    Query(FileName { name }): Query<FileName>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, StatusCode> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(BINARY);
    let file = FileData { name, content_type: content_type.into(), bytes };
    handle.try_to_send_file(&client_id, &id, file).map(told).map_err(not_found)
}

/// A file, which no browser opens as a page of the simulator's.
async fn attachment(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
) -> Result<Response, StatusCode> {
    let Attachment { content_type, bytes, .. } = handle.attachment(&client_id, &id).ok_or(StatusCode::NOT_FOUND)?;
    let content_type = HeaderValue::from_str(&content_type).unwrap_or(HeaderValue::from_static(BINARY));
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, bytes).into_response())
}

async fn make_flow_case(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
) -> Result<Json<CallbackCase>, StatusCode> {
    handle.make_flow_case(&client_id, &id).map(Json).map_err(not_found)
}

async fn callback(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
    Json(case): Json<Option<CallbackCase>>,
) -> Result<Json<Value>, StatusCode> {
    let status = handle.callback(&client_id, &id, case.as_ref()).await.map_err(not_found)?;
    Ok(Json(json!({ "status": status })))
}

async fn callbacks(State(handle): State<Handle>, Path(client_id): Path<String>) -> Json<Vec<SentCallback>> {
    Json(handle.callbacks(&client_id))
}

async fn set_script(
    State(handle): State<Handle>,
    Path(client_id): Path<String>,
    Json(script): Json<Script>,
) -> StatusCode {
    handle.set_script(&client_id, script);
    StatusCode::NO_CONTENT
}

async fn expire_tokens(State(handle): State<Handle>, Path(client_id): Path<String>) -> StatusCode {
    handle.expire_tokens(&client_id);
    StatusCode::NO_CONTENT
}

async fn break_streams(State(handle): State<Handle>, Path(client_id): Path<String>) -> StatusCode {
    handle.break_streams(&client_id);
    StatusCode::NO_CONTENT
}

/// What became of an action.
fn told(obstacle: Option<Obstacle>) -> Response {
    match obstacle {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(obstacle) => (StatusCode::CONFLICT, obstacle.to_string()).into_response(),
    }
}

fn not_found(_: UnknownConversation) -> StatusCode {
    StatusCode::NOT_FOUND
}

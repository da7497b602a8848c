//! The control API of Messaging.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post, put},
};
use serde_json::{Value, json};

use crate::{
    handle::Handle,
    messaging::{
        callback::{CallbackCase, SentCallback},
        conversation::Conversation,
        handle::UnknownConversation,
        script::{Action, Script},
    },
};

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/orgs/{client_id}/conversations", get(conversations))
        .route("/orgs/{client_id}/conversations/{id}", get(conversation))
        .route("/orgs/{client_id}/conversations/{id}/actions", post(play))
        .route("/orgs/{client_id}/conversations/{id}/flow-case", post(make_flow_case))
        .route("/orgs/{client_id}/conversations/{id}/callback", post(callback))
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
) -> Result<StatusCode, StatusCode> {
    handle.play(&client_id, &id, action).map(|()| StatusCode::NO_CONTENT).map_err(not_found)
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

fn not_found(_: UnknownConversation) -> StatusCode {
    StatusCode::NOT_FOUND
}

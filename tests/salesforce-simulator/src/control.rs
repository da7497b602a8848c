//! The control API under `/control`: what [`Handle`] does, over HTTP.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    console,
    fault::Fault,
    handle::Handle,
    messaging,
    org::{Counters, Record},
    settings::OrgSettings,
    setup::Component,
    world::ReceivedRequest,
};

#[derive(Debug, Deserialize)]
struct RequestsQuery {
    #[serde(default)]
    bodies: bool,
}

/// How far the simulator's clock is ahead of the machine's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Clock {
    offset_seconds: i64,
}

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/orgs", get(orgs))
        .route("/orgs/{client_id}", get(org).put(put_org).patch(patch_org))
        .route("/orgs/{client_id}/expire-sessions", post(expire_sessions))
        .route("/orgs/{client_id}/counters", get(counters))
        .route("/orgs/{client_id}/cases", get(cases))
        .route("/orgs/{client_id}/components", post(deploy).delete(delete))
        .route("/orgs/{client_id}/files", get(files))
        .route("/orgs/{client_id}/files/{id}", get(file))
        .merge(messaging::control::router())
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/release", post(release))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/clock", put(set_clock))
        .route("/desk", get(console::follow))
}

async fn orgs(State(handle): State<Handle>) -> Json<Vec<OrgSettings>> {
    Json(handle.orgs())
}

async fn org(State(handle): State<Handle>, Path(client_id): Path<String>) -> Result<Json<OrgSettings>, StatusCode> {
    handle.org(&client_id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn put_org(
    State(handle): State<Handle>,
    Path(client_id): Path<String>,
    Json(settings): Json<OrgSettings>,
) -> Json<OrgSettings> {
    Json(handle.put_org(OrgSettings { client_id, ..settings }))
}

async fn patch_org(
    State(handle): State<Handle>,
    Path(client_id): Path<String>,
    Json(changes): Json<Record>,
) -> Response {
    let Some(settings) = handle.org(&client_id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match merged(&settings, changes) {
        Ok(settings) => Json(handle.put_org(OrgSettings { client_id, ..settings })).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

fn merged(settings: &OrgSettings, changes: Record) -> serde_json::Result<OrgSettings> {
    let mut merged: Record = serde_json::from_value(serde_json::to_value(settings)?)?;
    merged.extend(changes);
    serde_json::from_value(Value::Object(merged))
}

async fn expire_sessions(State(handle): State<Handle>, Path(client_id): Path<String>) -> StatusCode {
    handle.expire_sessions(&client_id);
    StatusCode::NO_CONTENT
}

async fn counters(State(handle): State<Handle>, Path(client_id): Path<String>) -> Json<Counters> {
    Json(handle.counters(&client_id))
}

async fn cases(State(handle): State<Handle>, Path(client_id): Path<String>) -> Json<Vec<Record>> {
    Json(handle.cases(&client_id))
}

async fn deploy(
    State(handle): State<Handle>,
    Path(client_id): Path<String>,
    Json(components): Json<Vec<Component>>,
) -> StatusCode {
    handle.deploy(&client_id, &components);
    StatusCode::NO_CONTENT
}

async fn delete(
    State(handle): State<Handle>,
    Path(client_id): Path<String>,
    Json(components): Json<Vec<Component>>,
) -> Result<StatusCode, (StatusCode, String)> {
    handle.delete(&client_id, &components).map_err(|reason| (StatusCode::CONFLICT, reason))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn files(State(handle): State<Handle>, Path(client_id): Path<String>) -> Json<Vec<Record>> {
    Json(handle.files(&client_id).into_iter().map(|file| file.content_version).collect())
}

async fn file(
    State(handle): State<Handle>,
    Path((client_id, id)): Path<(String, String)>,
) -> Result<Response, StatusCode> {
    let mut files = handle.files(&client_id).into_iter();
    let file = files.find(|file| file.content_version["Id"] == id).ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], file.bytes).into_response())
}

async fn faults(State(handle): State<Handle>) -> Json<Vec<Fault>> {
    Json(handle.faults())
}

async fn add_fault(State(handle): State<Handle>, Json(fault): Json<Fault>) -> StatusCode {
    handle.add_fault(fault);
    StatusCode::CREATED
}

async fn clear_faults(State(handle): State<Handle>) -> StatusCode {
    handle.clear_faults();
    StatusCode::NO_CONTENT
}

async fn release(State(handle): State<Handle>) -> Json<Value> {
    Json(json!({ "released": handle.release() }))
}

async fn requests(
    State(handle): State<Handle>,
    Query(RequestsQuery { bodies }): Query<RequestsQuery>,
) -> Json<Vec<ReceivedRequest>> {
    Json(handle.requests(bodies))
}

async fn clear_requests(State(handle): State<Handle>) -> StatusCode {
    handle.clear_requests();
    StatusCode::NO_CONTENT
}

async fn set_clock(State(handle): State<Handle>, Json(clock): Json<Clock>) -> Json<Clock> {
    handle.set_clock_offset(clock.offset_seconds);
    Json(clock)
}

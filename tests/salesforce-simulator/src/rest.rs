//! The REST API under `/services/data`.

mod action;
mod case;
mod composite;
mod content_version;
mod operation;
mod query;
mod record;
mod reference;
mod setup;
mod validation;

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use chrono::{DateTime, Utc};
use operation::Operation;
use serde_json::{Value, json};

use crate::{
    exchange::Exchange,
    fault::{Faults, Route},
    org::{Org, Record},
    reply::{Reply, RestError},
    world::World,
};

const OLDEST_VERSION: u32 = 31;
const NEWEST_VERSION: u32 = 68;
/// Tells how many calls of the day are used.
pub(crate) const LIMIT_INFO: HeaderName = HeaderName::from_static("sforce-limit-info");

/// What a call works on: an org, at a moment.
pub(crate) struct Transaction<'a> {
    pub(crate) org: &'a mut Org,
    pub(crate) faults: &'a mut Faults,
    pub(crate) now: DateTime<Utc>,
    /// The version segment of the URL, for example `v66.0`.
    pub(crate) version: &'a str,
    /// Assignment rules apply.
    pub(crate) auto_assign: bool,
}

/// A URL of the API, read.
struct RestCall {
    version: String,
    operation: Operation,
    query: HashMap<String, String>,
}

/// The call that a request makes.
pub(crate) fn route(exchange: &Exchange) -> Route {
    if exchange.path == "/services/data" {
        return Route::Versions;
    }
    parse_url(&exchange.method, &exchange.path).map_or(Route::Other, |call| call.operation.route())
}

/// The token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Answers a request.
pub(crate) fn answer(world: &mut World, exchange: &Exchange) -> Reply {
    if exchange.path == "/services/data" {
        let only_get = || RestError::method_not_allowed(&exchange.method).into();
        return if exchange.method == Method::GET { versions() } else { only_get() };
    }
    if let Err(error) = version_of(&exchange.path) {
        return error.into();
    }
    let now = world.now();
    let token = bearer(&exchange.headers).unwrap_or_default();
    let invalid = |message: &str| RestError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", message).into();
    let Some((org, faults)) = world.use_session(token, now) else { return invalid("Session expired or invalid") };
    if !org.settings.scope.split(' ').any(|scope| scope == "api" || scope == "full") {
        return invalid("This session is not valid for use with the REST API");
    }
    let reply = counted(org, faults, now, exchange).unwrap_or_else(Reply::from);
    reply.with(LIMIT_INFO, &org.limit_info())
}

fn counted(org: &mut Org, faults: &mut Faults, now: DateTime<Utc>, exchange: &Exchange) -> Result<Reply, RestError> {
    if !org.count_api_call(now) {
        let message = "TotalRequests Limit exceeded.";
        return Err(RestError::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message));
    }
    let RestCall { version, operation, query } = parse_url(&exchange.method, &exchange.path_and_query())?;
    let body = read_body(exchange)?;
    let auto_assign = exchange.headers.get("sforce-auto-assign");
    let auto_assign = !auto_assign.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"FALSE"));
    let mut transaction = Transaction { org, faults, now, version: &version, auto_assign };
    execute(&mut transaction, operation, &query, body)
}

fn read_body(exchange: &Exchange) -> Result<Option<Value>, RestError> {
    if exchange.body.is_empty() && [Method::GET, Method::DELETE].contains(&exchange.method) {
        return Ok(None);
    }
    let content_type = exchange.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json")) {
        let message = "Content-Type must be application/json";
        return Err(RestError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    serde_json::from_slice(&exchange.body).map(Some).map_err(|error| RestError::json_parser(error.to_string()))
}

fn execute(
    transaction: &mut Transaction<'_>,
    operation: Operation,
    query: &HashMap<String, String>,
    body: Option<Value>,
) -> Result<Reply, RestError> {
    let parameter = |name: &str| query.get(name).map(String::as_str);
    match operation {
        Operation::Resources => Ok(resources(transaction.version)),
        Operation::Limits => Ok(limits(transaction.org)),
        Operation::Query(api) => query::run(transaction, api, parameter("q").unwrap_or_default()),
        Operation::Composite => composite::run(transaction, body.unwrap_or_default()),
        Operation::ApexAction(class) => action::run(transaction, &class, &body.unwrap_or_default()),
        Operation::Describe(object) => record::describe(transaction.org, object),
        Operation::InsertCase => case::insert(transaction, &values(body)?),
        Operation::InsertContentVersion => content_version::insert(transaction, &values(body)?),
        Operation::Read(object, id) => record::read(transaction, object, &id, parameter("fields")),
        Operation::UpdateCase(id) => case::update(transaction, &id, &values(body)?),
        Operation::ReadCaseByExternalId { field, value } => {
            case::read_by_external_id(transaction, (&field, &value), parameter("fields"))
        }
        Operation::UpsertCase { field, value } => {
            let update_only = parameter("updateOnly") == Some("true");
            case::upsert(transaction, (&field, &value), update_only, &values(body)?)
        }
        Operation::Download(id) => content_version::download(transaction, &id),
        Operation::UpdateMessagingChannel(id) => setup::update_channel(transaction, &id, &values(body)?),
        Operation::AssignPermissionSet => setup::assign(transaction, &values(body)?),
        Operation::UnassignPermissionSet(id) => setup::unassign(transaction, &id),
        Operation::PublishDeployment(id) => setup::publish(transaction, &id),
        Operation::ActivateFlow(id) => setup::activate_flow(transaction, &id, &values(body)?),
        Operation::DeleteFlow(id) => setup::delete_flow(transaction, &id),
    }
}

fn values(body: Option<Value>) -> Result<Record, RestError> {
    match body {
        Some(Value::Object(mut values)) => {
            values.remove("attributes");
            Ok(values)
        }
        _ => Err(RestError::json_parser("The HTTP entity body is required, but this request has no entity body.")),
    }
}

fn parse_url(method: &Method, url: &str) -> Result<RestCall, RestError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (version, rest) = version_of(path)?;
    Ok(RestCall {
        version: version.into(),
        operation: Operation::parse(method, rest)?,
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
    })
}

/// The version segment and the path behind it.
fn version_of(path: &str) -> Result<(&str, &str), RestError> {
    let rest = path.strip_prefix("/services/data/").ok_or_else(RestError::not_found)?;
    let (version, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let number = version.strip_prefix('v').and_then(|version| version.strip_suffix(".0")).and_then(|v| v.parse().ok());
    match number {
        Some(OLDEST_VERSION..=NEWEST_VERSION) => Ok((version, rest)),
        Some(0..OLDEST_VERSION) => {
            let message = format!("The API version {version} is no longer supported");
            Err(RestError::new(StatusCode::GONE, "UNSUPPORTED_API_VERSION", message))
        }
        _ => Err(RestError::not_found()),
    }
}

fn versions() -> Reply {
    let version = |number: u32| {
        let url = format!("/services/data/v{number}.0");
        json!({ "label": format!("Release {number}"), "url": url, "version": format!("{number}.0") })
    };
    Reply::json(StatusCode::OK, (OLDEST_VERSION..=NEWEST_VERSION).map(version).collect())
}

fn resources(version: &str) -> Reply {
    let resource = |name: &str| format!("/services/data/{version}/{name}");
    let body = json!({
        "composite": resource("composite"),
        "limits": resource("limits"),
        "query": resource("query"),
        "sobjects": resource("sobjects"),
    });
    Reply::json(StatusCode::OK, body)
}

fn limits(org: &Org) -> Reply {
    let max = org.settings.daily_api_requests;
    let remaining = max.saturating_sub(org.api_calls_today());
    Reply::json(StatusCode::OK, json!({ "DailyApiRequests": { "Max": max, "Remaining": remaining } }))
}

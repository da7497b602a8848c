//! `POST /services/oauth2/token`: the OAuth 2.0 client-credentials flow.

use std::collections::HashMap;

use axum::http::{HeaderMap, StatusCode, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{org::Org, reply::Reply, world::World};

const FORM: &str = "application/x-www-form-urlencoded";

/// The errors of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenError {
    /// No connected app has this consumer key.
    InvalidClientId,
    /// The consumer secret is wrong.
    InvalidClient,
    /// The host is not the org's My Domain.
    RequestNotSupportedOnThisDomain,
    /// The app has no run-as user.
    NoClientCredentialsUser,
    /// The flow is switched off in the org.
    ClientCredentialsFlowNotEnabled,
    /// The run-as user is frozen, inactive or outside the IP range.
    AuthenticationFailure,
    /// The run-as user lacks the app's permission set.
    InvalidAppAccess,
    /// The user has not approved the app.
    UserHasNotApprovedConsumer,
    /// The grant type is missing or not `client_credentials`.
    UnsupportedGrantType,
    /// A parameter is missing.
    InvalidRequest,
    /// Something that a repeat may cure.
    UnknownError,
    /// More than 3,600 logins in an hour.
    LoginRateExceeded,
    /// HTTP 420 and a page: the org is still being made.
    StayTuned,
    /// HTTP 503 and a page.
    Maintenance,
}

/// What a client sent to identify itself.
#[derive(Debug, Default)]
struct Credentials {
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl TokenError {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidClientId => ("invalid_client_id", "client identifier invalid"),
            Self::InvalidClient => ("invalid_client", "invalid client credentials"),
            Self::RequestNotSupportedOnThisDomain => ("invalid_grant", "request not supported on this domain"),
            Self::NoClientCredentialsUser => ("invalid_grant", "no client credentials user enabled"),
            Self::ClientCredentialsFlowNotEnabled => ("invalid_grant", "client credentials flow not enabled"),
            Self::AuthenticationFailure => ("invalid_grant", "authentication failure"),
            Self::InvalidAppAccess => ("invalid_app_access", "user is not admin approved to access this app"),
            Self::UserHasNotApprovedConsumer => ("invalid_grant", "user hasn't approved this consumer"),
            Self::UnsupportedGrantType => ("unsupported_grant_type", "grant type not supported"),
            Self::InvalidRequest => ("invalid_request", "missing required parameter: client_id"),
            Self::UnknownError => ("unknown_error", "retry your request"),
            Self::LoginRateExceeded => ("invalid_grant", "login rate exceeded"),
            Self::StayTuned => ("", "Stay tuned"),
            Self::Maintenance => ("", "We are down for maintenance"),
        }
    }

    pub(crate) fn reply(self) -> Reply {
        let (error, description) = self.texts();
        let page = format!("<html><body>{description}</body></html>");
        let reply = match self {
            Self::StayTuned => Reply::raw(StatusCode::from_u16(420).unwrap_or_default(), "text/html", page),
            Self::Maintenance => Reply::raw(StatusCode::SERVICE_UNAVAILABLE, "text/html", page),
            _ => Reply::json(StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": description })),
        };
        reply.with(header::CACHE_CONTROL, "no-store")
    }
}

/// The client id in a token request, valid or not.
pub(crate) fn client_id(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    Credentials::read(headers, &form(headers, body)).client_id
}

/// Answers a token request; `own_url` is where the client reached the simulator.
pub(crate) fn answer(world: &mut World, headers: &HeaderMap, body: &[u8], own_url: &str) -> Reply {
    grant(world, headers, body, own_url).unwrap_or_else(TokenError::reply)
}

fn grant(world: &mut World, headers: &HeaderMap, body: &[u8], own_url: &str) -> Result<Reply, TokenError> {
    let form = form(headers, body);
    if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
        return Err(TokenError::UnsupportedGrantType);
    }
    if ["http://login.", "http://test."].iter().any(|host| own_url.starts_with(host)) {
        return Err(TokenError::RequestNotSupportedOnThisDomain);
    }
    let credentials = Credentials::read(headers, &form);
    let client_id = credentials.client_id.ok_or(TokenError::InvalidRequest)?;
    let now = world.now();
    let org = world.org_mut(&client_id).ok_or(TokenError::InvalidClientId)?;
    if credentials.client_secret.as_deref() != Some(&org.settings.client_secret) {
        return Err(TokenError::InvalidClient);
    }
    let token = org.log_in(now).ok_or(TokenError::LoginRateExceeded)?;
    Ok(token_reply(org, &token, now, own_url))
}

fn token_reply(org: &Org, token: &str, now: DateTime<Utc>, own_url: &str) -> Reply {
    let instance_url = org.settings.instance_url.as_deref().unwrap_or(own_url);
    let id = format!("{own_url}/id/{}/{}", org.settings.organization_id, org.settings.run_as_user());
    let issued_at = now.timestamp_millis().to_string();
    let signature = Sha256::digest(format!("{id}{issued_at}{}", org.settings.client_secret));
    let body = json!({
        "access_token": token,
        "api_instance_url": "https://api.salesforce.com",
        "id": id,
        "instance_url": instance_url,
        "issued_at": issued_at,
        "scope": org.settings.scope,
        "signature": BASE64_STANDARD.encode(signature),
        "token_format": "opaque",
        "token_type": "Bearer",
    });
    Reply::json(StatusCode::OK, body).with(header::CACHE_CONTROL, "no-store")
}

fn form(headers: &HeaderMap, body: &[u8]) -> HashMap<String, String> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with(FORM) {
        return HashMap::new();
    }
    url::form_urlencoded::parse(body).into_owned().collect()
}

impl Credentials {
    fn read(headers: &HeaderMap, form: &HashMap<String, String>) -> Self {
        let body =
            || Self { client_id: form.get("client_id").cloned(), client_secret: form.get("client_secret").cloned() };
        Self::basic(headers).unwrap_or_else(body)
    }

    fn basic(headers: &HeaderMap) -> Option<Self> {
        let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some(Self { client_id: Some(id.into()), client_secret: Some(secret.into()) })
    }
}

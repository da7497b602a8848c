//! Access tokens of guests: the first, and its renewal.

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    exchange::Exchange,
    id::normalise,
    messaging::{
        call::{Call, read_json},
        error::MessagingError,
        settings::{ChannelState, DeploymentType, MessagingOrg},
        state::{Token, random_uuid},
    },
    org::Org,
    reply::Reply,
    world::World,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenRequest {
    org_id: String,
    es_developer_name: String,
    capabilities_version: String,
    platform: Platform,
    #[serde(rename = "context")]
    _context: Option<Context>,
    device_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Context {
    #[serde(rename = "appName")]
    _app_name: Option<String>,
    #[serde(rename = "clientVersion")]
    _client_version: Option<String>,
}

#[derive(Debug, Deserialize)]
enum Platform {
    Web,
    Mobile,
}

/// The id of the org that a token is asked for, valid or not.
pub(crate) fn org_of(exchange: &Exchange) -> Option<String> {
    let body: Value = serde_json::from_slice(&exchange.body).ok()?;
    normalise(body.get("orgId")?.as_str()?)
}

/// `POST authorization/unauthenticated/access-token`: a new guest.
pub(crate) fn grant(world: &mut World, exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, MessagingError> {
    let request: TokenRequest = read_json(exchange)?;
    let (Platform::Web | Platform::Mobile) = request.platform;
    if request.capabilities_version != "1" {
        return Err(MessagingError::bad_request("capabilitiesVersion must be 1"));
    }
    let id =
        normalise(&request.org_id).ok_or_else(|| MessagingError::bad_request("orgId is not an organization id"))?;
    let org = world.orgs.iter_mut().find(|org| org.settings.organization_id == id);
    let org = org.ok_or_else(|| MessagingError::bad_request("The organization is not known"))?;
    let settings = deployment(org, &request.es_developer_name)?.clone();
    if !org.messaging.token_limit.take(now, settings.tokens_per_minute) {
        return Err(MessagingError::of_status(StatusCode::TOO_MANY_REQUESTS));
    }
    let subject = format!("v2/iamessage/UNAUTH/NA/uid:{}", random_uuid());
    let token = issue(org, &subject, now + TimeDelta::seconds(settings.token_lifetime_seconds.into()));
    let device_id = request.device_id.unwrap_or_else(random_uuid);
    Ok(Reply::json(StatusCode::OK, granted(org, &settings, &token, &subject, &device_id)))
}

/// The org's deployment, if it has this name and serves custom clients.
pub(crate) fn deployment<'a>(org: &'a Org, developer_name: &str) -> Result<&'a MessagingOrg, MessagingError> {
    let settings = org.settings.messaging.as_ref().filter(|own| own.developer_name == developer_name);
    let settings = settings.ok_or_else(|| MessagingError::bad_request("The esDeveloperName is not known"))?;
    let obstacle = match (settings.published, settings.deployment_type, settings.channel) {
        (false, ..) => "The deployment is not published",
        (_, DeploymentType::Web | DeploymentType::Mobile, _) => "Use an esDeveloperName whose deploymentType is api",
        (.., ChannelState::Inactive) => "The messaging channel is not active",
        (true, DeploymentType::Api, ChannelState::Active) => return Ok(settings),
    };
    Err(MessagingError::bad_request(obstacle))
}

fn granted(org: &Org, settings: &MessagingOrg, token: &str, subject: &str, device_id: &str) -> Value {
    let last_event = org.messaging.last_event;
    let last_event =
        if settings.uncertain.numeric_last_event_id { json!(last_event) } else { json!(last_event.to_string()) };
    let mut channel = json!({ "channelAddressIdentifier": org.messaging.channel, "authMode": "UnAuth" });
    if let Some(told) = settings.told_queue_position {
        channel["isQueuePositionEnabled"] = told.into();
    }
    let fields: Vec<Value> = settings.hidden_pre_chat_fields.iter().zip(0..).map(hidden_field).collect();
    json!({
        "accessToken": token,
        "lastEventId": last_event,
        "context": {
            "deviceId": device_id,
            "endUser": { "subject": subject },
            "configuration": { "embeddedServiceConfig": {
                "name": settings.developer_name,
                "deploymentType": settings.deployment_type,
                "embeddedServiceMessagingChannel": channel,
                "forms": [{
                    "displayContext": if settings.pre_chat_every_session { "Session" } else { "Conversation" },
                    "formFields": fields,
                }],
                "choiceListConfig": { "choiceList": [] },
            } },
        },
    })
}

fn hidden_field((name, order): (&String, u32)) -> Value {
    json!({ "name": name, "type": "Text", "order": order, "required": false, "isHidden": true, "maxLength": 255 })
}

/// `GET authorization/continuation-access-token`: a new token of the same guest.
pub(crate) fn continuation(call: &mut Call<'_>) -> Result<Reply, MessagingError> {
    let (org, now) = (&mut *call.org, call.now);
    let settings = org.settings.messaging.clone().unwrap_or_default();
    if !org.messaging.continuation_limit.take(now, settings.continuations_per_minute) {
        return Err(MessagingError::of_status(StatusCode::TOO_MANY_REQUESTS));
    }
    let lifetime_end = now + TimeDelta::seconds(settings.token_lifetime_seconds.into());
    let old_end = org.messaging.tokens.get(&call.token).map(|token| token.expires_at);
    let expires_at = old_end.filter(|_| settings.uncertain.continuation_keeps_expiry).unwrap_or(lifetime_end);
    if settings.uncertain.continuation_ends_old_token {
        org.messaging.tokens.entry(call.token.clone()).and_modify(|token| token.expires_at = DateTime::UNIX_EPOCH);
    }
    let token = issue(org, &call.subject, expires_at);
    Ok(Reply::json(StatusCode::OK, json!({ "accessToken": token })))
}

fn issue(org: &mut Org, subject: &str, expires_at: DateTime<Utc>) -> String {
    let claims = json!({
        "sub": subject,
        "orgId": &org.settings.organization_id[..15],
        "channelAddId": org.messaging.channel,
        "clientId": random_uuid(),
        "capabilitiesVersion": "1",
        "exp": expires_at.timestamp(),
    });
    let token = sign(&claims, &org.messaging.signing_key);
    let expires_at = DateTime::from_timestamp(expires_at.timestamp(), 0).unwrap_or(expires_at);
    org.messaging.tokens.insert(token.clone(), Token { subject: subject.into(), expires_at });
    token
}

/// A JSON Web Token with HMAC-SHA-256.
fn sign(claims: &Value, key: &[u8; 64]) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let [header, claims] = [&header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(format!("{header}.{claims}").as_bytes());
    format!("{header}.{claims}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_signed_jwt() {
        let token = sign(&json!({ "sub": "ada" }), &[7; 64]);
        let parts: Vec<_> = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        assert_eq!(parts[1], br#"{"sub":"ada"}"#);
        assert_eq!(parts[2].len(), 32);
        assert_ne!(sign(&json!({ "sub": "ada" }), &[8; 64]), token);
    }
}

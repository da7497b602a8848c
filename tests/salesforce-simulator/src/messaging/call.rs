//! What every call of a guest begins with: whose it is, and what it says.

use std::collections::HashMap;

use axum::http::{StatusCode, header};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::{
    exchange::Exchange,
    messaging::{error::MessagingError, scene::Scene, settings::MessagingOrg, token},
    org::Org,
    rest,
    world::World,
};

/// A call of a guest with a valid token.
pub(crate) struct Call<'a> {
    pub(crate) org: &'a mut Org,
    pub(crate) exchange: &'a Exchange,
    pub(crate) token: String,
    pub(crate) subject: String,
    pub(crate) now: DateTime<Utc>,
}

impl<'a> Call<'a> {
    /// 401 without a valid token.
    pub(crate) fn authorise(
        world: &'a mut World,
        exchange: &'a Exchange,
        now: DateTime<Utc>,
    ) -> Result<Self, MessagingError> {
        let unauthorised = || MessagingError::of_status(StatusCode::UNAUTHORIZED);
        let token = rest::bearer(&exchange.headers).ok_or_else(unauthorised)?;
        let guest = |org: &'a mut Org| {
            let subject = org.messaging.subject_of(token, now)?.to_owned();
            org.settings.messaging.is_some().then_some((org, subject))
        };
        let (org, subject) = world.orgs.iter_mut().find_map(guest).ok_or_else(unauthorised)?;
        Ok(Self { org, exchange, token: token.into(), subject, now })
    }

    /// The deployment that a call names.
    pub(crate) fn deployment(&self, developer_name: &str) -> Result<&MessagingOrg, MessagingError> {
        token::deployment(self.org, developer_name)
    }

    /// A conversation of this guest; 404 for any other.
    pub(crate) fn conversation(&mut self, id: &str) -> Result<Scene<'_>, MessagingError> {
        let position = self.org.messaging.position(id).ok_or_else(MessagingError::not_found)?;
        let scene = Scene { org: &mut *self.org, position, now: self.now };
        if scene.conversation().subject == self.subject { Ok(scene) } else { Err(MessagingError::not_found()) }
    }

    /// A conversation of this guest that it hasn't closed; 404 for any other.
    pub(crate) fn open_conversation(&mut self, id: &str) -> Result<Scene<'_>, MessagingError> {
        let scene = self.conversation(id)?;
        if scene.conversation().is_open { Ok(scene) } else { Err(MessagingError::not_found()) }
    }

    /// The query's parameters; 400 for one that is not `known`.
    pub(crate) fn query(&self, known: &[&str]) -> Result<HashMap<String, String>, MessagingError> {
        query(self.exchange, known)
    }
}

/// The query's parameters; 400 for one that is not `known`.
pub(crate) fn query(exchange: &Exchange, known: &[&str]) -> Result<HashMap<String, String>, MessagingError> {
    let query = exchange.query.as_deref().unwrap_or_default();
    let parameters: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match parameters.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(MessagingError::bad_request(format!("Unknown parameter {unknown}"))),
        None => Ok(parameters),
    }
}

/// A JSON body; 415 for another media type, 400 for a missing, unknown or wrong member.
pub(crate) fn read_json<T: DeserializeOwned>(exchange: &Exchange) -> Result<T, MessagingError> {
    let content_type = exchange.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json")) {
        return Err(MessagingError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    serde_json::from_slice(&exchange.body).map_err(|error| MessagingError::bad_request(error.to_string()))
}

/// Checks an id that a client made: a UUID in lower case.
pub(crate) fn check_uuid(name: &str, id: &str) -> Result<uuid::Uuid, MessagingError> {
    let wrong = || MessagingError::bad_request(format!("Give {name} in UUID format, in lower case"));
    let uuid = uuid::Uuid::try_parse(id).map_err(|_| wrong())?;
    if uuid.to_string() == id { Ok(uuid) } else { Err(wrong()) }
}

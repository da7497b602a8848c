//! The OAuth session of an organisation, shared between instances and renewed by one of them at a time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Item, Key, Store, StoreError, number, read_text, text};
use crate::salesforce::Session;

/// Salesforce does not tell when a session ends; most live two hours from their last use. An ended one is found out by a 401.
const LIFETIME: TimeDelta = TimeDelta::hours(2);

/// A session and the credentials that it was made with.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// A mark of the host and the credentials.
    pub credentials: String,
    /// The session.
    pub session: Session,
    /// When it was made.
    pub at: DateTime<Utc>,
}

pub(super) fn key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "SESSION")
}

fn renewal_key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "SESSION_RENEWAL")
}

fn read(item: &Item) -> Result<Session, StoreError> {
    let access_token = SecretString::from(read_text(item, "accessToken")?);
    let instance = serde_json::from_value(read_text(item, "instance")?.into());
    Ok(Session { access_token, instance: instance.map_err(|_| StoreError::Corrupt("instance".into()))? })
}

impl Store {
    /// The shared session made with these credentials, if it is not too old.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session(
        &self,
        organisation_id: &str,
        credentials: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let Some(item) = self.get(key(organisation_id)).await? else { return Ok(None) };
        let expires_at: i64 = super::read_number(&item, "expiresAt")?;
        let fits = read_text(&item, "credentials")? == credentials && expires_at > now.timestamp();
        fits.then(|| read(&item)).transpose()
    }

    /// Takes the right to log in for `lasts`; `false` if another instance has it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin_session_renewal(
        &self,
        organisation_id: &str,
        now: DateTime<Utc>,
        lasts: Duration,
    ) -> Result<bool, StoreError> {
        let until = now + lasts;
        let mut item = renewal_key(organisation_id).item();
        item.insert("untilMillis".into(), number(until.timestamp_millis()));
        item.insert("expiresAt".into(), number(until.timestamp()));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR untilMillis <= :now")
            .expression_attribute_values(":now", number(now.timestamp_millis()));
        match request.send().await.map_err(StoreError::from) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives the right to log in back.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_session_renewal(&self, organisation_id: &str) -> Result<(), StoreError> {
        self.delete(renewal_key(organisation_id)).await
    }

    /// Shares a new session, and gives the right to log in back.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_session(&self, organisation_id: &str, stored: &StoredSession) -> Result<(), StoreError> {
        let mut item = key(organisation_id).item();
        item.insert("credentials".into(), text(&stored.credentials));
        item.insert("accessToken".into(), text(stored.session.access_token.expose_secret()));
        item.insert("instance".into(), text(stored.session.instance.as_str()));
        item.insert("expiresAt".into(), number((stored.at + LIFETIME).timestamp()));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        self.end_session_renewal(organisation_id).await
    }
}

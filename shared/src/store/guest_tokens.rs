//! The guest token of a live conversation: it alone can reach the conversation, so it is stored before it is used.

use aws_sdk_dynamodb::types::Put;
use chrono::DateTime;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{Change, Item, Key, Store, StoreError, number, read_number, read_text, text};
use crate::escalation::Escalation;
use crate::salesforce::messaging::GuestToken;

pub(super) fn key(escalation_id: Uuid) -> Key {
    Key::alone("GUEST_TOKEN", escalation_id)
}

fn item(escalation_id: Uuid, token: &GuestToken) -> Item {
    let mut item = key(escalation_id).item();
    item.insert("accessToken".into(), text(token.access_token.expose_secret()));
    item.insert("issuedAt".into(), number(token.issued_at.timestamp_millis()));
    item.insert("expiresAt".into(), number(token.expires_at.timestamp()));
    if let Some(id) = &token.last_event_id {
        item.insert("lastEventId".into(), text(id));
    }
    item
}

fn read(item: &Item) -> Result<GuestToken, StoreError> {
    let issued_at = DateTime::from_timestamp_millis(read_number(item, "issuedAt")?);
    let expires_at = DateTime::from_timestamp(read_number(item, "expiresAt")?, 0);
    Ok(GuestToken {
        access_token: SecretString::from(read_text(item, "accessToken")?),
        issued_at: issued_at.ok_or_else(|| StoreError::Corrupt("issuedAt".into()))?,
        expires_at: expires_at.ok_or_else(|| StoreError::Corrupt("expiresAt".into()))?,
        last_event_id: read_text(item, "lastEventId").ok(),
    })
}

impl Store {
    /// The token of an escalation's conversation. An expired one may be there still.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn guest_token(&self, escalation_id: Uuid) -> Result<Option<GuestToken>, StoreError> {
        self.get(key(escalation_id)).await?.as_ref().map(read).transpose()
    }

    /// Makes a transition and stores the token that it is about: both or neither.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_with_guest_token(
        &self,
        loaded: Escalation,
        token: &GuestToken,
        rule: impl Fn(&mut Escalation) -> bool,
    ) -> Result<Change, StoreError> {
        let item = item(loaded.escalation_id, token);
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        self.change_and_put(loaded.escalation_id, Some(loaded), Some(put), rule).await
    }

    /// Replaces a token by the one that continues it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_guest_token(&self, escalation_id: Uuid, token: &GuestToken) -> Result<(), StoreError> {
        let item = item(escalation_id, token);
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_token_reads_back_as_it_was() {
        let token = GuestToken {
            access_token: "jwt".to_owned().into(),
            issued_at: DateTime::from_timestamp_millis(1_800_000_000_123).unwrap(),
            expires_at: DateTime::from_timestamp(1_800_003_600, 0).unwrap(),
            last_event_id: Some("7".into()),
        };
        let read = read(&item(Uuid::nil(), &token)).unwrap();
        assert_eq!(read.access_token.expose_secret(), "jwt");
        assert_eq!((read.issued_at, read.expires_at), (token.issued_at, token.expires_at));
        assert_eq!(read.last_event_id, token.last_event_id);
    }
}

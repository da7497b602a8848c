//! Organisations and their keys.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

use super::error::while_contended;
use super::{AuditEntry, Item, Key, Store, StoreError, read_text, text};

/// A key, as far as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Its public name.
    pub key_id: Uuid,
    /// SHA-256 of the key, in hex.
    pub digest: String,
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The organisation that it opens.
    pub organisation_id: String,
    /// The key's public name.
    pub key_id: String,
}

pub(super) fn organisation(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "ORGANISATION")
}

fn by_id(organisation_id: &str, key_id: Uuid) -> Key {
    Key::of_organisation(organisation_id, format!("KEY#{key_id}"))
}

pub(super) fn by_digest(digest: &str) -> Key {
    Key::alone("KEY", digest)
}

impl Store {
    /// Whether there is an organisation of this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn organisation_exists(&self, organisation_id: &str) -> Result<bool, StoreError> {
        Ok(self.get(organisation(organisation_id)).await?.is_some())
    }

    /// Creates or renames an organisation; `true` if it is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_organisation(
        &self,
        organisation_id: &str,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(organisation(organisation_id).item()))
            .update_expression("SET #name = :name, createdAt = if_not_exists(createdAt, :now)")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", text(name))
            .expression_attribute_values(":now", text(now.to_rfc3339()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await?;
        Ok(answer.attributes.is_none_or(|old| !old.contains_key("createdAt")))
    }

    /// Stores a new key of an organisation, with the audit's entry.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_key(&self, organisation_id: &str, key: &StoredKey, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut named = by_id(organisation_id, key.key_id).item();
        named.insert("digest".into(), text(&key.digest));
        let mut found = by_digest(&key.digest).item();
        found.insert("organisationId".into(), text(organisation_id));
        found.insert("keyId".into(), text(key.key_id));
        let entry = self.put_audit(organisation_id, entry)?;
        let puts = [named, found].map(|item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
        });
        self.transact(puts.into_iter().chain([Ok(entry)]).collect()).await
    }

    /// Deletes a key, with the audit's entry; `false` if there is none of this id, or none any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_key(
        &self,
        organisation_id: &str,
        key_id: Uuid,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let named = by_id(organisation_id, key_id);
        let Some(item) = self.get(named.clone()).await? else { return Ok(false) };
        let digest = read_text(&item, "digest")?;
        let deletes = [named, by_digest(&digest)].map(|key| {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key.item()));
            let delete = delete.condition_expression("attribute_exists(pk)").build();
            delete.map(|delete| TransactWriteItem::builder().delete(delete).build())
        });
        let entry = self.put_audit(organisation_id, entry)?;
        match self.transact(deletes.into_iter().chain([Ok(entry)]).collect()).await {
            Err(StoreError::Conflict) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// Whose key it is, by the key's digest.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn key_holder(&self, digest: &str) -> Result<Option<KeyHolder>, StoreError> {
        let holder = |item: Item| {
            let (organisation_id, key_id) = (read_text(&item, "organisationId")?, read_text(&item, "keyId")?);
            Ok(KeyHolder { organisation_id, key_id })
        };
        self.get(by_digest(digest)).await?.map(holder).transpose()
    }

    /// Writes all of these items or none.
    pub(super) async fn transact(
        &self,
        items: Result<Vec<TransactWriteItem>, aws_sdk_dynamodb::error::BuildError>,
    ) -> Result<(), StoreError> {
        let items = items.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }
}

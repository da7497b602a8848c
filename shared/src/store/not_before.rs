//! An organisation's "not before": its trouble delays its own work and nobody else's.

use chrono::{DateTime, TimeDelta, Utc};

use super::error::unless_conflict;
use super::{Key, Store, StoreError, number, read_number};

/// Until when an organisation's org is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBefore {
    /// The moment.
    pub at: DateTime<Utc>,
    /// Failures in a row.
    pub failures: u32,
}

pub(super) fn key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "NOT_BEFORE")
}

impl Store {
    /// The organisation's "not before", passed or not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn not_before(&self, organisation_id: &str) -> Result<Option<NotBefore>, StoreError> {
        let Some(item) = self.get(key(organisation_id)).await? else { return Ok(None) };
        let at = DateTime::from_timestamp_millis(read_number(&item, "atMillis")?);
        let at = at.ok_or_else(|| StoreError::Corrupt("atMillis".into()))?;
        Ok(Some(NotBefore { at, failures: read_number(&item, "failures")? }))
    }

    /// Leaves the organisation's org alone until then, unless it is left alone for longer already.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_not_before(&self, organisation_id: &str, not_before: NotBefore) -> Result<(), StoreError> {
        let mut item = key(organisation_id).item();
        item.insert("atMillis".into(), number(not_before.at.timestamp_millis()));
        item.insert("failures".into(), number(not_before.failures));
        item.insert("expiresAt".into(), number((not_before.at + TimeDelta::days(1)).timestamp()));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR atMillis < :at")
            .expression_attribute_values(":at", number(not_before.at.timestamp_millis()));
        unless_conflict(request.send().await)
    }

    /// The organisation's org works again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn clear_not_before(&self, organisation_id: &str) -> Result<(), StoreError> {
        self.delete(key(organisation_id)).await
    }

    /// The same, unless its org has to be left alone again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn clear_past_not_before(&self, organisation_id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(organisation_id).item()))
            .condition_expression("atMillis <= :now")
            .expression_attribute_values(":now", number(now.timestamp_millis()));
        unless_conflict(request.send().await)
    }
}

//! An organisation's settings, and the redrive that a change or a passed test of them owes to what is stuck.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, TimeDelta, Utc};

use super::error::unless_conflict;
use super::{AuditEntry, Key, Store, StoreError, number, read_number, text};
use crate::settings::Settings;

/// A redrive goes on for this long, so that it meets an escalation that got stuck on the old settings a moment later.
const REDRIVE_LASTS: TimeDelta = TimeDelta::seconds(120);

pub(super) fn settings_key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "SETTINGS")
}

fn redrive_key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "REDRIVE")
}

impl Store {
    /// An organisation's settings; `None` before the first `PUT`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn settings(&self, organisation_id: &str) -> Result<Option<Settings>, StoreError> {
        let item = self.get(settings_key(organisation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Stores settings of the next version with the audit's entry, if they differ, and owes a redrive to what is stuck: all or
    /// nothing.
    ///
    /// # Errors
    /// `Conflict` if the stored version is not the one before.
    pub async fn put_settings(
        &self,
        organisation_id: &str,
        settings: &Settings,
        entry: Option<&AuditEntry>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut item: super::Item = serde_dynamo::to_item(settings)?;
        item.extend(settings_key(organisation_id).item());
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match settings.version {
            1 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("version = :before")
                .expression_attribute_values(":before", number(version - 1)),
        };
        let redrive = Put::builder().table_name(&self.table).set_item(Some(redrive_item(organisation_id, now)));
        let puts = [put.build(), redrive.build()];
        let puts = puts.into_iter().map(|put| Ok(TransactWriteItem::builder().put(put?).build()));
        let entry = entry.map(|entry| self.put_audit(organisation_id, entry)).transpose()?;
        self.transact(puts.chain(entry.map(Ok)).collect()).await
    }

    /// Owes a redrive to all that is stuck by now, whatever the settings that it got stuck on.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn owe_redrive(&self, organisation_id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut item = redrive_item(organisation_id, now);
        item.insert("stuckUntil".into(), number(now.timestamp_millis()));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Until when something must have got stuck to be driven on whatever its settings; `None` if only older settings count.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn redrives_stuck_until(&self, organisation_id: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let item = self.get(redrive_key(organisation_id)).await?;
        let item = item.filter(|item| item.contains_key("stuckUntil"));
        let until = item.map(|item| read_number(&item, "stuckUntil")).transpose()?;
        Ok(until.and_then(DateTime::from_timestamp_millis))
    }

    /// Ends the redrive of an organisation's stuck escalations once it has lasted long enough; else owes it again soon.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn finish_redrive(&self, organisation_id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let key = redrive_key(organisation_id);
        let Some(item) = self.get(key.clone()).await? else { return Ok(()) };
        let requested_at: i64 = read_number(&item, "requestedAt")?;
        let is_over = now.timestamp_millis() - requested_at > REDRIVE_LASTS.num_milliseconds();
        let unchanged = "requestedAt = :requested";
        let requested = number(requested_at);
        let outcome = if is_over {
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(key.item()));
            let request = request.condition_expression(unchanged).expression_attribute_values(":requested", requested);
            request.send().await.map(drop).map_err(StoreError::from)
        } else {
            let soon = (now + TimeDelta::seconds(15)).timestamp_millis();
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key.item()));
            let request = request
                .update_expression("SET dueAt = :soon")
                .condition_expression(unchanged)
                .expression_attribute_values(":requested", requested)
                .expression_attribute_values(":soon", number(soon));
            request.send().await.map(drop).map_err(StoreError::from)
        };
        unless_conflict(outcome)
    }
}

fn redrive_item(organisation_id: &str, now: DateTime<Utc>) -> super::Item {
    let mut item = redrive_key(organisation_id).item();
    item.insert("organisationId".into(), text(organisation_id));
    item.insert("duePartition".into(), number(0));
    item.insert("dueAt".into(), number(now.timestamp_millis()));
    item.insert("requestedAt".into(), number(now.timestamp_millis()));
    item
}

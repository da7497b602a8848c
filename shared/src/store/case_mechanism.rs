//! Which orgs lack our external-id field, remembered for a while, so that each Case need not find it out.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Key, Store, StoreError, number, read_number};

/// An admin who installs the field sees it used after this long, or after the next change of the settings.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

pub(super) fn key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "CASE_MECHANISM")
}

impl Store {
    /// Whether the org of these settings was lately found without a usable external-id field.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn lacks_external_id_field(
        &self,
        organisation_id: &str,
        settings_version: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(item) = self.get(key(organisation_id)).await? else { return Ok(false) };
        let expires_at: i64 = read_number(&item, "expiresAt")?;
        Ok(read_number::<u64>(&item, "settingsVersion")? == settings_version && expires_at > now.timestamp())
    }

    /// Remembers that the org of these settings has no usable external-id field.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_lacks_external_id_field(
        &self,
        organisation_id: &str,
        settings_version: u64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut item = key(organisation_id).item();
        item.insert("settingsVersion".into(), number(settings_version));
        item.insert("expiresAt".into(), number((now + REMEMBERED).timestamp()));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }
}

//! Names of customer properties that were seen lately, for the admin's drop-down.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Months, TimeDelta, Utc};

use super::{Key, Store, StoreError, number};

fn key(organisation_id: &str, month: DateTime<Utc>) -> Key {
    Key::of_organisation(organisation_id, format!("CUSTOMER_PROPERTIES#{}", month.format("%Y-%m")))
}

impl Store {
    /// Remembers that these properties were seen; the names only.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_customer_properties(
        &self,
        organisation_id: &str,
        names: Vec<String>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(organisation_id, now).item()))
            .update_expression("ADD seen :names SET expiresAt = :expires")
            .expression_attribute_values(":names", AttributeValue::Ss(names))
            .expression_attribute_values(":expires", number((now + TimeDelta::days(70)).timestamp()))
            .send()
            .await?;
        Ok(())
    }

    /// The names seen in this calendar month and the one before, sorted.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn customer_properties(
        &self,
        organisation_id: &str,
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut names = BTreeSet::new();
        for month in [now, now - Months::new(1)] {
            let item = self.get(key(organisation_id, month)).await?.unwrap_or_default();
            if let Some(AttributeValue::Ss(seen)) = item.get("seen") {
                names.extend(seen.iter().cloned());
            }
        }
        Ok(names)
    }
}

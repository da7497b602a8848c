//! The audit of an organisation: who changed what. An entry is written in the transaction of its change, and stays for as long as the
//! environment says.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Item, Key, Store, StoreError, number, text};
use crate::list_page::{PageRequest, list_key};

const PREFIX: &str = "AUDIT#";

/// One change of an organisation's settings, escalations tokens or keys. It holds no secret, no token and no key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Tells it from others of the same moment.
    pub id: Uuid,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who made it: `platform`, or the id of a key.
    pub by: String,
    /// What was changed.
    pub what: Audited,
    /// The id of the escalations token or key.
    pub subject: Option<Uuid>,
    /// The version of the settings that it made.
    pub version: Option<u64>,
    /// How the settings differ.
    pub changes: Vec<FieldChange>,
}

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Audited {
    /// The settings document was replaced by another one.
    Settings,
    /// An escalations token was made; those before it end with the overlap.
    EscalationsTokenCreated,
    /// An escalations token was retired.
    EscalationsTokenRetired,
    /// A key was made.
    KeyCreated,
    /// A key was deleted.
    KeyDeleted,
    /// What was kept of a customer was deleted. Whose it was is not kept either.
    CustomerErased,
}

/// How a place in the settings document differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldChange {
    /// What stood there and what stands there now; null for nothing.
    Value {
        /// JSON pointer into the document of `PUT`.
        pointer: String,
        /// Before.
        from: Value,
        /// Since.
        to: Value,
    },
    /// A secret was sent, whether it is another one or not.
    Secret {
        /// JSON pointer into the document of `PUT`.
        pointer: String,
        /// Always true.
        secret: bool,
    },
    /// More has changed there than an entry holds.
    Omitted {
        /// JSON pointer into the document of `PUT`.
        pointer: String,
        /// Always true.
        omitted: bool,
    },
}

/// One page of an audit.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<String>,
}

fn key(organisation_id: &str, list_key: &str) -> Key {
    Key::of_organisation(organisation_id, format!("{PREFIX}{list_key}"))
}

impl Store {
    /// A page of an organisation's audit: `limit` entries, or fewer if they are very large.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn audit(&self, organisation_id: &str, page: &PageRequest) -> Result<AuditPage, StoreError> {
        let start = page.after.as_deref().map(|after| key(organisation_id, after).item());
        let request = self
            .query(key(organisation_id, "").pk, "pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(PREFIX))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(page.limit).unwrap_or(i32::MAX).saturating_add(1));
        let answer = request.send().await?;
        let has_more = answer.items().len() > page.limit || answer.last_evaluated_key().is_some();
        let items = answer.items.unwrap_or_default().into_iter().take(page.limit);
        let mut entries: Vec<AuditEntry> = items.map(serde_dynamo::from_item).collect::<Result<_, _>>()?;
        let (read, now) = (entries.len(), self.clock.now());
        entries.retain(|entry| self.retention.end_of_audit(entry.at) > now);
        let next =
            entries.last().filter(|_| has_more && entries.len() == read).map(|entry| list_key(entry.at, entry.id));
        Ok(AuditPage { entries, next })
    }

    /// The write of an entry, for the transaction of its change.
    pub(super) fn put_audit(&self, organisation_id: &str, entry: &AuditEntry) -> Result<TransactWriteItem, StoreError> {
        let mut item: Item = serde_dynamo::to_item(entry)?;
        item.extend(key(organisation_id, &list_key(entry.at, entry.id)).item());
        item.insert("expiresAt".into(), number(self.retention.end_of_audit(entry.at).timestamp()));
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stored_entry_reads_back_as_it_was() {
        let entry = AuditEntry {
            id: Uuid::from_u128(1),
            at: DateTime::from_timestamp_millis(1_800_000_000_001).unwrap(),
            by: "platform".into(),
            what: Audited::Settings,
            subject: None,
            version: Some(3),
            changes: vec![
                FieldChange::Value { pointer: "/rescue/longestWaitMinutes".into(), from: json!(20), to: Value::Null },
                FieldChange::Value {
                    pointer: "/businessHours/weekly/monday".into(),
                    from: json!([{ "open": "09:00", "close": "17:00" }]),
                    to: json!([]),
                },
                FieldChange::Secret { pointer: "/salesforce/clientSecret".into(), secret: true },
                FieldChange::Omitted { pointer: "/businessHours".into(), omitted: true },
            ],
        };
        let item: Item = serde_dynamo::to_item(&entry).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, AuditEntry>(item).unwrap(), entry);
    }

    #[test]
    fn a_change_is_told_as_the_api_tells_it() {
        let change = FieldChange::Value { pointer: "/a".into(), from: Value::Null, to: json!(1) };
        assert_eq!(serde_json::to_value(change).unwrap(), json!({ "pointer": "/a", "from": null, "to": 1 }));
        let secret = FieldChange::Secret { pointer: "/b".into(), secret: true };
        assert_eq!(serde_json::to_value(secret).unwrap(), json!({ "pointer": "/b", "secret": true }));
    }
}

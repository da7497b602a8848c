//! The sparse index of what is owed.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Store, StoreError, number, read_text};
use crate::escalation::{OwedClose, Status};

/// How many partitions the index is hashed into.
pub const DUE_PARTITIONS: u8 = 16;

/// Something that is owed to an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    /// To whom.
    pub organisation_id: String,
    /// What.
    pub work: DueWork,
    /// Whether it needs the org's REST API, and nothing else: not while the org is left alone.
    pub calls_rest_api: bool,
}

/// What is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueWork {
    /// An escalation must be driven on.
    Escalation(Uuid),
    /// The organisation's stuck escalations must be driven on.
    RedriveStuck,
}

/// A page of what is due.
#[derive(Debug)]
pub struct DuePage {
    /// Oldest first.
    pub items: Vec<DueItem>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<DueCursor>,
}

/// A place in a partition of the index.
#[derive(Debug)]
pub struct DueCursor(Item);

/// Items that are read at a time.
const PAGE_ITEMS: i32 = 200;

/// The partition of an escalation: its random UUID is hash enough.
pub(super) fn partition(escalation_id: Uuid) -> u8 {
    escalation_id.as_bytes()[15] % DUE_PARTITIONS
}

impl Store {
    /// A page of what is due in a partition, oldest first; `after` is the `next` of the page before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due(
        &self,
        partition: u8,
        now: DateTime<Utc>,
        after: Option<DueCursor>,
    ) -> Result<DuePage, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("DueIndex")
            .key_condition_expression("duePartition = :partition AND dueAt <= :now")
            .expression_attribute_values(":partition", number(partition))
            .expression_attribute_values(":now", number(now.timestamp_millis()))
            .limit(PAGE_ITEMS)
            .set_exclusive_start_key(after.map(|after| after.0));
        let page = while_contended(|| async { Ok(request.clone().send().await?) }).await?;
        let items = page.items().iter().map(|item| read_due(item, now)).collect::<Result<_, _>>()?;
        Ok(DuePage { items, next: page.last_evaluated_key.map(DueCursor) })
    }
}

fn read_due(item: &Item, now: DateTime<Utc>) -> Result<DueItem, StoreError> {
    let organisation_id = read_text(item, "organisationId")?;
    let Some(Ok(id)) = item.get("escalationId").map(AttributeValue::as_s) else {
        return Ok(DueItem { organisation_id, work: DueWork::RedriveStuck, calls_rest_api: true });
    };
    let work = DueWork::Escalation(id.parse().map_err(|_| StoreError::Corrupt("escalationId".into()))?);
    let close: Option<OwedClose> = item.get("close").cloned().map(serde_dynamo::from_attribute_value).transpose()?;
    let is_creating_case = read_text(item, "status")? == Status::CreatingCase.as_str();
    let is_close_due = close.is_some_and(|close| close.at <= now);
    Ok(DueItem { organisation_id, work, calls_rest_api: is_creating_case && !is_close_due })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the property is about random identifiers")]
    fn escalations_are_spread_over_all_partitions() {
        let mut seen = [false; DUE_PARTITIONS as usize];
        for _ in 0..1000 {
            seen[usize::from(partition(Uuid::new_v4()))] = true;
        }
        assert!(seen.iter().all(|seen| *seen));
    }
}

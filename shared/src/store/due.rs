//! The sparse index of what is owed.

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Store, StoreError, number, read_number, read_text};
use crate::escalation::{Escalation, OwedClose, Status};
use crate::retention::Retention;

/// How many partitions the index is hashed into, besides [`STUCK_PARTITION`].
pub const DUE_PARTITIONS: u8 = 16;

/// The partition of all that is stuck, whatever is owed to it: so it can be counted.
pub const STUCK_PARTITION: u8 = DUE_PARTITIONS;

/// What is stuck is counted up to here, so that the count costs little however much it is.
pub const MAX_STUCK_COUNTED: u32 = 1_000;

/// Something that is owed to an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    /// To whom.
    pub organisation_id: String,
    /// What.
    pub work: DueWork,
    /// Since when.
    pub due_at: DateTime<Utc>,
    /// When the escalation was accepted, if it waits for its outcome and no human is there; `None` otherwise.
    pub waits_since: Option<DateTime<Utc>>,
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

/// The place of an escalation in the index: a partition and a moment. Its random UUID is hash enough.
pub(super) fn place(escalation: &Escalation, retention: Retention) -> Option<(u8, DateTime<Utc>)> {
    let is_stuck = escalation.status == Status::Stuck;
    let partition = if is_stuck { STUCK_PARTITION } else { hash(escalation.escalation_id) };
    next_due(escalation, retention).map(|due_at| (partition, due_at))
}

/// When recovery must see to it next: to what is owed; or, while it is open, to the time of what is kept of it.
fn next_due(escalation: &Escalation, retention: Retention) -> Option<DateTime<Utc>> {
    escalation.next_due().into_iter().chain(extends_from(escalation, retention)).min()
}

/// From when on the time of what is kept of it must be extended, if it is open.
pub(super) fn extends_from(escalation: &Escalation, retention: Retention) -> Option<DateTime<Utc>> {
    (!escalation.status.is_final()).then(|| retention.extends_from(escalation.kept_since()))
}

fn hash(escalation_id: Uuid) -> u8 {
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

    /// How many escalations are stuck, of all organisations; at most [`MAX_STUCK_COUNTED`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn stuck_count(&self) -> Result<u32, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("DueIndex")
            .key_condition_expression("duePartition = :partition")
            .expression_attribute_values(":partition", number(STUCK_PARTITION))
            .select(Select::Count)
            .limit(i32::try_from(MAX_STUCK_COUNTED).unwrap_or(i32::MAX));
        let page = while_contended(|| async { Ok(request.clone().send().await?) }).await?;
        Ok(u32::try_from(page.count()).unwrap_or_default())
    }
}

fn read<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, StoreError> {
    let value = item.get(name).cloned().ok_or_else(|| StoreError::Corrupt(name.to_owned()))?;
    Ok(serde_dynamo::from_attribute_value(value)?)
}

fn read_due(item: &Item, now: DateTime<Utc>) -> Result<DueItem, StoreError> {
    let organisation_id = read_text(item, "organisationId")?;
    let due_at = DateTime::from_timestamp_millis(read_number(item, "dueAt")?);
    let due_at = due_at.ok_or_else(|| StoreError::Corrupt("dueAt".into()))?;
    let Some(Ok(id)) = item.get("escalationId").map(AttributeValue::as_s) else {
        let work = DueWork::RedriveStuck;
        return Ok(DueItem { organisation_id, work, due_at, waits_since: None, calls_rest_api: true });
    };
    let work = DueWork::Escalation(id.parse().map_err(|_| StoreError::Corrupt("escalationId".into()))?);
    let close: Option<OwedClose> = item.get("close").cloned().map(serde_dynamo::from_attribute_value).transpose()?;
    let status: Status = read(item, "status")?;
    let is_close_due = close.is_some_and(|close| close.at <= now);
    let calls_rest_api = status == Status::CreatingCase && !is_close_due;
    let accepted_at = read(item, "acceptedAt")?;
    Ok(DueItem {
        organisation_id,
        work,
        due_at,
        waits_since: Some(accepted_at).filter(|_| status.lacks_human()),
        calls_rest_api,
    })
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the property is about random identifiers")]
    fn escalations_are_spread_over_all_partitions() {
        let mut seen = [false; DUE_PARTITIONS as usize];
        for _ in 0..1000 {
            seen[usize::from(hash(Uuid::new_v4()))] = true;
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn what_is_stuck_is_in_a_partition_of_its_own_whatever_is_owed_to_it() {
        let at = DateTime::UNIX_EPOCH;
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at);
        let retention = Retention::SHORTEST;
        assert_eq!(place(&escalation, retention), escalation.due_at.map(|due_at| (0, due_at)));
        (escalation.status, escalation.due_at) = (Status::Stuck, None);
        assert_eq!(place(&escalation, retention), Some((STUCK_PARTITION, retention.extends_from(at))));
        escalation.close = Some(OwedClose { at, failures: 0 });
        assert_eq!(place(&escalation, retention), Some((STUCK_PARTITION, at)));
        (escalation.status, escalation.close) = (Status::CaseCreated, None);
        assert_eq!(place(&escalation, retention), None);
    }

    #[test]
    fn an_item_of_the_index_tells_since_when_it_is_due_and_who_waits() {
        let item = |status: &str| {
            Item::from([
                ("organisationId".into(), text("acme")),
                ("escalationId".into(), text(Uuid::nil().to_string())),
                ("status".into(), text(status)),
                ("acceptedAt".into(), text("2026-11-20T09:14:03Z")),
                ("dueAt".into(), number(1_800_000_000_000_i64)),
            ])
        };
        for status in Status::ALL {
            let due = read_due(&item(status.as_str()), DateTime::UNIX_EPOCH).unwrap();
            assert_eq!(due.due_at.timestamp(), 1_800_000_000);
            let waits_since = due.waits_since.map(|at| at.to_rfc3339());
            assert_eq!(
                waits_since.as_deref(),
                status.lacks_human().then_some("2026-11-20T09:14:03+00:00"),
                "{status:?}"
            );
            assert_eq!(due.calls_rest_api, status == Status::CreatingCase);
        }
    }
}

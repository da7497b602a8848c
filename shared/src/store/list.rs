//! Lists of an organisation's escalations, newest first, from indexes that may lag by seconds.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use uuid::Uuid;

use super::escalations::{key, list_key};
use super::{Item, Store, StoreError, read_text, text};
use crate::escalation::{Escalation, Status};

/// Index entries that are read at a time, and at most so many times for one page.
const READ_AHEAD: i32 = 500;
const MAX_READS: usize = 20;

/// Which escalations are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    All,
    /// All that are not final.
    Open,
    /// Those of one status.
    Status(Status),
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// Newest first.
    pub escalations: Vec<Escalation>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<String>,
}

impl Filter {
    pub(super) fn index(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("OpenIndex", "openOrganisation"),
            Self::Status(status) if !status.is_final() => ("OpenIndex", "openOrganisation"),
            Self::All | Self::Status(_) => ("OrganisationIndex", "organisationId"),
        }
    }

    fn admits(self, status: Status) -> bool {
        match self {
            Self::All => true,
            Self::Open => !status.is_final(),
            Self::Status(wanted) => wanted == status,
        }
    }
}

impl Store {
    /// A page of at most `limit` (≤ 100) escalations; `after` is the `next` of the page before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(
        &self,
        organisation_id: &str,
        filter: Filter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page, StoreError> {
        let mut keys = Vec::new();
        let mut start = after.map(str::to_owned);
        for _ in 0..MAX_READS {
            let (found, end) = self.read_index(organisation_id, filter, limit, start.as_deref()).await?;
            keys.extend(found);
            start = end;
            if keys.len() > limit || start.is_none() {
                break;
            }
        }
        if keys.len() > limit {
            keys.truncate(limit);
            start = keys.last().cloned();
        }
        let mut escalations = self.batch_get(&keys).await?;
        escalations.retain(|escalation| filter.admits(escalation.status));
        Ok(Page { escalations, next: start })
    }

    /// A query of the index that a filter reads, newest first.
    pub(super) fn newest_first(&self, organisation_id: &str, filter: Filter) -> QueryFluentBuilder {
        let (index, hash) = filter.index();
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#hash = :organisation")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_values(":organisation", text(organisation_id))
            .scan_index_forward(false)
    }

    async fn read_index(
        &self,
        organisation_id: &str,
        filter: Filter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>), StoreError> {
        let (_, hash) = filter.index();
        let mut request = self
            .newest_first(organisation_id, filter)
            .set_exclusive_start_key(after.map(|after| start_key(hash, organisation_id, after)).transpose()?)
            .limit(i32::try_from(limit).unwrap_or(READ_AHEAD) + 1);
        if let Filter::Status(status) = filter {
            request = request
                .filter_expression("#status = :status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", text(status.as_str()))
                .limit(READ_AHEAD);
        }
        let page = request.send().await?;
        let keys = page.items().iter().map(|item| read_text(item, "listKey")).collect::<Result<_, _>>()?;
        let end = page.last_evaluated_key().map(|key| read_text(key, "listKey")).transpose()?;
        Ok((keys, end))
    }

    /// The escalations of these list keys, in their order.
    async fn batch_get(&self, list_keys: &[String]) -> Result<Vec<Escalation>, StoreError> {
        let keys =
            list_keys.iter().map(|key| Ok(escalation_key(key)?.item())).collect::<Result<Vec<_>, StoreError>>()?;
        let mut wanted = keys;
        let mut found = HashMap::new();
        while !wanted.is_empty() {
            let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let request = request.map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let answer = self.client.batch_get_item().request_items(&self.table, request).send().await?;
            for item in answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default() {
                let escalation = self.unexpired(item)?;
                found.extend(escalation.map(|escalation| (list_key(&escalation), escalation)));
            }
            let rest = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            wanted = rest.map(|rest| rest.keys).unwrap_or_default();
        }
        Ok(list_keys.iter().filter_map(|key| found.remove(key)).collect())
    }
}

fn escalation_key(list_key: &str) -> Result<super::Key, StoreError> {
    let id: Option<Uuid> = list_key.split_once('#').and_then(|(_, id)| id.parse().ok());
    id.map(key).ok_or_else(|| StoreError::Corrupt("listKey".into()))
}

fn start_key(hash: &str, organisation_id: &str, list_key: &str) -> Result<Item, StoreError> {
    let mut start = escalation_key(list_key)?.item();
    start.insert(hash.to_owned(), text(organisation_id));
    start.insert("listKey".to_owned(), AttributeValue::S(list_key.to_owned()));
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_final_is_found_in_the_small_index() {
        assert_eq!(Filter::Open.index().0, "OpenIndex");
        assert_eq!(Filter::Status(Status::Stuck).index().0, "OpenIndex");
        assert_eq!(Filter::Status(Status::CaseCreated).index().0, "OrganisationIndex");
    }

    #[test]
    fn open_includes_stuck() {
        assert!(Filter::Open.admits(Status::Stuck));
        assert!(!Filter::Open.admits(Status::Ended));
    }
}

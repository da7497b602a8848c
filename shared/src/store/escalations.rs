//! The escalation's item: the truth.

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Key, Store, StoreError, due, number, read_number, text};
use crate::escalation::{Escalation, Status};
use crate::list_page;
use crate::logging::organisation_span;
use crate::metrics::Metric;
use crate::retention::Retention;

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The rule applied; this is what is stored now.
    Saved(Box<Escalation>),
    /// The rule does not apply to what is stored, which is this.
    Declined(Box<Escalation>),
    /// There is no such escalation.
    Missing,
}

impl Change {
    /// The escalation as it is stored now, if the rule applied.
    #[must_use]
    pub fn saved(self) -> Option<Escalation> {
        match self {
            Self::Saved(escalation) => Some(*escalation),
            Self::Declined(_) | Self::Missing => None,
        }
    }
}

pub(super) fn key(escalation_id: Uuid) -> Key {
    Key::alone("ESCALATION", escalation_id)
}

/// Sorts the escalations of an organisation by age.
pub(super) fn list_key(escalation: &Escalation) -> String {
    list_page::list_key(escalation.accepted_at, escalation.escalation_id)
}

fn to_item(escalation: &Escalation, retention: Retention) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(escalation)?;
    item.extend(key(escalation.escalation_id).item());
    item.insert("listKey".into(), text(list_key(escalation)));
    if !escalation.status.is_final() {
        item.insert("openOrganisation".into(), text(&escalation.organisation_id));
    }
    if let Some((partition, due_at)) = due::place(escalation, retention) {
        item.insert("dueAt".into(), number(due_at.timestamp_millis()));
        item.insert("duePartition".into(), number(partition));
    } else {
        let ended_at = escalation.ended_at().unwrap_or(escalation.updated_at);
        item.insert("expiresAt".into(), number(retention.end_of_outcome(ended_at).timestamp()));
    }
    Ok(item)
}

/// Tells that an escalation is stuck or has its outcome, if the write has made it so.
fn count(before: &Escalation, after: &Escalation) {
    let metric = match after.status {
        status if status == before.status => return,
        Status::Stuck => Metric::Stuck,
        status if status.is_final() => Metric::Outcomes(status),
        _ => return,
    };
    record(after, metric);
}

/// The line names the escalation, whatever it happens in.
pub(super) fn record(escalation: &Escalation, metric: Metric) {
    let span = organisation_span(&escalation.organisation_id, Some(escalation.escalation_id));
    span.in_scope(|| metric.record());
}

impl Store {
    /// An escalation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn escalation(&self, escalation_id: Uuid) -> Result<Option<Escalation>, StoreError> {
        match self.get(key(escalation_id)).await? {
            None => Ok(None),
            Some(item) => self.unexpired(item),
        }
    }

    /// Reads an escalation; one whose time is over counts as gone.
    pub(super) fn unexpired(&self, item: Item) -> Result<Option<Escalation>, StoreError> {
        let is_over = item.contains_key("expiresAt") && {
            let expires_at: i64 = read_number(&item, "expiresAt")?;
            expires_at <= self.clock.now().timestamp()
        };
        if is_over { Ok(None) } else { Ok(Some(serde_dynamo::from_item(item)?)) }
    }

    /// The write of an escalation over a revision.
    pub(super) fn put_of(&self, escalation: &Escalation, revision: u64) -> Result<PutBuilder, StoreError> {
        Ok(Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(escalation, self.retention)?))
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", number(revision)))
    }

    /// Makes a transition: loads, applies `rule`, and writes if it says `true` and nobody wrote in between; else again from the start.
    ///
    /// The rule may run more than once, and after its own write if that write's answer was lost: it must then decline.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(
        &self,
        escalation_id: Uuid,
        rule: impl Fn(&mut Escalation) -> bool,
    ) -> Result<Change, StoreError> {
        Box::pin(self.change_and_put(escalation_id, None, None, rule)).await
    }

    /// [`Self::change`], beginning with an escalation that has just been loaded.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_loaded(
        &self,
        loaded: Escalation,
        rule: impl Fn(&mut Escalation) -> bool,
    ) -> Result<Change, StoreError> {
        Box::pin(self.change_and_put(loaded.escalation_id, Some(loaded), None, rule)).await
    }

    /// [`Self::change_loaded`], with another item that is written in the same transaction.
    pub(super) async fn change_and_put(
        &self,
        escalation_id: Uuid,
        mut loaded: Option<Escalation>,
        other: Option<Put>,
        rule: impl Fn(&mut Escalation) -> bool,
    ) -> Result<Change, StoreError> {
        let mut recalled = if loaded.is_none() { self.recall(escalation_id) } else { None };
        loop {
            let is_recalled = recalled.is_some();
            let stored = match loaded.take().or(recalled.take()) {
                Some(known) => Some(known),
                None => self.escalation(escalation_id).await?,
            };
            let Some(stored) = stored else { return Ok(Change::Missing) };
            let mut changed = stored.clone();
            match rule(&mut changed) {
                false if is_recalled => continue,
                false => return Ok(Change::Declined(Box::new(stored))),
                true => changed.revision = stored.revision + 1,
            }
            match self.replace(&changed, stored.revision, other.clone()).await {
                Err(StoreError::Conflict) => continue,
                outcome => outcome?,
            }
            count(&stored, &changed);
            self.remember(&changed);
            return Ok(Change::Saved(Box::new(changed)));
        }
    }

    async fn replace(&self, escalation: &Escalation, revision: u64, other: Option<Put>) -> Result<(), StoreError> {
        let put = self.put_of(escalation, revision)?;
        let Some(other) = other else { return self.put(put).await };
        let items = [put.build(), Ok(other)].map(|put| Ok(TransactWriteItem::builder().put(put?).build()));
        self.transact(items.into_iter().collect()).await
    }

    /// A single put costs half of a transaction.
    async fn put(&self, put: PutBuilder) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(put.get_item().clone())
            .set_condition_expression(put.get_condition_expression().clone())
            .set_expression_attribute_values(put.get_expression_attribute_values().clone());
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }

    /// The part of a transaction that writes a new escalation.
    pub(super) fn put_new(&self, escalation: &Escalation) -> Result<Put, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(escalation, self.retention)?))
            .condition_expression("attribute_not_exists(pk)");
        put.build().map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::escalation::{By, Event, OwedClose, Status};

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(days)
    }

    fn escalation() -> Escalation {
        Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0))
    }

    fn stored<T: std::str::FromStr>(escalation: &Escalation, name: &str) -> Option<T> {
        read_number(&to_item(escalation, Retention::SHORTEST).unwrap(), name).ok()
    }

    #[test]
    fn one_that_is_open_never_expires_and_is_seen_to_before_anything_of_it_does() {
        for status in Status::ALL.into_iter().filter(|status| !status.is_final()) {
            let mut escalation = Escalation { status, due_at: None, ..escalation() };
            assert_eq!(stored::<i64>(&escalation, "expiresAt"), None, "{status:?}");
            assert_eq!(stored(&escalation, "dueAt"), Some(at(0).timestamp_millis() + 84 * 3_600_000), "{status:?}");
            escalation.extended_at = Some(at(100));
            assert_eq!(stored(&escalation, "dueAt"), Some(at(100).timestamp_millis() + 84 * 3_600_000), "{status:?}");
        }
    }

    #[test]
    fn a_finished_one_expires_after_its_end_whatever_is_recorded_later() {
        let mut escalation = escalation();
        escalation.end(By::Customer, at(3));
        assert_eq!(stored(&escalation, "expiresAt"), Some(at(10).timestamp()));
        escalation.record(at(9), Event::Callback, None);
        assert_eq!(stored(&escalation, "expiresAt"), Some(at(10).timestamp()));
        assert_eq!(stored::<i64>(&escalation, "dueAt"), None);
    }

    #[test]
    fn one_whose_conversation_is_still_to_be_closed_does_not_expire_yet() {
        let mut escalation = escalation();
        escalation.end(By::Customer, at(3));
        escalation.close = Some(OwedClose { at: at(30), failures: 9 });
        assert_eq!(stored::<i64>(&escalation, "expiresAt"), None);
        escalation.settle_close(Event::ConversationNotClosed, at(30));
        assert_eq!(stored(&escalation, "expiresAt"), Some(at(10).timestamp()));
    }
}

//! The escalation's item: the truth.

use aws_sdk_dynamodb::types::Put;
use chrono::SecondsFormat;
use uuid::Uuid;

use super::due::partition;
use super::error::while_contended;
use super::{Item, Key, Store, StoreError, number, text};
use crate::escalation::{Escalation, RETENTION};

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
    let accepted = escalation.accepted_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("{accepted}#{}", escalation.escalation_id)
}

fn to_item(escalation: &Escalation) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(escalation)?;
    item.extend(key(escalation.escalation_id).item());
    item.insert("listKey".into(), text(list_key(escalation)));
    if !escalation.status.is_final() {
        item.insert("openOrganisation".into(), text(&escalation.organisation_id));
    }
    if let Some(due_at) = escalation.next_due() {
        item.insert("dueAt".into(), number(due_at.timestamp_millis()));
        item.insert("duePartition".into(), number(partition(escalation.escalation_id)));
    } else if escalation.status.is_final() {
        item.insert("expiresAt".into(), number((escalation.updated_at + RETENTION).timestamp()));
    }
    Ok(item)
}

impl Store {
    /// An escalation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn escalation(&self, escalation_id: Uuid) -> Result<Option<Escalation>, StoreError> {
        let item = self.get(key(escalation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
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
        loop {
            let Some(stored) = self.escalation(escalation_id).await? else { return Ok(Change::Missing) };
            let mut changed = stored.clone();
            if !rule(&mut changed) {
                return Ok(Change::Declined(Box::new(stored)));
            }
            changed.revision = stored.revision + 1;
            match self.replace(&changed, stored.revision).await {
                Err(StoreError::Conflict) => {}
                outcome => return outcome.map(|()| Change::Saved(Box::new(changed))),
            }
        }
    }

    async fn replace(&self, escalation: &Escalation, revision: u64) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(escalation)?))
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", number(revision));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }

    /// The part of a transaction that writes a new escalation.
    pub(super) fn put_new(&self, escalation: &Escalation) -> Result<Put, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(escalation)?))
            .condition_expression("attribute_not_exists(pk)");
        put.build().map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

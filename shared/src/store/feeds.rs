//! What passes in each conversation, as it is stored: each write depends on what was read.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::feed::{Feed, key};
use super::{Item, Store, StoreError, escalations, number};

impl Store {
    /// What passes in a conversation; empty before anything did.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn feed(&self, escalation_id: Uuid) -> Result<Feed, StoreError> {
        let item = self.get(key(escalation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?.unwrap_or_default())
    }

    /// Changes it by a rule that says whether it applies; returns what is stored, and whether it applied. To an escalation that was
    /// erased meanwhile, nothing applies.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_feed(
        &self,
        escalation_id: Uuid,
        now: DateTime<Utc>,
        rule: impl Fn(&mut Feed) -> bool,
    ) -> Result<(Feed, bool), StoreError> {
        loop {
            let stored = self.feed(escalation_id).await?;
            let mut changed = stored.clone();
            if !rule(&mut changed) {
                return Ok((stored, false));
            }
            changed.revision = stored.revision + 1;
            match self.put_feed(escalation_id, &changed, stored.revision, now).await {
                Err(StoreError::Conflict)
                    if stored.revision > 0 || self.has(&escalations::key(escalation_id)).await? => {}
                Err(StoreError::Conflict) => return Ok((stored, false)),
                outcome => return outcome.map(|()| (changed, true)),
            }
        }
    }

    async fn put_feed(
        &self,
        escalation_id: Uuid,
        feed: &Feed,
        before: u64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(feed)?;
        item.extend(key(escalation_id).item());
        item.insert("expiresAt".into(), number(self.retention.end_of_transcript(now).timestamp()));
        if before == 0 {
            return self.put_first(escalation_id, item).await;
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = request.condition_expression("revision = :before");
        let request = request.expression_attribute_values(":before", number(before));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }

    /// Only if there is an escalation: what was erased stays so.
    async fn put_first(&self, escalation_id: Uuid, item: Item) -> Result<(), StoreError> {
        let escalation = ConditionCheck::builder().table_name(&self.table);
        let escalation = escalation.set_key(Some(escalations::key(escalation_id).item()));
        let escalation = escalation.condition_expression("attribute_exists(pk)").build();
        let feed = Put::builder().table_name(&self.table).set_item(Some(item));
        let feed = feed.condition_expression("attribute_not_exists(pk)").build();
        let check = escalation.map(|check| TransactWriteItem::builder().condition_check(check).build());
        let put = feed.map(|put| TransactWriteItem::builder().put(put).build());
        self.transact([check, put].into_iter().collect()).await
    }

    /// Deletes it, unless somebody follows.
    pub(super) async fn delete_feed(&self, escalation_id: Uuid) -> Result<(), StoreError> {
        let feed = self.feed(escalation_id).await?;
        if feed.followed_until(self.clock.now()).is_some() {
            return Err(StoreError::Conflict);
        }
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(escalation_id).item()));
        let request = request.condition_expression("attribute_not_exists(pk) OR revision = :revision");
        let request = request.expression_attribute_values(":revision", number(feed.revision));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }
}

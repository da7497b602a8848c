//! What a connection looks at again and again: one request for all of it.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use uuid::Uuid;

use super::error::while_contended;
use super::{ConversationLog, Feed, Item, Key, Store, StoreError, conversation_log, escalations, feed, read_text};
use crate::escalation::Escalation;

/// How a conversation stands.
pub struct Followed {
    /// What passes in it.
    pub feed: Feed,
    /// Its escalation, if there is one.
    pub escalation: Option<Escalation>,
    /// The records after a number.
    pub news: ConversationLog,
}

impl Store {
    /// How a conversation stands, and its records after a number. The log is read only if it has the next one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn follow(&self, escalation_id: Uuid, after: u64) -> Result<Followed, StoreError> {
        let keys = [
            feed::key(escalation_id),
            escalations::key(escalation_id),
            conversation_log::record_key(escalation_id, after.saturating_add(1)),
        ];
        let mut found = self.get_all(&keys).await?;
        let [feed, escalation, next] = keys.map(|key| found.iter().position(|item| key.is_of(item)));
        let news = match next {
            Some(_) => self.conversation_log(escalation_id, after).await?,
            None => ConversationLog { records: Vec::new(), last: after },
        };
        let mut take = |position: Option<usize>| position.map(|position| std::mem::take(&mut found[position]));
        Ok(Followed {
            feed: take(feed).map(serde_dynamo::from_item).transpose()?.unwrap_or_default(),
            escalation: take(escalation).map(|item| self.unexpired(item)).transpose()?.flatten(),
            news,
        })
    }

    pub(super) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let wanted =
            keys.iter().fold(KeysAndAttributes::builder().consistent_read(true), |all, key| all.keys(key.item()));
        let wanted = wanted.build().map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let request = self.client.batch_get_item().request_items(&self.table, wanted);
        while_contended(|| async {
            let answer = request.clone().send().await?;
            if answer.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
                return Err(StoreError::Contended("UnprocessedKeys".into()));
            }
            Ok(answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default())
        })
        .await
    }
}

impl Key {
    fn is_of(&self, item: &Item) -> bool {
        let is = |name, value: &String| read_text(item, name).is_ok_and(|found| found == *value);
        is("pk", &self.pk) && is("sk", &self.sk)
    }
}

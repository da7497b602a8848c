//! Files that the customer sent, in chunks, for as long as what was said is kept. The log has a mark of each.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{CHUNK_BYTES, Item, Key, Store, StoreError, conversation_log, number};

const MARK: &str = "FILE#";

pub(super) fn key(escalation_id: Uuid, digest: &str, chunk: u32) -> Key {
    Key::alone("FILE", format!("{escalation_id}#{digest}#{chunk}"))
}

/// The digest in a sort key of the log, if it is that of a file's mark.
pub(super) fn digest_of(sk: &str) -> Option<&str> {
    sk.strip_prefix(MARK)
}

impl Store {
    /// Stores a file under the digest of its bytes, so that it overwrites no other, and returns in how many chunks.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_file(
        &self,
        escalation_id: Uuid,
        digest: &str,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<u32, StoreError> {
        let chunks = u32::try_from(bytes.len().div_ceil(CHUNK_BYTES)).unwrap_or(u32::MAX);
        let mut mark = conversation_log::key(escalation_id, format!("{MARK}{digest}")).item();
        mark.insert("chunks".into(), number(chunks));
        self.put_of_file(mark, now).await?;
        for (chunk, bytes) in (0..).zip(bytes.chunks(CHUNK_BYTES)) {
            let mut item = key(escalation_id, digest, chunk).item();
            item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
            self.put_of_file(item, now).await?;
        }
        Ok(chunks)
    }

    async fn put_of_file(&self, mut item: Item, now: DateTime<Utc>) -> Result<(), StoreError> {
        item.insert("expiresAt".into(), number(self.retention.end_of_transcript(now).timestamp()));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// `Corrupt` if a chunk is missing.
    pub async fn file(&self, escalation_id: Uuid, digest: &str, chunks: u32) -> Result<Vec<u8>, StoreError> {
        let mut file = Vec::new();
        for chunk in 0..chunks {
            let item = self.get(key(escalation_id, digest, chunk)).await?;
            let bytes = item.as_ref().and_then(|item| item.get("bytes")).and_then(|bytes| bytes.as_b().ok());
            file.extend(bytes.ok_or_else(|| StoreError::Corrupt(format!("file chunk {chunk}")))?.as_ref());
        }
        Ok(file)
    }
}

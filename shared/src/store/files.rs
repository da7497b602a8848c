//! Files that the customer sent, in chunks, until they are forwarded and for as long as the escalation is kept.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{CHUNK_BYTES, Key, Store, StoreError, number};
use crate::escalation::RETENTION;

fn key(escalation_id: Uuid, digest: &str, chunk: u32) -> Key {
    Key::alone("FILE", format!("{escalation_id}#{digest}#{chunk}"))
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
        let mut chunks = 0;
        for (chunk, bytes) in (0..).zip(bytes.chunks(CHUNK_BYTES)) {
            let mut item = key(escalation_id, digest, chunk).item();
            item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
            item.insert("expiresAt".into(), number((now + RETENTION).timestamp()));
            let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
            while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await?;
            chunks = chunk + 1;
        }
        Ok(chunks)
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

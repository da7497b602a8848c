//! The accepted request, compressed, in chunks under partition keys of their own.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::while_contended;
use super::{Item, Key, Store, StoreError, number};
use crate::escalation::Escalation;

/// A chunk's size; an item holds at most 400 KB, and a transaction with one chunk stays small.
pub const CHUNK_BYTES: usize = 300_000;

pub(super) fn key(escalation_id: Uuid, chunk: u32) -> Key {
    Key::alone("TRANSCRIPT", format!("{escalation_id}#{chunk}"))
}

fn item(escalation_id: Uuid, chunk: u32, bytes: &[u8], expires_at: DateTime<Utc>) -> Item {
    let mut item = key(escalation_id, chunk).item();
    item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
    item.insert("expiresAt".into(), number(expires_at.timestamp()));
    item
}

impl Store {
    /// Stores a transcript that is too large for the accepting transaction. It expires unless it is kept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_transcript_chunks(
        &self,
        escalation_id: Uuid,
        chunks: &[&[u8]],
        expires_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for (index, bytes) in (0..).zip(chunks) {
            let item = item(escalation_id, index, bytes, expires_at);
            let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
            while_contended(|| async { Ok(request.clone().send().await.map(drop)?) }).await?;
        }
        Ok(())
    }

    /// Keeps a transcript that was stored before its escalation was accepted for as long as any other.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_transcript(&self, escalation: &Escalation) -> Result<(), StoreError> {
        let expires_at = self.retention.end_of_transcript(escalation.kept_since());
        for chunk in 0..escalation.transcript.chunks {
            self.set_expiry(&key(escalation.escalation_id, chunk), expires_at, None).await?;
        }
        Ok(())
    }

    /// The whole transcript.
    ///
    /// # Errors
    /// `Corrupt` if a chunk is missing.
    pub async fn transcript(&self, escalation_id: Uuid, chunks: u32) -> Result<Vec<u8>, StoreError> {
        let mut transcript = Vec::new();
        for chunk in 0..chunks {
            let item = self.get(key(escalation_id, chunk)).await?;
            let bytes = item.as_ref().and_then(|item| item.get("bytes")).and_then(|bytes| bytes.as_b().ok());
            transcript.extend(bytes.ok_or_else(|| StoreError::Corrupt(format!("transcript chunk {chunk}")))?.as_ref());
        }
        Ok(transcript)
    }

    /// The part of a transaction that writes a small transcript.
    pub(super) fn put_transcript(&self, escalation: &Escalation, bytes: &[u8]) -> Result<Put, StoreError> {
        let expires_at = self.retention.end_of_transcript(escalation.kept_since());
        let item = item(escalation.escalation_id, 0, bytes, expires_at);
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        put.build().map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

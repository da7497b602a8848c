//! Request bodies with a limit.

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;

/// A body has more bytes than are allowed, or broke off.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// Reads a body of at most `limit` bytes.
///
/// A larger one is read to its end and dropped: a client that is still sending would else see a broken connection and not the answer.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, TooLarge> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| TooLarge)?;
        length += chunk.len();
        if length <= limit {
            kept.extend_from_slice(&chunk);
        }
    }
    if length <= limit { Ok(kept.into()) } else { Err(TooLarge) }
}

//! The form in which an accepted request is stored: JSON, gzipped.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::EscalationRequest;

/// A stored request cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored request cannot be read")]
pub struct UnreadableRequest;

impl EscalationRequest {
    /// Compresses it for the table.
    ///
    /// # Errors
    /// Never, unless memory is short.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&serde_json::to_vec(self)?)?;
        encoder.finish()
    }

    /// Reads it back.
    ///
    /// # Errors
    /// It was not packed by [`Self::pack`].
    pub fn unpack(bytes: &[u8]) -> Result<Self, UnreadableRequest> {
        let mut json = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut json).map_err(|_| UnreadableRequest)?;
        serde_json::from_slice(&json).map_err(|_| UnreadableRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_packed_request_reads_back_whole_and_is_much_smaller() {
        let text = "The invoice export fails. ".repeat(1000);
        let body = json!({
            "conversation": { "id": "c", "messages": [{ "role": "customer", "text": text, "sentAt": "2026-11-20T09:14:03.123Z" }] },
            "reason": "policy",
        });
        let request = super::super::parse(&body).ok().unwrap();
        let packed = request.pack().unwrap();
        assert!(packed.len() < text.len() / 20);
        assert!(EscalationRequest::unpack(&packed).unwrap() == request);
    }

    #[test]
    fn what_is_not_packed_is_unreadable() {
        assert!(EscalationRequest::unpack(b"plain").is_err());
    }
}

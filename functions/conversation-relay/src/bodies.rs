//! What the customer's chat sends and gets, as the API describes it. Requests are read by hand: nothing is ever read into their types.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::messages::{MAX_ID_CHARACTERS, MAX_TEXT_UNITS};
use crate::signals::MAX_MESSAGE_ID_CHARACTERS;

/// Something that the customer says.
#[derive(JsonSchema)]
pub struct ChatMessageBody {
    /// The client's own id for it. The same id and text are accepted once, however often they come.
    #[schemars(length(max = MAX_ID_CHARACTERS), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub id: String,
    /// 1 to 4,000 UTF-16 units, not only blanks.
    #[schemars(length(max = MAX_TEXT_UNITS), regex(pattern = r"\S"))]
    pub text: String,
}

/// A file that the customer sends.
#[derive(JsonSchema)]
pub struct FileForm {
    /// The client's own id for it, as a message's.
    #[schemars(length(max = MAX_ID_CHARACTERS), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub id: String,
    /// The file, with its name and media type: 1 to 4,000,000 bytes. Web pages, SVG images and scripts are refused.
    #[schemars(extend("contentMediaType" = "application/octet-stream"))]
    pub file: String,
}

/// Whether the customer types.
#[derive(JsonSchema)]
pub struct TypingBody {
    /// Began, or stopped.
    pub typing: bool,
}

/// What the customer has read.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct ReadBody {
    /// The `id` of a `message` or `file`.
    #[schemars(length(min = 1, max = MAX_MESSAGE_ID_CHARACTERS))]
    pub message_id: String,
}

/// A message that was stored, and will be delivered or told to be `undelivered`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageAccepted {
    /// The client's own id.
    pub id: String,
    /// When it came first.
    pub accepted_at: DateTime<Utc>,
}

/// A file that was stored, and will be delivered or told to be `undelivered`.
#[derive(Serialize, JsonSchema)]
pub struct FileAccepted {
    /// The client's own id.
    pub id: String,
    /// Its name without folders, at most 255 characters.
    pub name: String,
    /// Bytes.
    pub size: usize,
}

//! The body that [`parse`](crate::callback::parse) reads, as the API describes it. Nothing is ever read into these types.

use schemars::JsonSchema;
use uuid::Uuid;

use crate::callback::{MAX_ID_CHARACTERS, MAX_NUMBER_CHARACTERS, MAX_VERSION_CHARACTERS};

/// What the package's Apex actions send. With a nonce, all else is passed over.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum CallbackBody {
    /// What became of a conversation.
    Conversation(ConversationCallback),
    /// That the way from the org to us is open.
    Test(TestCallback),
}

/// What became of a conversation. With `caseId`, the customer is told that there is a Case; without, the conversation ends
/// silently. An empty text counts as null.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct ConversationCallback {
    /// Ours: the escalation's id.
    pub conversation_id: Uuid,
    /// The `MessagingSession`.
    #[schemars(regex(pattern = "^(0Mw([0-9A-Za-z]{12}|[0-9A-Za-z]{15}))?$"))]
    pub messaging_session_id: Option<String>,
    /// The Case that the flow made.
    #[schemars(regex(pattern = "^(500([0-9A-Za-z]{12}|[0-9A-Za-z]{15}))?$"))]
    pub case_id: Option<String>,
    /// The `CaseNumber`. It is looked up if it is missing.
    #[schemars(length(max = MAX_NUMBER_CHARACTERS))]
    pub case_number: Option<String>,
    /// That of the package.
    #[schemars(length(max = MAX_VERSION_CHARACTERS))]
    pub package_version: Option<String>,
}

/// What a callback test waits for.
#[derive(JsonSchema)]
pub struct TestCallback {
    /// As it was given to the action.
    #[schemars(length(min = 1, max = MAX_ID_CHARACTERS))]
    pub nonce: String,
}

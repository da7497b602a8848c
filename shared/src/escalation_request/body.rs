//! The body that [`parse`](super::parse()) reads, as the API describes it. Nothing is ever read into these types.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;

use super::parse::{
    MAX_ATTACHMENTS, MAX_MESSAGES, MAX_NAME_CHARACTERS, MAX_PROPERTIES, MAX_TEXT_CHARACTERS, MAX_URL_CHARACTERS,
};
use super::{EscalationReason, Role};

/// A conversation that the AI could not finish. At most 4 MiB.
#[derive(JsonSchema)]
pub struct EscalationBody {
    /// What was said.
    pub conversation: ConversationBody,
    /// Who said it.
    pub customer: Option<CustomerBody>,
    /// Why it is handed over.
    pub reason: EscalationReason,
    /// The AI's short summary.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    pub summary: Option<String>,
}

/// What was said.
#[derive(JsonSchema)]
pub struct ConversationBody {
    /// The caller's name for it.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub id: String,
    /// What it is about.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    pub subject: Option<String>,
    /// A locale, as `en_US`.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub language: Option<String>,
    /// In the order in which they were said.
    #[schemars(length(min = 1, max = MAX_MESSAGES))]
    pub messages: Vec<MessageBody>,
}

/// One message.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct MessageBody {
    /// The caller's name for it.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub id: Option<String>,
    /// Who spoke.
    pub role: Role,
    /// The speaker's name.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub author: Option<String>,
    /// What they said.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    pub text: String,
    /// When.
    pub sent_at: DateTime<Utc>,
    /// Files that were named; they are listed, never fetched.
    #[schemars(length(max = MAX_ATTACHMENTS))]
    pub attachments: Option<Vec<AttachmentBody>>,
}

/// A file that was named in a message.
#[derive(JsonSchema)]
pub struct AttachmentBody {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARACTERS))]
    pub name: String,
    /// Where it is.
    #[schemars(length(min = 1, max = MAX_URL_CHARACTERS))]
    pub url: String,
}

/// Who asks for help; every part may be missing.
#[derive(JsonSchema)]
pub struct CustomerBody {
    /// The caller's id of the customer.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub id: Option<String>,
    /// Full name.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub name: Option<String>,
    /// E-mail address, as given.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub email: Option<String>,
    /// Phone number, as given.
    #[schemars(length(max = MAX_NAME_CHARACTERS))]
    pub phone: Option<String>,
    /// What else is known, by names of 1 to 255 characters. Routing attributes and fields of the Case are taken from here.
    #[schemars(extend("maxProperties" = MAX_PROPERTIES, "propertyNames" = { "minLength": 1, "maxLength": MAX_NAME_CHARACTERS }))]
    pub properties: Option<BTreeMap<String, Option<CustomerProperty>>>,
}

/// A property of a customer.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum CustomerProperty {
    /// As it is.
    Text(#[schemars(length(max = MAX_TEXT_CHARACTERS))] String),
    /// Sent as JSON writes it.
    Number(f64),
    /// Sent as `true` or `false`.
    Flag(bool),
}

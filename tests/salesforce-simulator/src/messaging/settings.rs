//! What a test or the control API chooses about an org's Messaging.

use serde::{Deserialize, Serialize};

use crate::messaging::{script::Script, uncertain::Uncertain};

/// The deployment that every org of [`OrgSettings::new`](crate::OrgSettings::new) has.
pub const DEVELOPER_NAME: &str = "Fullview_Messaging_Deployment";

const FILE_TYPES: [&str; 12] = ["bmp", "csv", "doc", "docx", "gif", "jpg", "pdf", "png", "tiff", "txt", "xls", "xml"];

/// Messaging for In-App and Web: one channel with one deployment.
///
/// An absent member of the JSON form has the value of [`MessagingOrg::new`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MessagingOrg {
    /// API name of the deployment, `esDeveloperName`.
    pub developer_name: String,
    /// Only `api` can be used by a custom client.
    pub deployment_type: DeploymentType,
    /// Whether the deployment was published.
    pub published: bool,
    /// Whether the channel takes conversations.
    pub channel: ChannelState,
    /// Whether a token reply says that the channel shows the place in the queue; it says nothing if absent. That Salesforce says
    /// anything is not documented.
    pub told_queue_position: Option<bool>,
    /// Names of the hidden pre-chat fields; a routing attribute of another name is dropped silently.
    pub hidden_pre_chat_fields: Vec<String>,
    /// A message after the end of the session is refused with 417; otherwise it opens another session.
    pub pre_chat_every_session: bool,
    /// Seconds for which a guest's token lives; 3,600 to 259,200 in a real org.
    pub token_lifetime_seconds: u32,
    /// Guest tokens that the org gives in a minute.
    pub tokens_per_minute: usize,
    /// Renewals that the org gives in a minute.
    pub continuations_per_minute: usize,
    /// Messages and files that one conversation takes in a minute.
    pub messages_per_minute: usize,
    /// The most bytes of a file.
    pub max_file_bytes: usize,
    /// File name extensions that a customer may send.
    pub file_types: Vec<String>,
    /// Whether the REST API's run-as user can read `MessagingSession` and `Conversation`.
    pub readable_sessions: bool,
    /// What the package's custom metadata says; without it the flow calls nobody.
    pub callback: Option<CallbackSettings>,
    /// What happens to every conversation by itself.
    pub script: Script,
    /// Behaviour that Salesforce does not document.
    pub uncertain: Uncertain,
}

/// The kind of an embedded-service deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeploymentType {
    /// A custom client.
    Api,
    /// Salesforce's own widget.
    Web,
    /// Salesforce's own SDKs.
    Mobile,
}

/// The state of a messaging channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChannelState {
    /// It takes conversations.
    Active,
    /// It is still to be activated; how a token request is refused then is not documented.
    Inactive,
}

/// The record of `Fullview_Settings__mdt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallbackSettings {
    /// `FV_Api_Endpoint__c`, for example `http://127.0.0.1:9000`.
    pub endpoint: String,
    /// `Organisation_Id__c`.
    pub organisation_id: String,
    /// `Escalations_Token__c`.
    pub escalations_token: String,
}

impl MessagingOrg {
    /// A published custom-client deployment that nobody answers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            developer_name: DEVELOPER_NAME.into(),
            deployment_type: DeploymentType::Api,
            published: true,
            channel: ChannelState::Active,
            told_queue_position: None,
            hidden_pre_chat_fields: vec!["FullviewEscalationId".into()],
            pre_chat_every_session: true,
            token_lifetime_seconds: 21_600,
            tokens_per_minute: 200,
            continuations_per_minute: 200,
            messages_per_minute: 22,
            max_file_bytes: 5 * 1024 * 1024,
            file_types: FILE_TYPES.map(Into::into).to_vec(),
            readable_sessions: true,
            callback: None,
            script: Script::default(),
            uncertain: Uncertain::default(),
        }
    }
}

impl Default for MessagingOrg {
    fn default() -> Self {
        Self::new()
    }
}

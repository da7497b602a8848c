//! The objects and fields that a simulated org has.

mod fields;

use crate::{
    field::Field,
    settings::{OrgSettings, TestAction},
    setup,
};

/// The unique external-id field on Case, by which an escalation's Case is found again.
pub const EXTERNAL_ID_FIELD: &str = "Fullview_Escalation_Id__c";

/// An object that the simulator stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SObject {
    Case,
    Contact,
    ContentDocumentLink,
    ContentVersion,
    Conversation,
    FullviewCallback,
    EmbeddedServiceConfig,
    Flow,
    FlowDefinition,
    MessagingChannel,
    MessagingSession,
    PermissionSet,
    PermissionSetAssignment,
    User,
}

/// The API that knows an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Data,
    Tooling,
}

impl SObject {
    pub(crate) const ALL: [Self; 14] = [
        Self::Case,
        Self::Contact,
        Self::ContentDocumentLink,
        Self::ContentVersion,
        Self::Conversation,
        Self::FullviewCallback,
        Self::EmbeddedServiceConfig,
        Self::Flow,
        Self::FlowDefinition,
        Self::MessagingChannel,
        Self::MessagingSession,
        Self::PermissionSet,
        Self::PermissionSetAssignment,
        Self::User,
    ];

    /// Whether the run-as user of an org may know that the object exists.
    pub(crate) fn is_visible(self, settings: &OrgSettings) -> bool {
        match self {
            Self::FullviewCallback => {
                settings.package.test_action != TestAction::Missing && settings.package.readable_failures
            }
            Self::EmbeddedServiceConfig | Self::MessagingChannel => settings.messaging.is_some(),
            Self::Conversation | Self::MessagingSession => {
                settings.messaging.as_ref().is_some_and(|messaging| messaging.readable_sessions)
            }
            _ => true,
        }
    }

    /// The object of this name that an API knows.
    pub(crate) fn named(api: Api, name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.api() == api && object.name().eq_ignore_ascii_case(name))
    }

    fn api(self) -> Api {
        match self {
            Self::EmbeddedServiceConfig | Self::Flow | Self::FlowDefinition => Api::Tooling,
            _ => Api::Data,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Contact => "Contact",
            Self::ContentDocumentLink => "ContentDocumentLink",
            Self::ContentVersion => "ContentVersion",
            Self::Conversation => "Conversation",
            Self::FullviewCallback => "Fullview_Callback__c",
            Self::EmbeddedServiceConfig => "EmbeddedServiceConfig",
            Self::Flow => "Flow",
            Self::FlowDefinition => "FlowDefinition",
            Self::MessagingChannel => "MessagingChannel",
            Self::MessagingSession => "MessagingSession",
            Self::PermissionSet => "PermissionSet",
            Self::PermissionSetAssignment => "PermissionSetAssignment",
            Self::User => "User",
        }
    }

    pub(crate) fn key_prefix(self) -> &'static str {
        match self {
            Self::Case => "500",
            Self::Contact => "003",
            Self::ContentDocumentLink => "06A",
            Self::ContentVersion => "068",
            Self::Conversation => "0dw",
            Self::FullviewCallback => "a00",
            Self::EmbeddedServiceConfig => "0Ux",
            Self::Flow => "301",
            Self::FlowDefinition => "300",
            Self::MessagingChannel => "0Mj",
            Self::MessagingSession => "0Mw",
            Self::PermissionSet => "0PS",
            Self::PermissionSetAssignment => "0Pa",
            Self::User => "005",
        }
    }

    /// The fields that the run-as user of an org can see.
    pub(crate) fn fields(self, settings: &OrgSettings) -> Vec<Field> {
        match self {
            Self::Case => fields::case_fields(settings),
            Self::Contact => fields::contact_fields(),
            Self::ContentDocumentLink => fields::content_document_link_fields(),
            Self::ContentVersion => fields::content_version_fields(),
            Self::Conversation => fields::conversation_fields(),
            Self::MessagingSession => fields::messaging_session_fields(),
            Self::FullviewCallback => fields::failed_callback_fields(),
            _ => setup::fields(self),
        }
    }
}

/// The key prefixes that a reference field accepts.
pub(crate) fn referenced_prefixes(field: &str) -> &'static [&'static str] {
    match field {
        "ContactId" => &["003"],
        "OwnerId" => &["005", "00G"],
        "RecordTypeId" => &["012"],
        "ParentId" => &["500"],
        _ => &["001"],
    }
}

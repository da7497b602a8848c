//! The objects and fields that a simulated org has.

use serde::{Deserialize, Serialize};

use crate::settings::{ExternalIdField, OrgSettings, TestAction};

/// The unique external-id field on Case, by which an escalation's Case is found again.
pub const EXTERNAL_ID_FIELD: &str = "Fullview_Escalation_Id__c";

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// API name, for example `Plan__c`.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The most UTF-16 units that it holds; 0 means no limit.
    #[serde(default)]
    pub length: usize,
    /// The only values that a restricted picklist accepts.
    #[serde(default)]
    pub restricted_values: Option<Vec<String>>,
    /// An insert without it is refused.
    #[serde(default)]
    pub required: bool,
    /// The run-as user may write it.
    #[serde(default = "yes")]
    pub createable: bool,
}

/// The type of a field, named as `describe` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are Salesforce's own type names")]
pub enum FieldType {
    Base64,
    Boolean,
    Date,
    DateTime,
    Double,
    Email,
    Id,
    Int,
    Phone,
    Picklist,
    Reference,
    String,
    TextArea,
}

/// An object that the simulator stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SObject {
    Case,
    Contact,
    ContentDocumentLink,
    ContentVersion,
    Conversation,
    FullviewCallback,
    MessagingSession,
}

fn yes() -> bool {
    true
}

impl Field {
    /// A writable, optional field.
    #[must_use]
    pub fn new(name: &str, field_type: FieldType, length: usize) -> Self {
        Self { name: name.into(), field_type, length, restricted_values: None, required: false, createable: true }
    }

    fn read_only(name: &str, field_type: FieldType, length: usize) -> Self {
        Self { createable: false, ..Self::new(name, field_type, length) }
    }
}

impl SObject {
    pub(crate) const ALL: [Self; 7] = [
        Self::Case,
        Self::Contact,
        Self::ContentDocumentLink,
        Self::ContentVersion,
        Self::Conversation,
        Self::FullviewCallback,
        Self::MessagingSession,
    ];

    /// Whether the run-as user of an org may know that the object exists.
    pub(crate) fn is_visible(self, settings: &OrgSettings) -> bool {
        match self {
            Self::Case | Self::Contact | Self::ContentDocumentLink | Self::ContentVersion => true,
            Self::FullviewCallback => {
                settings.package.test_action != TestAction::Missing && settings.package.readable_failures
            }
            Self::Conversation | Self::MessagingSession => {
                settings.messaging.as_ref().is_some_and(|messaging| messaging.readable_sessions)
            }
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Contact => "Contact",
            Self::ContentDocumentLink => "ContentDocumentLink",
            Self::ContentVersion => "ContentVersion",
            Self::Conversation => "Conversation",
            Self::FullviewCallback => "Fullview_Callback__c",
            Self::MessagingSession => "MessagingSession",
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
            Self::MessagingSession => "0Mw",
        }
    }

    /// The fields that the run-as user of an org can see.
    pub(crate) fn fields(self, settings: &OrgSettings) -> Vec<Field> {
        match self {
            Self::Case => case_fields(settings),
            Self::Contact => contact_fields(),
            Self::ContentDocumentLink => content_document_link_fields(),
            Self::ContentVersion => content_version_fields(),
            Self::Conversation => conversation_fields(),
            Self::FullviewCallback => failed_callback_fields(),
            Self::MessagingSession => messaging_session_fields(),
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

fn case_fields(settings: &OrgSettings) -> Vec<Field> {
    use FieldType::{Boolean, DateTime, Email, Id, Phone, Picklist, Reference, String, TextArea};
    let mut fields = vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("CaseNumber", String, 30),
        Field::read_only("IsClosed", Boolean, 0),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("LastModifiedDate", DateTime, 0),
        Field::read_only("ContactEmail", Email, 80),
        Field::new("AccountId", Reference, 18),
        Field::new("ContactId", Reference, 18),
        Field::new("OwnerId", Reference, 18),
        Field::new("ParentId", Reference, 18),
        Field::new("RecordTypeId", Reference, 18),
        Field::new("Subject", String, 255),
        Field::new("Description", TextArea, 32_000),
        Field::new("Comments", TextArea, 4_000),
        Field::new("IsEscalated", Boolean, 0),
        Field::new("Origin", Picklist, 255),
        Field::new("Priority", Picklist, 255),
        Field::new("Reason", Picklist, 255),
        Field::new("Status", Picklist, 255),
        Field::new("SuppliedCompany", String, 80),
        Field { required: settings.auto_response_rule, ..Field::new("SuppliedEmail", Email, 80) },
        Field::new("SuppliedName", String, 80),
        Field::new("SuppliedPhone", Phone, 40),
        Field::new("Type", Picklist, 255),
    ];
    match settings.external_id_field {
        ExternalIdField::Missing => {}
        ExternalIdField::ReadOnly => fields.push(Field::read_only(EXTERNAL_ID_FIELD, String, 36)),
        ExternalIdField::Editable => fields.push(Field::new(EXTERNAL_ID_FIELD, String, 36)),
    }
    fields.extend(settings.case_fields.iter().cloned());
    fields
}

fn contact_fields() -> Vec<Field> {
    use FieldType::{DateTime, Email, Id, Reference, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("AccountId", Reference, 18),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("Email", Email, 80),
        Field::read_only("Name", String, 121),
    ]
}

fn conversation_fields() -> Vec<Field> {
    use FieldType::{DateTime, Id, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("ConversationIdentifier", String, 255),
        Field::read_only("CreatedDate", DateTime, 0),
    ]
}

fn failed_callback_fields() -> Vec<Field> {
    use FieldType::{Boolean, DateTime, Double, Id, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("Is_Test__c", Boolean, 0),
        Field::read_only("Problem__c", String, 255),
        Field::read_only("Status_Code__c", Double, 0),
    ]
}

fn messaging_session_fields() -> Vec<Field> {
    use FieldType::{DateTime, Id, Picklist, Reference};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("CaseId", Reference, 18),
        Field::read_only("ConversationId", Reference, 18),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("EndTime", DateTime, 0),
        Field::read_only("StartTime", DateTime, 0),
        Field::read_only("Status", Picklist, 255),
    ]
}

fn content_document_link_fields() -> Vec<Field> {
    use FieldType::{Id, Picklist, Reference};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("ContentDocumentId", Reference, 18),
        Field::read_only("LinkedEntityId", Reference, 18),
        Field::read_only("ShareType", Picklist, 40),
    ]
}

fn content_version_fields() -> Vec<Field> {
    use FieldType::{Base64, DateTime, Id, Int, Reference, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("ContentDocumentId", Reference, 18),
        Field::read_only("ContentSize", Int, 0),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::new("Description", String, 1_000),
        Field::read_only("FileExtension", String, 40),
        Field::new("FirstPublishLocationId", Reference, 18),
        Field { required: true, ..Field::new("PathOnClient", String, 500) },
        Field::new("Title", String, 255),
        Field { required: true, ..Field::new("VersionData", Base64, 0) },
    ]
}

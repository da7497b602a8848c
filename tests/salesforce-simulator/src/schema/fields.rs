//! The fields of each object that Cases, their files and conversations need.

use super::EXTERNAL_ID_FIELD;
use crate::{
    field::{Field, FieldType},
    settings::{ExternalIdField, OrgSettings},
};

pub(super) fn case_fields(settings: &OrgSettings) -> Vec<Field> {
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

pub(super) fn contact_fields() -> Vec<Field> {
    use FieldType::{DateTime, Email, Id, Reference, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("AccountId", Reference, 18),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("Email", Email, 80),
        Field::read_only("Name", String, 121),
    ]
}

pub(super) fn conversation_fields() -> Vec<Field> {
    use FieldType::{DateTime, Id, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("ConversationIdentifier", String, 255),
        Field::read_only("CreatedDate", DateTime, 0),
    ]
}

pub(super) fn failed_callback_fields() -> Vec<Field> {
    use FieldType::{Boolean, DateTime, Double, Id, String};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("CreatedDate", DateTime, 0),
        Field::read_only("Is_Test__c", Boolean, 0),
        Field::read_only("Problem__c", String, 255),
        Field::read_only("Status_Code__c", Double, 0),
    ]
}

pub(super) fn messaging_session_fields() -> Vec<Field> {
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

pub(super) fn content_document_link_fields() -> Vec<Field> {
    use FieldType::{Id, Picklist, Reference};
    vec![
        Field::read_only("Id", Id, 18),
        Field::read_only("ContentDocumentId", Reference, 18),
        Field::read_only("LinkedEntityId", Reference, 18),
        Field::read_only("ShareType", Picklist, 40),
    ]
}

pub(super) fn content_version_fields() -> Vec<Field> {
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

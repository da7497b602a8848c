//! `ContentVersion`: files, their bytes, and the links to the records they belong to.

use axum::{
    body::Bytes,
    http::{StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Transaction, record, validation};
use crate::{
    org::{Record, datetime},
    reply::{Reply, RestError},
    schema::SObject,
    settings::FileUploads,
};

/// The most bytes that a file in a JSON body may have.
const MAX_BYTES: usize = 37_500_000;

/// `POST sobjects/ContentVersion`.
pub(crate) fn insert(transaction: &mut Transaction<'_>, values: &Record) -> Result<Reply, RestError> {
    check_uploads(transaction.org.settings.file_uploads)?;
    validation::check(transaction.org, SObject::ContentVersion, values)?;
    validation::check_required(transaction.org, SObject::ContentVersion, values)?;
    let content = decode(values)?;
    let id = store(transaction, values, content);
    let url = record::url(transaction.version, SObject::ContentVersion, &id);
    let body = json!({ "id": id, "success": true, "errors": [] });
    Ok(Reply::json(StatusCode::CREATED, body).with(header::LOCATION, &url))
}

/// `GET sobjects/ContentVersion/{id}/VersionData`.
pub(crate) fn download(transaction: &Transaction<'_>, id: &str) -> Result<Reply, RestError> {
    let content = transaction.org.records.contents.get(id).ok_or_else(RestError::not_found)?;
    Ok(Reply::raw(StatusCode::OK, "application/octet-stream", content.clone()))
}

fn check_uploads(uploads: FileUploads) -> Result<(), RestError> {
    match uploads {
        FileUploads::Allowed => Ok(()),
        FileUploads::Forbidden => {
            let message = "insufficient access rights on object id";
            Err(RestError::record("INSUFFICIENT_ACCESS_OR_READONLY", message, &[]))
        }
        FileUploads::StorageFull => Err(RestError::record("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", &[])),
    }
}

fn decode(values: &Record) -> Result<Bytes, RestError> {
    let encoded = values.get("VersionData").and_then(Value::as_str).unwrap_or_default();
    let bytes = BASE64_STANDARD
        .decode(encoded)
        .map_err(|_| RestError::json_parser("VersionData: the value is not valid base64"))?;
    if bytes.len() > MAX_BYTES {
        let message = format!("VersionData: the file exceeds the maximum size of {MAX_BYTES} bytes");
        return Err(RestError::record("FILE_SIZE_LIMIT_EXCEEDED", message, &["VersionData"]));
    }
    Ok(bytes.into())
}

fn store(transaction: &mut Transaction<'_>, values: &Record, content: Bytes) -> String {
    let org = &mut *transaction.org;
    let id = org.next_id(SObject::ContentVersion.key_prefix());
    let document_id = org.next_id("069");
    let path = values.get("PathOnClient").and_then(Value::as_str).unwrap_or_default();
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
    let mut version = values.clone();
    version.entry("Title").or_insert_with(|| stem.into());
    version.insert("Id".into(), id.clone().into());
    version.insert("ContentDocumentId".into(), document_id.clone().into());
    version.insert("ContentSize".into(), content.len().into());
    version.insert("CreatedDate".into(), datetime(transaction.now).into());
    version.insert("FileExtension".into(), extension.into());
    let data = format!("{}/VersionData", record::url(transaction.version, SObject::ContentVersion, &id));
    version.insert("VersionData".into(), data.into());
    if let Some(location) = values.get("FirstPublishLocationId").cloned() {
        let link_id = org.next_id(SObject::ContentDocumentLink.key_prefix());
        org.records.content_document_links.push(link(link_id, document_id, location).into());
    }
    org.records.content_versions.push(version.into());
    org.records.contents.insert(id.clone(), content);
    id
}

fn link(id: String, document_id: String, location: Value) -> Record {
    [
        ("Id", id.into()),
        ("ContentDocumentId", document_id.into()),
        ("LinkedEntityId", location),
        ("ShareType", "I".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_at_most_37_500_000_bytes() {
        let encoded = |groups: usize| Record::from_iter([("VersionData".to_owned(), "AAAA".repeat(groups).into())]);
        assert_eq!(decode(&encoded(MAX_BYTES / 3)).map(|bytes| bytes.len()).ok(), Some(MAX_BYTES));
        let refused = decode(&encoded(MAX_BYTES / 3 + 1)).map_err(|error| error.body.error_code).err();
        assert_eq!(refused.as_deref(), Some("FILE_SIZE_LIMIT_EXCEEDED"));
    }
}

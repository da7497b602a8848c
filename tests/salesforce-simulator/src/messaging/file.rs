//! Files: those that a customer sends, and the download of any.

use std::{convert::Infallible, path::Path};

use axum::{
    body::Bytes,
    http::{StatusCode, header},
};
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, stream};
use multer::Multipart;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    exchange::Exchange,
    messaging::{
        call::{Call, check_uuid},
        error::MessagingError,
        operation::ATTACHMENTS,
        scene::{Scene, without_nulls},
        send::{SendRequest, accepted, admit, say},
        settings::MessagingOrg,
        state::Attachment,
    },
    reply::Reply,
    rest,
    world::World,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileMessage {
    id: String,
    file_id: String,
    text: Option<String>,
    in_reply_to_message_id: Option<String>,
}

/// The part `fileData`.
#[derive(Debug)]
pub(crate) struct FileData {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

/// `POST conversation/{id}/file`.
pub(crate) fn send(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    let (request, file) = read_parts(call.exchange)?;
    let message = request.message;
    check_uuid("message.id", &message.id)?;
    check_uuid("message.fileId", &message.file_id)?;
    let settings = call.deployment(&request.es_developer_name)?.clone();
    check_file(&settings, &file)?;
    let mut scene = call.open_conversation(id)?;
    let Some(identifier) = admit(&mut scene, &settings, request.is_new_messaging_session, &message.id)? else {
        return Ok(accepted(&scene, &message.id));
    };
    let content = attach(&mut scene, &message.file_id, file, message.text.as_deref());
    say(&mut scene, identifier, &content, message.in_reply_to_message_id.as_deref());
    Ok(accepted(&scene, &message.id))
}

/// Stores a file of a conversation; the content of its message.
pub(crate) fn attach(scene: &mut Scene<'_>, id: &str, file: FileData, text: Option<&str>) -> Value {
    let conversation = scene.conversation();
    let url = format!("{}{ATTACHMENTS}{id}", conversation.own_url);
    let content = json!({
        "formatType": "Attachments",
        "text": text,
        "attachments": [{ "id": id, "name": file.name, "mimeType": file.content_type, "url": url }],
    });
    let subject = conversation.subject.clone();
    let attachment = Attachment { subject, content_type: file.content_type, bytes: file.bytes };
    scene.org.messaging.attachments.insert(id.into(), attachment);
    without_nulls(content)
}

fn check_file(settings: &MessagingOrg, file: &FileData) -> Result<(), MessagingError> {
    if file.bytes.len() > settings.max_file_bytes {
        return Err(MessagingError::of_status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let extension = Path::new(&file.name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if settings.file_types.iter().any(|own| own.eq_ignore_ascii_case(extension)) {
        Ok(())
    } else {
        Err(MessagingError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}

fn read_parts(exchange: &Exchange) -> Result<(SendRequest<FileMessage>, FileData), MessagingError> {
    let content_type = exchange.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
    let boundary = boundary.ok_or_else(|| MessagingError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
    let body = stream::iter([Ok::<_, Infallible>(exchange.body.clone())]);
    // The whole body is here, so that reading it never waits.
    let parts = parts(Multipart::new(body, boundary)).now_or_never().and_then(Result::ok);
    let parts = parts.ok_or_else(|| MessagingError::bad_request("The body is not multipart/form-data"))?;
    let (entry, file) = <[_; 2]>::try_from(parts)
        .ok()
        .map(|[one, other]| if one.0 == "messageEntry" { (one, other) } else { (other, one) })
        .filter(|(entry, file)| entry.0 == "messageEntry" && file.0 == "fileData")
        .ok_or_else(|| MessagingError::bad_request("The parts are messageEntry and fileData"))?;
    if !entry.1.content_type.starts_with("application/json") || file.1.name.is_empty() {
        return Err(MessagingError::bad_request("messageEntry must be JSON and fileData must have a file name"));
    }
    let entry = serde_json::from_slice(&entry.1.bytes);
    Ok((entry.map_err(|error| MessagingError::bad_request(error.to_string()))?, file.1))
}

/// Every part with its name.
async fn parts(mut body: Multipart<'_>) -> multer::Result<Vec<(String, FileData)>> {
    let mut parts = Vec::new();
    while let Some(field) = body.next_field().await? {
        let part = field.name().unwrap_or_default().to_owned();
        let name = field.file_name().unwrap_or_default().to_owned();
        let content_type = field.content_type().map(ToString::to_string).unwrap_or_default();
        parts.push((part, FileData { name, content_type, bytes: field.bytes().await? }));
    }
    Ok(parts)
}

/// Downloads an attachment.
pub(crate) fn download(
    world: &World,
    exchange: &Exchange,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Reply, MessagingError> {
    let held = world.orgs.iter().find_map(|org| Some((org, org.messaging.attachments.get(id)?)));
    let (org, attachment) = held.ok_or_else(MessagingError::not_found)?;
    let needs_token = org.settings.messaging.as_ref().is_some_and(|own| own.uncertain.attachments_need_token);
    let subject = rest::bearer(&exchange.headers).and_then(|token| org.messaging.subject_of(token, now));
    if needs_token && subject != Some(&attachment.subject) {
        return Err(MessagingError::of_status(StatusCode::UNAUTHORIZED));
    }
    Ok(Reply::raw(StatusCode::OK, &attachment.content_type, attachment.bytes.clone()))
}

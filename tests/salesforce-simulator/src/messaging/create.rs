//! The beginning and the two ends of a conversation.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::{
    messaging::{
        call::{Call, check_uuid, read_json},
        conversation::{Conversation, EndedBy, RateLimit, RoutingStatus},
        entry::{EntryType, Sender},
        error::MessagingError,
        scene::Scene,
        settings::MessagingOrg,
        uncertain::DuplicateCreate,
    },
    reply::Reply,
};

/// The most UTF-16 units of a routing attribute.
const MAX_ATTRIBUTE_UNITS: usize = 255;

/// Routing attributes by name.
pub(crate) type Attributes = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateRequest {
    conversation_id: String,
    es_developer_name: String,
    routing_attributes: Option<Attributes>,
    language: Option<String>,
}

/// `POST conversation`.
pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, MessagingError> {
    let request: CreateRequest = read_json(call.exchange)?;
    let settings = call.deployment(&request.es_developer_name)?.clone();
    if check_uuid("conversationId", &request.conversation_id)?.get_version_num() != 4 {
        return Err(MessagingError::bad_request("conversationId must be a UUID of version 4"));
    }
    if settings.uncertain.language_required && request.language.is_none() {
        return Err(MessagingError::bad_request("language is required"));
    }
    if let Some(position) = call.org.messaging.position(&request.conversation_id) {
        return repeat(call, position, &settings);
    }
    open(call, &settings, request);
    Ok(Reply::empty(StatusCode::CREATED))
}

fn repeat(call: &mut Call<'_>, position: usize, settings: &MessagingOrg) -> Result<Reply, MessagingError> {
    let mut scene = Scene { org: &mut *call.org, position, now: call.now };
    scene.conversation_mut().creates += 1;
    let own = scene.conversation().subject == call.subject && scene.conversation().is_open;
    match settings.uncertain.duplicate_create {
        DuplicateCreate::Created if own => Ok(Reply::empty(StatusCode::CREATED)),
        DuplicateCreate::NewSession if own => {
            scene.open_session();
            Ok(Reply::empty(StatusCode::CREATED))
        }
        _ => Err(MessagingError::new(StatusCode::CONFLICT, "The conversation exists")),
    }
}

fn open(call: &mut Call<'_>, settings: &MessagingOrg, request: CreateRequest) {
    let received = request.routing_attributes.unwrap_or_default();
    let (routing_attributes, dropped_routing_attributes) = known_attributes(settings, received);
    let record_id = call.org.next_id("0dw");
    let is_attended = call.org.messaging.guest(&call.subject).streams > 0;
    let conversation = Conversation {
        id: request.conversation_id,
        record_id,
        subject: call.subject.clone(),
        created_at: call.now,
        creates: 1,
        language: request.language,
        routing_attributes,
        dropped_routing_attributes,
        sessions: Vec::new(),
        routing_status: RoutingStatus::Initial,
        is_open: true,
        participants: Vec::new(),
        entries: Vec::new(),
        queue_position: None,
        end_user_typing: false,
        end_user_typing_at: None,
        acknowledgements: Vec::new(),
        agent_acknowledgements: Vec::new(),
        own_url: call.exchange.own_url.clone(),
        unattended_since: (!is_attended).then_some(call.now),
        sent: RateLimit::default(),
    };
    let conversations = &mut call.org.messaging.conversations;
    conversations.push(conversation);
    let position = conversations.len() - 1;
    Scene { org: &mut *call.org, position, now: call.now }.open_session();
}

/// The attributes that the flow gets, and those that are dropped.
fn known_attributes(settings: &MessagingOrg, received: Attributes) -> (Attributes, Attributes) {
    received.into_iter().partition(|(name, value)| {
        settings.hidden_pre_chat_fields.contains(name) && value.encode_utf16().count() <= MAX_ATTRIBUTE_UNITS
    })
}

/// `DELETE conversation/{id}`: for good.
pub(crate) fn close(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    check_deployment(call)?;
    let mut scene = call.conversation(id)?;
    if !scene.conversation().is_open {
        let not_found = scene.uncertain().second_close_not_found;
        return if not_found { Err(MessagingError::not_found()) } else { Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    }
    if scene.conversation().is_live() {
        scene.end_session(EndedBy::EndUser, true);
    }
    let payload = json!({ "conversationIdentifier": id });
    scene.emit(EntryType::CloseConversation, Sender::end_user(&scene.conversation().subject.clone()), payload);
    let conversation = scene.conversation_mut();
    conversation.is_open = false;
    conversation.participants.clear();
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE conversation/{id}/session`: the conversation stays open.
pub(crate) fn end_session(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    check_deployment(call)?;
    let mut scene = call.open_conversation(id)?;
    if scene.conversation().is_live() {
        scene.end_session(EndedBy::EndUser, true);
        scene.conversation_mut().participants.clear();
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn check_deployment(call: &Call<'_>) -> Result<(), MessagingError> {
    let query = call.query(&["esDeveloperName"])?;
    let name =
        query.get("esDeveloperName").ok_or_else(|| MessagingError::bad_request("esDeveloperName is required"))?;
    call.deployment(name).map(|_| ())
}

//! Which call of the Messaging API a method and a path make.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::{fault::Route, messaging::error::MessagingError};

const API: &str = "/iamessage/api/v2/";
const EVENT_STREAM: &str = "/eventrouter/v1/sse";
/// The path of attachments, which a real org serves from a host that nobody could tell.
pub(crate) const ATTACHMENTS: &str = "/messaging-attachments/";

/// A call of the Messaging API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Token,
    Continuation,
    EventStream,
    Create,
    List,
    /// The id of an attachment.
    Attachment(String),
    /// The id of a conversation.
    On(String, ConversationCall),
}

/// A call on one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConversationCall {
    Read,
    Close,
    EndSession,
    Entries,
    Message,
    File,
    Typing,
    Acknowledge,
    Transcript,
}

/// Whether a path belongs to the Messaging API.
pub(crate) fn is_messaging(path: &str) -> bool {
    ["/iamessage/", "/eventrouter/", ATTACHMENTS].iter().any(|prefix| path.starts_with(prefix))
}

impl Operation {
    /// Reads a method and a path; 404 for an unknown path, 405 for another method.
    pub(crate) fn parse(method: &Method, path: &str) -> Result<Self, MessagingError> {
        let (allowed, operation) = Self::at(method, path).ok_or_else(MessagingError::not_found)?;
        if *method == allowed { Ok(operation) } else { Err(MessagingError::of_status(StatusCode::METHOD_NOT_ALLOWED)) }
    }

    /// The operation of a path and its method.
    fn at(method: &Method, path: &str) -> Option<(Method, Self)> {
        if path == EVENT_STREAM {
            return Some((Method::GET, Self::EventStream));
        }
        if let Some(id) = path.strip_prefix(ATTACHMENTS) {
            return Some((Method::GET, Self::Attachment(id.into())));
        }
        let segments: Vec<&str> = path.strip_prefix(API)?.split('/').collect();
        match segments[..] {
            ["authorization", "unauthenticated", "access-token"] => Some((Method::POST, Self::Token)),
            ["authorization", "continuation-access-token"] => Some((Method::GET, Self::Continuation)),
            ["conversation"] => Some((Method::POST, Self::Create)),
            ["conversation", "list"] => Some((Method::GET, Self::List)),
            ["conversation", id, ref rest @ ..] => {
                let (allowed, call) = ConversationCall::at(method, rest)?;
                Some((allowed, Self::On(id.into(), call)))
            }
            _ => None,
        }
    }

    /// The id of the conversation that it is about.
    pub(crate) fn conversation(self, body: &[u8]) -> Option<String> {
        match self {
            Self::On(id, _) => Some(id),
            Self::Create => {
                let body: Value = serde_json::from_slice(body).ok()?;
                Some(body.get("conversationId")?.as_str()?.into())
            }
            _ => None,
        }
    }

    /// The name that faults know it by.
    pub(crate) fn route(&self) -> Route {
        match self {
            Self::Token => Route::MessagingToken,
            Self::Continuation => Route::ContinuationToken,
            Self::EventStream => Route::EventStream,
            Self::Create => Route::CreateConversation,
            Self::List => Route::ListConversations,
            Self::Attachment(_) => Route::DownloadAttachment,
            Self::On(_, call) => call.route(),
        }
    }
}

impl ConversationCall {
    fn at(method: &Method, rest: &[&str]) -> Option<(Method, Self)> {
        match rest {
            [] if *method == Method::DELETE => Some((Method::DELETE, Self::Close)),
            [] => Some((Method::GET, Self::Read)),
            ["session"] => Some((Method::DELETE, Self::EndSession)),
            ["entries"] => Some((Method::GET, Self::Entries)),
            ["message"] => Some((Method::POST, Self::Message)),
            ["file"] => Some((Method::POST, Self::File)),
            ["entry"] => Some((Method::POST, Self::Typing)),
            ["acknowledge-entries"] => Some((Method::POST, Self::Acknowledge)),
            ["transcript"] => Some((Method::GET, Self::Transcript)),
            _ => None,
        }
    }

    fn route(self) -> Route {
        match self {
            Self::Read => Route::ReadConversation,
            Self::Close => Route::CloseConversation,
            Self::EndSession => Route::EndMessagingSession,
            Self::Entries => Route::ListEntries,
            Self::Message => Route::SendMessage,
            Self::File => Route::SendFile,
            Self::Typing => Route::SendTyping,
            Self::Acknowledge => Route::AcknowledgeEntries,
            Self::Transcript => Route::DownloadTranscript,
        }
    }
}

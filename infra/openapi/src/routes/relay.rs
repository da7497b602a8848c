//! `conversation-relay`.

use conversation_relay::bodies::{ChatMessageBody, FileAccepted, FileForm, MessageAccepted, ReadBody, TypingBody};
use serde_json::json;
use shared::problem::Code;

use crate::answer::Answer;
use crate::events::CONVERSATION_EVENT;
use crate::operation::{Group, Operation, Security};
use crate::parameter::Parameter;
use crate::schemas::of;

const CONVERSATIONS: Group = Group {
    function: "conversation-relay",
    tag: "Conversations",
    security: Security::ConversationToken,
    codes: &[Code::Unauthenticated, Code::Unavailable],
};
const PREFLIGHTS: Group = Group { tag: "Preflights", security: Security::Nothing, codes: &[], ..CONVERSATIONS };
const PAGES: Group = Group { tag: "Pages", ..PREFLIGHTS };

/// Each path of a conversation, with the id of its preflight.
const PATHS: [(&str, &str); 7] = [
    ("/v1/conversations/{escalationId}/events", "preflightEvents"),
    ("/v1/conversations/{escalationId}/files/{fileId}", "preflightFile"),
    ("/v1/conversations/{escalationId}/messages", "preflightMessages"),
    ("/v1/conversations/{escalationId}/files", "preflightFiles"),
    ("/v1/conversations/{escalationId}/typing", "preflightTyping"),
    ("/v1/conversations/{escalationId}/read", "preflightRead"),
    ("/v1/conversations/{escalationId}/end", "preflightEnd"),
];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![events(), download(), message(), file(), typing(), read(), end()];
    operations.extend(PATHS.map(|(path, id)| preflight(path, id)));
    operations.push(script());
    operations
}

fn events() -> Operation {
    CONVERSATIONS
        .operation("GET", "/v1/conversations/{escalationId}/events", "followConversation", "Follow a conversation")
        .about(include_str!("events.md"))
        .takes(Parameter::header(
            "Last-Event-ID",
            "The id of the last event that the client has. What is not understood is ignored.",
            json!({ "type": "string" }),
        ))
        .answers(Answer::events(200, "What happens, as it happens.", CONVERSATION_EVENT))
        .answers(Answer::empty(204, "The client has the last event: nothing will follow."))
}

fn download() -> Operation {
    CONVERSATIONS
        .operation("GET", "/v1/conversations/{escalationId}/files/{fileId}", "downloadFile", "Download a file")
        .answers(
            Answer::plain(200, "The file, with its own media type.", "*/*")
                .with_header("Content-Disposition", "Its name, as an attachment."),
        )
        .refuses(&[Code::NotFound])
}

fn message() -> Operation {
    CONVERSATIONS
        .operation("POST", "/v1/conversations/{escalationId}/messages", "sendMessage", "Say something")
        .about("Before the conversation is open, messages are stored, and sent after the agent's context.")
        .body(of::<ChatMessageBody>)
        .answers(Answer::json(202, "It is stored. A `receipt` event tells what became of it.", of::<MessageAccepted>))
        .refuses(&[Code::ConversationEnded, Code::MessageIdReused, Code::TooManyMessages])
}

fn file() -> Operation {
    CONVERSATIONS
        .operation("POST", "/v1/conversations/{escalationId}/files", "sendFile", "Send a file")
        .form(of::<FileForm>)
        .answers(Answer::json(202, "It is stored. A `receipt` event tells what became of it.", of::<FileAccepted>))
        .refuses(&[Code::ConversationEnded, Code::MessageIdReused, Code::FileTypeNotAllowed, Code::TooManyMessages])
}

fn typing() -> Operation {
    CONVERSATIONS
        .operation("POST", "/v1/conversations/{escalationId}/typing", "type", "Tell that the customer types")
        .body(of::<TypingBody>)
        .answers(Answer::empty(204, "It is passed on if that can be done at once."))
        .refuses(&[Code::ConversationEnded])
}

fn read() -> Operation {
    CONVERSATIONS
        .operation("POST", "/v1/conversations/{escalationId}/read", "read", "Tell what the customer has read")
        .body(of::<ReadBody>)
        .answers(Answer::empty(204, "It is passed on if that can be done at once."))
        .refuses(&[Code::ConversationEnded])
}

fn end() -> Operation {
    CONVERSATIONS
        .operation("POST", "/v1/conversations/{escalationId}/end", "endConversation", "End the conversation")
        .about("A Case that was chosen already is still made.")
        .answers(Answer::empty(204, "It is over for the customer."))
        .refuses(&[Code::ConversationEnded])
}

fn preflight(path: &'static str, id: &'static str) -> Operation {
    PREFLIGHTS.operation("OPTIONS", path, id, "What a browser asks before").of_anything().answers(
        Answer::empty(204, "Any page may ask.")
            .with_header("Access-Control-Allow-Origin", "Always `*`.")
            .with_header("Access-Control-Allow-Methods", "`GET` and `POST`.")
            .with_header("Access-Control-Allow-Headers", "`authorization`, `content-type` and `last-event-id`.")
            .with_header("Access-Control-Max-Age", "A day, in seconds."),
    )
}

fn script() -> Operation {
    PAGES
        .operation("GET", "/chat.js", "loadChat", "The customer's chat, a custom element")
        .takes(Parameter::header("If-None-Match", "The `ETag` of what the browser has.", json!({ "type": "string" })))
        .answers(Answer::plain(200, "The script.", "text/javascript").with_header("ETag", "Changes with the script."))
        .answers(Answer::empty(304, "The browser has it.").with_header("ETag", "As it was sent."))
}

//! `apex-callback`.

use apex_callback::body::CallbackBody;
use shared::problem::Code;

use crate::answer::Answer;
use crate::operation::{Group, Operation, Security};
use crate::schemas::of;

const CALLBACKS: Group = Group {
    function: "apex-callback",
    tag: "Callbacks",
    security: Security::EscalationsToken,
    codes: &[Code::Unauthenticated, Code::NotFound, Code::Unavailable],
};

pub(super) fn operations() -> Vec<Operation> {
    let callback = CALLBACKS
        .operation("POST", "/v1/callbacks/apex/{organisationId}", "callBack", "Tell what became of a conversation")
        .about(
            "Sent by the package's Apex actions *Fullview End Conversation* and *FullviewTestCallback*. It may come early, late or more than once: \
             each well-formed call with a valid token is answered alike.",
        )
        .body(of::<CallbackBody>)
        .answers(Answer::empty(204, "It is noted."));
    vec![callback]
}

//! Lets the customer of one conversation in, and nobody else.

use chrono::TimeDelta;
use lambda_http::Request;
use shared::authentication::bearer;
use shared::escalation::Escalation;
use shared::http_api::header_text;
use shared::problem::{Code, Problem};
use uuid::Uuid;

use crate::ConversationRelay;

/// A conversation token is valid for so long after the final status.
const VALID_AFTER_THE_END: TimeDelta = TimeDelta::hours(24);

/// The escalation that the request's token opens.
pub(crate) async fn admit(
    relay: &ConversationRelay,
    request: &Request,
    escalation_id: &str,
) -> Result<Escalation, Problem> {
    let unauthenticated = || Problem::new(Code::Unauthenticated);
    let id: Uuid = escalation_id.parse().map_err(|_| unauthenticated())?;
    let token = header_text(request, "authorization").and_then(bearer).ok_or_else(unauthenticated)?;
    if !relay.conversation_tokens.opens(token, id) {
        return Err(unauthenticated());
    }
    let escalation = relay.store.escalation(id).await?.ok_or_else(unauthenticated)?;
    let is_over = escalation.ended_at().is_some_and(|at| at + VALID_AFTER_THE_END < relay.clock.now());
    if is_over { Err(unauthenticated()) } else { Ok(escalation) }
}

/// Refuses what comes after the end.
pub(crate) fn must_be_open(escalation: &Escalation) -> Result<(), Problem> {
    if escalation.status.takes_messages() { Ok(()) } else { Err(Problem::new(Code::ConversationEnded)) }
}

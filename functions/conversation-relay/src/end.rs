//! The customer ends the conversation.

use chrono::{DateTime, Utc};
use shared::escalation::{By, Escalation, Status};
use shared::http_api::Answer;
use shared::problem::{Code, Problem};
use shared::store::Change;

use crate::ConversationRelay;

/// `POST …/end`.
pub(crate) async fn post(relay: &ConversationRelay, escalation: Escalation) -> Result<Answer, Problem> {
    if escalation.status.is_final() {
        return Err(Problem::new(Code::ConversationEnded));
    }
    let now = relay.clock.now();
    let id = escalation.escalation_id;
    match relay.store.change(id, |escalation| end(escalation, now)).await? {
        Change::Saved(ended) => {
            if ended.close.is_some() {
                relay.hints.look(id).await;
            }
            Ok(Answer::no_content())
        }
        Change::Declined(escalation) if escalation.status.is_final() => Err(Problem::new(Code::ConversationEnded)),
        Change::Declined(_) | Change::Missing => Ok(Answer::no_content()),
    }
}

/// At any status the customer's end is the outcome, but a Case that was chosen is still made; so is one that is stuck.
fn end(escalation: &mut Escalation, now: DateTime<Utc>) -> bool {
    if escalation.status.is_final() || matches!(escalation.status, Status::CreatingCase | Status::Stuck) {
        return false;
    }
    escalation.end(By::Customer, now);
    true
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_customer_s_end_is_the_outcome_unless_a_case_was_chosen() {
        for status in Status::ALL {
            let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, DateTime::UNIX_EPOCH);
            escalation.status = status;
            let is_ended = end(&mut escalation, DateTime::UNIX_EPOCH);
            assert_eq!(is_ended, status.takes_messages(), "{status:?}");
            assert_eq!(is_ended, escalation.by == Some(By::Customer));
        }
    }
}

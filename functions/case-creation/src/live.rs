//! The live conversation that a Case comes from: closed first, so that nobody goes on in it, and then read to its end.

use chrono::{DateTime, TimeDelta, Utc};
use shared::conversation::{Closing, Conversation, ConversationError, live_messages};
use shared::escalation::{CaseReason, Escalation, Messaging};
use shared::transcript::LiveMessage;

use crate::CaseCreator;
use crate::attempt::Progress;
use crate::trouble::Trouble;

/// The name, among what is degraded, of the live conversation.
const LIVE_CONVERSATION: &str = "live conversation";
/// The Case waits so long for a conversation that cannot be read just now.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);

/// Closes the conversation if that is owed, and returns all that was said in it; what cannot be read is noted. What the customer
/// said before a Case was chosen is returned even if no conversation was.
pub(crate) async fn said(
    creator: &CaseCreator,
    escalation: &Escalation,
    progress: &mut Progress,
) -> Result<Vec<LiveMessage>, Trouble> {
    if let Some(messaging) = &escalation.messaging {
        end(creator, escalation, messaging, progress).await?;
    }
    if escalation.messaging.is_none() && !escalation.has_customer_messages {
        return Ok(Vec::new());
    }
    let log = creator.store.conversation_log(escalation.escalation_id, 0).await?;
    Ok(live_messages(&log, escalation.escalation_id))
}

/// Closes the conversation if that is owed, and reads it to its end.
async fn end(
    creator: &CaseCreator,
    escalation: &Escalation,
    messaging: &Messaging,
    progress: &mut Progress,
) -> Result<(), Trouble> {
    let now = creator.clock.now();
    let conversation = Conversation::load(&creator.store, &creator.salesforce, escalation).await?;
    if escalation.close.is_some() {
        progress.closing = Some(match &conversation {
            Some(conversation) => conversation.close(now).await,
            None => Closing::TokenExpired,
        });
    }
    if messaging.create_attempted_at.is_some() && !messaging.is_read_to_its_end {
        match conversation {
            Some(conversation) => read(&conversation, escalation, progress, now).await?,
            None => note_unread(progress, "its token is gone"),
        }
        progress.is_read_to_its_end = true;
    }
    Ok(())
}

/// Reads it once more. What time cures is waited for, unless it has been waited for already.
async fn read(
    conversation: &Conversation<'_>,
    escalation: &Escalation,
    progress: &mut Progress,
    now: DateTime<Utc>,
) -> Result<(), Trouble> {
    let Err(error) = conversation.read(now).await else {
        note_open(progress);
        return Ok(());
    };
    let is_transient = match &error {
        ConversationError::Store(error) => error.is_transient(),
        ConversationError::Messaging(error) => error.is_transient(),
    };
    let is_patient = escalation.reason != Some(CaseReason::Outage)
        && escalation.case_creation.since.is_some_and(|since| now < since + LONGEST_WAIT);
    if is_transient && is_patient {
        return Err(Trouble::later(format!("the live conversation: {error}")));
    }
    if escalation.messaging.as_ref().is_some_and(|messaging| messaging.opened_at.is_some()) {
        note_unread(progress, &error.to_string());
    }
    Ok(())
}

/// What an agent says until a late close is in no Case.
fn note_open(progress: &mut Progress) {
    if progress.closing == Some(Closing::Failed) {
        progress.degraded.push(format!("{LIVE_CONVERSATION}: not closed yet; what is said from now on is missing"));
    }
}

fn note_unread(progress: &mut Progress, why: &str) {
    progress.degraded.push(format!("{LIVE_CONVERSATION}: not read to its end ({why})"));
}

//! Brings the agent's context into an open conversation, each part once.

use std::collections::HashSet;
use std::time::Duration;

use shared::conversation::{ContextPart, Conversation, ConversationError};
use shared::escalation::Escalation;
use shared::salesforce::messaging::{GuestToken, MessagingError, OutgoingFile};
use shared::store::StoreError;
use shared::transcript::{Transcript, file_name};
use uuid::Uuid;

use crate::MessagingStarter;
use crate::context::{Context, Whole};
use crate::material::Material;
use crate::outcome::{self, Delivery};

/// After a message of unknown outcome its entry is looked for 2, 10 and 30 seconds later; only then is it sent again.
const LOOKS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(20)];

/// By then, a message of unknown outcome is in the conversation, or never will be.
const CERTAIN_SECONDS: u32 = 30;

/// A channel takes files of up to 5 MB, or less.
const MAX_FILE_BYTES: usize = 5_000_000;

/// Delivers the context, and writes that the conversation is open. `may_be_there`: an earlier invocation may have sent parts of it.
pub(crate) async fn context(
    starter: &MessagingStarter,
    leased: Escalation,
    token: GuestToken,
    material: &Material,
    may_be_there: bool,
) -> Result<Escalation, StoreError> {
    if !is_still_ours(starter, &leased).await? {
        let current = starter.store.escalation(leased.escalation_id).await?.unwrap_or(leased);
        return close_if_owed(starter, current).await;
    }
    let cut_attributes = &material.routing_attributes.cut;
    let Some(conversation) = Conversation::new(&starter.store, &starter.salesforce, &leased, token) else {
        return Ok(leased);
    };
    let mut deliverer =
        Deliverer { starter, conversation, leased: &leased, cut_attributes, known: HashSet::new(), is_unsure: false };
    let delivery = match Box::pin(deliverer.deliver(material, may_be_there)).await {
        Ok(delivery) => delivery,
        Err(ConversationError::Store(error)) => return Err(error),
        Err(ConversationError::Messaging(error)) => failed(&error, deliverer.is_unsure),
    };
    let opened = outcome::opened(starter, leased.clone(), cut_attributes, &delivery).await?;
    close_if_owed(starter, opened).await
}

/// Whoever has lost the lease says nothing more in the conversation.
async fn is_still_ours(starter: &MessagingStarter, leased: &Escalation) -> Result<bool, StoreError> {
    let current = starter.store.escalation(leased.escalation_id).await?;
    let lease_id = leased.lease.as_ref().map(|lease| lease.id);
    Ok(current.is_some_and(|current| lease_id.is_some_and(|id| current.is_held_by(id))))
}

/// A conversation that was opened after its escalation had its outcome is closed at once.
async fn close_if_owed(starter: &MessagingStarter, escalation: Escalation) -> Result<Escalation, StoreError> {
    if escalation.close.is_some() {
        starter.hints.look(escalation.escalation_id).await;
    }
    Ok(escalation)
}

/// One invocation's delivery.
struct Deliverer<'a> {
    starter: &'a MessagingStarter,
    conversation: Conversation<'a>,
    leased: &'a Escalation,
    cut_attributes: &'a [String],
    /// Identifiers of what is in the conversation already.
    known: HashSet<String>,
    /// A message may come into it yet.
    is_unsure: bool,
}

impl Deliverer<'_> {
    async fn deliver(&mut self, material: &Material, may_be_there: bool) -> Result<Delivery, ConversationError> {
        if may_be_there {
            self.look().await?;
        }
        let transcript = material.transcript(self.leased);
        let context = Context::of(&transcript, self.leased.escalation_id);
        let is_cut = context.is_cut;
        if let Some(first) = context.first() {
            Box::pin(self.text(ContextPart::First, first)).await?;
        }
        let whole = if is_cut { self.file(&transcript).await } else { Whole::Kept };
        let (first, last) = context.messages(whole);
        let part = if first.is_some() { ContextPart::Second } else { ContextPart::First };
        Box::pin(self.text(part, &last)).await?;
        Ok(Delivery::Sent(detail(first.is_some(), is_cut.then_some(whole))))
    }

    /// Reads what is in the conversation.
    async fn look(&mut self) -> Result<(), ConversationError> {
        let log = self.conversation.read(self.starter.clock.now()).await?;
        self.known = log.entries().into_iter().map(|entry| entry.identifier).collect();
        Ok(())
    }

    async fn text(&mut self, part: ContextPart, text: &str) -> Result<(), ConversationError> {
        let id = part.message_id(self.leased.escalation_id);
        if self.known.contains(&id.to_string()) {
            return Ok(());
        }
        match self.send(id, text).await {
            Err(MessagingError::UnknownOutcome(_)) => Box::pin(self.settle(id, text)).await,
            outcome => Ok(outcome?),
        }
    }

    async fn send(&mut self, id: Uuid, text: &str) -> Result<(), MessagingError> {
        let token = &self.conversation.token.access_token;
        let sent = self.conversation.messaging.send_text(token, self.leased.escalation_id, id, text).await;
        self.is_unsure = matches!(sent, Err(MessagingError::UnknownOutcome(_)));
        sent
    }

    /// Looks for a message of unknown outcome. That takes a while, in which the conversation is known to be open.
    async fn settle(&mut self, id: Uuid, text: &str) -> Result<(), ConversationError> {
        outcome::opened_already(self.starter, self.leased.clone(), self.cut_attributes).await?;
        let mut blind = None;
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            blind = match self.look().await {
                Err(ConversationError::Messaging(error)) if error.is_transient() => Some(error),
                Err(error) => return Err(error),
                Ok(()) if self.known.contains(&id.to_string()) => return Ok(()),
                Ok(()) => None,
            };
        }
        // Only who has looked, and not found it, may send it again.
        match blind {
            Some(error) => Err(error.into()),
            None => Ok(self.send(id, text).await?),
        }
    }

    /// Sends the whole conversation as a file, if the channel takes it; where it is, is then told.
    async fn file(&mut self, transcript: &Transcript<'_>) -> Whole {
        let id = ContextPart::File.message_id(self.leased.escalation_id);
        let bytes = transcript.whole().into_bytes();
        if self.known.contains(&id.to_string()) {
            return Whole::File;
        }
        if bytes.len() > MAX_FILE_BYTES {
            return Whole::Kept;
        }
        let name = file_name(self.leased.escalation_id);
        let file = OutgoingFile { name, content_type: "text/plain".to_owned(), bytes };
        let token = &self.conversation.token.access_token;
        match self.conversation.messaging.send_file(token, self.leased.escalation_id, id, file).await {
            Ok(()) => Whole::File,
            Err(error) => {
                tracing::warn!(%error, "the channel took no transcript file");
                Whole::Kept
            }
        }
    }
}

/// A conversation that has only just been opened may not be found everywhere yet. One that is gone, or whose token is not accepted
/// any more, is for the look to judge. Whoever comes next may send what is not in it.
fn failed(error: &MessagingError, is_unsure: bool) -> Delivery {
    let detail = format!("context: {error}");
    let certain_after = is_unsure.then_some(CERTAIN_SECONDS);
    match error {
        MessagingError::Limited { retry_after } => {
            Delivery::Later { detail, retry_after: (*retry_after).max(certain_after) }
        }
        MessagingError::SessionEnded | MessagingError::PreconditionFailed | MessagingError::Refused(_) => {
            Delivery::Never(detail)
        }
        _ => Delivery::Later { detail, retry_after: certain_after },
    }
}

fn detail(has_two: bool, cut: Option<Whole>) -> String {
    let messages = if has_two { "2 messages" } else { "1 message" };
    match cut {
        None => messages.to_owned(),
        Some(Whole::File) => format!("{messages} and the transcript file"),
        Some(Whole::Kept) => format!("{messages}, cut; the channel took no file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_or_a_refusal_keeps_the_context_away() {
        let later = |error| matches!(failed(&error, false), Delivery::Later { .. });
        for error in [MessagingError::Limited { retry_after: None }, MessagingError::UnknownOutcome("x")] {
            assert!(later(error));
        }
        assert!(later(MessagingError::NotFound) && later(MessagingError::TokenRejected));
        assert!(!later(MessagingError::SessionEnded) && !later(MessagingError::Refused(400)));
    }

    #[test]
    fn nobody_sends_again_what_may_come_yet() {
        let pause = |error, is_unsure| match failed(&error, is_unsure) {
            Delivery::Later { retry_after, .. } => retry_after,
            _ => panic!("not later"),
        };
        let limited = |retry_after| MessagingError::Limited { retry_after };
        assert_eq!(pause(MessagingError::UnknownOutcome("x"), true), Some(30));
        assert_eq!(pause(MessagingError::NotFound, true), Some(30));
        assert_eq!(pause(MessagingError::NotFound, false), None);
        assert_eq!([Some(5), Some(90)].map(|seconds| pause(limited(seconds), true)), [Some(30), Some(90)]);
    }

    #[test]
    fn the_timeline_tells_whether_the_agent_has_all_of_it() {
        assert_eq!(detail(false, None), "1 message");
        assert_eq!(detail(true, Some(Whole::File)), "2 messages and the transcript file");
    }
}

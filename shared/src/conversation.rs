//! The live conversation of an escalation: reading it, closing it, and the rules of how it goes on.

use chrono::{DateTime, TimeDelta, Utc};

use crate::escalation::Escalation;
use crate::salesforce::Salesforce;
use crate::salesforce::messaging::{GuestToken, Messaging, MessagingError};
use crate::store::{ConversationLog, Store, StoreError};

mod closing;
mod forwarding;
mod record;
mod said;
mod schedule;
mod standing;
mod verdict;

pub use closing::{Closing, apply_closing};
pub use forwarding::{Forwarding, end_forwarding, pending};
pub use record::{CustomerContent, CustomerMessage, LogEvent, Record};
pub use said::{ContextPart, live_messages, message_id};
pub use schedule::{abandon_from, renew_from, schedule_look};
pub use standing::{Session, Standing};
pub use verdict::{Asked, Verdict, apply_verdict, verdict};

/// An entry that was stored late may be older than one that was read before it.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

/// A time further ahead is a mistake: it must not hide what comes after it.
const LONGEST_SKEW: TimeDelta = TimeDelta::days(1);

/// A conversation that may be open, and the token that reaches it.
pub struct Conversation<'a> {
    /// The deployment's API.
    pub messaging: Messaging<'a>,
    /// The customer's token.
    pub token: GuestToken,
    store: &'a Store,
    escalation: &'a Escalation,
}

/// Why a conversation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// Salesforce.
    #[error(transparent)]
    Messaging(#[from] MessagingError),
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a> Conversation<'a> {
    /// The conversation of an escalation; `None` if there was none, or its token is gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn load(
        store: &'a Store,
        salesforce: &'a Salesforce,
        escalation: &'a Escalation,
    ) -> Result<Option<Self>, StoreError> {
        let token = store.guest_token(escalation.escalation_id).await?;
        Ok(token.and_then(|token| Self::new(store, salesforce, escalation, token)))
    }

    /// The conversation that a token reaches; `None` if there was none.
    #[must_use]
    pub fn new(
        store: &'a Store,
        salesforce: &'a Salesforce,
        escalation: &'a Escalation,
        token: GuestToken,
    ) -> Option<Self> {
        let messaging = salesforce.messaging(&escalation.messaging.as_ref()?.deployment);
        Some(Self { messaging, token, store, escalation })
    }

    /// Reads what is new into the log, and returns all of it.
    ///
    /// # Errors
    /// See [`ConversationError`].
    pub async fn read(&self, now: DateTime<Utc>) -> Result<ConversationLog, ConversationError> {
        let mut log = self.stored().await?;
        let is_credible = |at: &DateTime<Utc>| *at <= now + LONGEST_SKEW;
        let since = log.entries().iter().map(|entry| entry.at).filter(is_credible).max().map(|last| last - OVERLAP);
        let id = self.escalation.escalation_id;
        let entries = self.messaging.entries(&self.token.access_token, id, since).await?;
        let events = entries.into_iter().map(LogEvent::Entry).collect();
        self.store.append_once(id, &mut log, events, now).await?;
        Ok(log)
    }

    /// What was read before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn stored(&self) -> Result<ConversationLog, StoreError> {
        self.store.conversation_log(self.escalation.escalation_id, 0).await
    }

    /// Tries to close it.
    pub async fn close(&self, now: DateTime<Utc>) -> Closing {
        if self.token.expires_at <= now {
            return Closing::TokenExpired;
        }
        match self.messaging.close(&self.token.access_token, self.escalation.escalation_id).await {
            Ok(true) => Closing::Closed,
            Ok(false) => Closing::not_found(self.escalation, now),
            Err(error) => {
                tracing::warn!(%error, "not closed yet");
                Closing::Failed
            }
        }
    }

    /// Renews the token, and stores the new one.
    ///
    /// # Errors
    /// See [`ConversationError`].
    pub async fn renew(&mut self, now: DateTime<Utc>) -> Result<(), ConversationError> {
        let renewed = self.messaging.continuation_token(&self.token.access_token, now).await?;
        self.token = continued(&self.token, renewed);
        Ok(self.store.put_guest_token(self.escalation.escalation_id, &self.token).await?)
    }
}

/// A renewal that keeps the old end begins no new life, of which a part would be left to give it up in.
fn continued(old: &GuestToken, renewed: GuestToken) -> GuestToken {
    let is_longer = renewed.expires_at > old.expires_at;
    let issued_at = if is_longer { renewed.issued_at } else { old.issued_at };
    GuestToken { issued_at, last_event_id: old.last_event_id.clone(), ..renewed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(issued_at: i64, expires_at: i64) -> GuestToken {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let access_token = "t".to_owned().into();
        GuestToken {
            access_token,
            issued_at: at(issued_at),
            expires_at: at(expires_at),
            last_event_id: Some("7".into()),
        }
    }

    #[test]
    fn a_renewal_that_keeps_the_old_end_leaves_as_much_time_to_give_the_token_up() {
        let old = token(0, 60);
        assert_eq!(abandon_from(&continued(&old, token(50, 60))), abandon_from(&old));
    }

    #[test]
    fn a_renewed_token_goes_on_after_the_last_event_that_was_seen() {
        let renewed = continued(&token(0, 60), GuestToken { last_event_id: None, ..token(40, 100) });
        assert_eq!((renewed.issued_at, renewed.last_event_id.as_deref()), (token(40, 100).issued_at, Some("7")));
    }
}

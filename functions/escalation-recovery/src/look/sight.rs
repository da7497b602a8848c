//! What a look sees of a conversation, and the transition that follows.

use chrono::{DateTime, TimeDelta, Utc};
use shared::conversation::{
    Conversation, ConversationError, Session, Standing, Verdict, abandon_from, apply_verdict, renew_from, verdict,
};
use shared::escalation::{CaseReason, Escalation};
use shared::salesforce::messaging::{GuestToken, MessagingError};
use shared::store::StoreError;

use crate::EscalationRecovery;

/// A conversation that no look has reached for so long becomes a Case.
const LONGEST_OUTAGE: TimeDelta = TimeDelta::minutes(10);
/// One that was not found is looked for once more after this time, and is then over.
const LOOK_FOR_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// What a look sees.
pub(super) enum Sight {
    /// How the conversation stands, and how it goes on.
    Seen(Box<Standing>, Verdict),
    /// Nothing, for the moment.
    Nothing {
        /// It was not found, which once means little.
        is_missing: bool,
    },
    /// Nothing any more: its token is refused or has ended.
    TokenExpired,
}

/// Reads the conversation, with a token that is renewed before that if it is time.
pub(super) async fn see(
    recovery: &EscalationRecovery,
    leased: &Escalation,
    longest_wait: TimeDelta,
) -> Result<(Sight, Option<GuestToken>), StoreError> {
    let now = recovery.clock.now();
    let conversation = Conversation::load(&recovery.store, &recovery.salesforce, leased).await?;
    let Some(mut conversation) = conversation.filter(|conversation| now < conversation.token.expires_at) else {
        return Ok((Sight::TokenExpired, None));
    };
    if renew_from(&conversation.token) <= now {
        renew(&mut conversation, now).await?;
    }
    let sight = match read(&conversation, leased, now).await {
        Ok(standing) => judge(&conversation, leased, standing, longest_wait, now).await,
        Err(error) => Err(error),
    };
    Ok((sight.unwrap_or_else(|error| unseen(&error)), Some(conversation.token)))
}

/// Whatever keeps a look from seeing the conversation is an outage to it, so that it ends in a Case some time.
fn unseen(error: &ConversationError) -> Sight {
    tracing::warn!(%error, "a look saw nothing");
    match error {
        ConversationError::Messaging(MessagingError::TokenRejected) => Sight::TokenExpired,
        ConversationError::Messaging(MessagingError::NotFound) => Sight::Nothing { is_missing: true },
        ConversationError::Messaging(_) | ConversationError::Store(_) => Sight::Nothing { is_missing: false },
    }
}

/// A token that could not be renewed is used on; the next look tries again, until it is given up.
async fn renew(conversation: &mut Conversation<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    match conversation.renew(now).await {
        Err(ConversationError::Store(error)) => Err(error),
        Err(ConversationError::Messaging(error)) => {
            tracing::warn!(%error, "a guest token was not renewed");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// How it stands; one that is still not found some time later, whatever is asked for, is over.
async fn read(
    conversation: &Conversation<'_>,
    leased: &Escalation,
    now: DateTime<Utc>,
) -> Result<Standing, ConversationError> {
    let missing_since = leased.messaging.as_ref().and_then(|messaging| messaging.missing_since);
    match conversation.read(now).await {
        Err(ConversationError::Messaging(MessagingError::NotFound))
            if missing_since.is_some_and(|since| since + LOOK_FOR_AGAIN <= now)
                && is_unknown(conversation, leased).await? =>
        {
            let standing = Standing::of(&conversation.stored().await?.entries());
            Ok(ended(standing, now))
        }
        log => {
            let standing = Standing::of(&log?.entries());
            Ok(match leased.messaging.as_ref().and_then(|messaging| messaging.session_ended_at) {
                Some(at) => ended(standing, at),
                None => standing,
            })
        }
    }
}

/// A session that is over although no entry tells it.
fn ended(standing: Standing, at: DateTime<Utc>) -> Standing {
    match standing.session {
        Session::Ended { .. } => standing,
        Session::Open => Standing { session: Session::Ended { at, by_inactivity: false }, ..standing },
        Session::Inactive => Standing { session: Session::Ended { at, by_inactivity: true }, ..standing },
    }
}

async fn is_unknown(conversation: &Conversation<'_>, leased: &Escalation) -> Result<bool, MessagingError> {
    let token = &conversation.token.access_token;
    Ok(conversation.messaging.routing_status(token, leased.escalation_id).await?.is_none())
}

async fn judge(
    conversation: &Conversation<'_>,
    leased: &Escalation,
    standing: Standing,
    longest_wait: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Sight, ConversationError> {
    let mut judged = verdict(leased, &standing, None, longest_wait, now);
    if judged == Verdict::AskRoutingStatus {
        let token = &conversation.token.access_token;
        let status = conversation.messaging.routing_status(token, leased.escalation_id).await;
        let is_doubt_only = !standing.agents.is_empty();
        let status = if is_doubt_only { status.unwrap_or_default() } else { status? };
        judged = verdict(leased, &standing, Some(status), longest_wait, now);
    }
    if abandon_from(&conversation.token) <= now && !matches!(judged, Verdict::Ended(_)) {
        judged = Verdict::Rescue(CaseReason::TokenExpired);
    }
    Ok(Sight::Seen(Box::new(standing), judged))
}

impl Sight {
    /// Makes the transition, and returns what the next look depends on.
    pub(super) fn apply(&self, escalation: &mut Escalation, now: DateTime<Utc>) -> Verdict {
        match self {
            Self::Seen(standing, verdict) => {
                apply_verdict(escalation, standing, *verdict, now);
                *verdict
            }
            Self::TokenExpired => rescue(escalation, CaseReason::TokenExpired, now),
            Self::Nothing { is_missing } => {
                let Some(messaging) = &mut escalation.messaging else { return Verdict::AsBefore };
                let since = *messaging.unreachable_since.get_or_insert(now);
                messaging.missing_since = messaging.missing_since.or(Some(now)).filter(|_| *is_missing);
                match is_missing {
                    _ if since + LONGEST_OUTAGE <= now => rescue(escalation, CaseReason::Outage, now),
                    true => Verdict::LookAgain(now + LOOK_FOR_AGAIN),
                    false => Verdict::AsBefore,
                }
            }
        }
    }
}

fn rescue(escalation: &mut Escalation, reason: CaseReason, now: DateTime<Utc>) -> Verdict {
    escalation.rescue(reason, None, now);
    Verdict::Rescue(reason)
}

#[cfg(test)]
mod tests {
    use shared::escalation::Status;
    use shared::salesforce::Host;
    use shared::settings::MessagingSettings;
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn active() -> Escalation {
        let url = Host::parse_messaging("acme", false).unwrap();
        let deployment =
            MessagingSettings { organization_id: "00D000000000001".into(), developer_name: "D".into(), url };
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_messaging(deployment, at(0));
        escalation.status = Status::Active;
        escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(0));
        escalation
    }

    #[test]
    fn an_outage_becomes_a_case_after_ten_minutes_and_not_before() {
        let mut escalation = active();
        for seconds in [60, 300, 659] {
            Sight::Nothing { is_missing: false }.apply(&mut escalation, at(seconds));
            assert_eq!(escalation.status, Status::Active);
        }
        Sight::Nothing { is_missing: false }.apply(&mut escalation, at(660));
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::Outage)));
        assert!(escalation.close.is_some());
    }

    #[test]
    fn a_conversation_that_is_not_found_is_looked_for_again_after_ten_seconds() {
        let verdict = Sight::Nothing { is_missing: true }.apply(&mut active(), at(60));
        assert_eq!(verdict, Verdict::LookAgain(at(70)));
    }

    #[test]
    fn an_outage_is_not_taken_for_a_conversation_that_is_missing() {
        let mut escalation = active();
        Sight::Nothing { is_missing: false }.apply(&mut escalation, at(60));
        assert_eq!(escalation.messaging.as_ref().unwrap().missing_since, None);
        Sight::Nothing { is_missing: true }.apply(&mut escalation, at(70));
        assert_eq!(escalation.messaging.as_ref().unwrap().missing_since, Some(at(70)));
        Sight::Nothing { is_missing: false }.apply(&mut escalation, at(80));
        assert_eq!(escalation.messaging.as_ref().unwrap().missing_since, None);
    }

    #[test]
    fn an_ended_token_makes_a_case_although_an_agent_is_there() {
        let mut escalation = active();
        Sight::TokenExpired.apply(&mut escalation, at(60));
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::TokenExpired)));
    }
}

//! Accepting an escalation: once for each key, and one at a time for each conversation.

use std::time::Duration;

use chrono::TimeDelta;
use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt as _};
use serde_json::Value;
use shared::authentication::{key_digest, require_organisation};
use shared::digest::sha256_hex;
use shared::escalation::Escalation;
use shared::escalation_request::{EscalationRequest, parse};
use shared::http_api::{Answer, header_text, json_body};
use shared::logging::escalation_span;
use shared::problem::{Code, Problem};
use shared::store::{Acceptance, CHUNK_BYTES, Needed, StoreError};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::bodies::{Accepted, Links};
use crate::{EscalationIntake, let_in, prefer};

/// Chunks of a request that was never accepted are gone after this; the router keeps those of accepted ones longer.
const ORPHANS_EXPIRE: TimeDelta = TimeDelta::days(7);
/// How often a waiting caller's escalation is looked at.
const POLL: Duration = Duration::from_millis(150);
/// Thirty requests at once settle in two rounds; more rounds than this mean that something is wrong.
const MAX_ROUNDS: usize = 8;

/// A valid request, and what makes it the same as another. Holds a customer's words: it has no `Debug`.
pub struct Incoming {
    /// The request.
    pub request: EscalationRequest,
    /// The header's, else the conversation's id.
    pub idempotency_key: String,
    /// Of the body's canonical form (RFC 8785), so that equal JSON has equal digests.
    pub body_digest: String,
}

/// What is known of earlier requests.
enum Precedent {
    /// The same request was accepted before.
    Same(Box<Escalation>),
    /// None stands in the way. Final escalations may be replaced in the marks of the key and of the conversation.
    None { of_key: Option<Uuid>, of_conversation: Option<Uuid> },
}

pub(crate) async fn accept(
    intake: &EscalationIntake,
    request: &Request,
    organisation_id: &str,
) -> Result<Answer, Problem> {
    // Reading the body needs nobody's permission, and lets all that is asked of the table be asked at once.
    let incoming = Incoming::read(request);
    let intake = &intake.reading_ahead(request, organisation_id, incoming.as_ref().ok()).await?;
    let_in(intake, request, organisation_id).await?;
    let incoming = incoming?;
    require_organisation(&intake.store, organisation_id).await?;
    let (escalation, is_new) = accept_once(intake, organisation_id, &incoming).await?;
    let span = escalation_span(escalation.escalation_id);
    follow(intake, request, &incoming, escalation, is_new).instrument(span).await
}

/// Hints on what is new, and answers; first waits as long as the caller likes to.
async fn follow(
    intake: &EscalationIntake,
    request: &Request,
    incoming: &Incoming,
    escalation: Escalation,
    is_new: bool,
) -> Result<Answer, Problem> {
    if is_new {
        intake.hints.send(escalation.status, &escalation).await;
        intake.remember_customer_properties(&escalation.organisation_id, &incoming.request).await;
    }
    let wait = prefer::wait(header_text(request, "prefer"));
    let time_left = prefer::time_left(request.lambda_context_ref());
    let escalation = wait_for_outcome(intake, escalation, wait.map(|wait| wait.min(time_left))).await?;
    let status = match (is_new, escalation.status.is_in_progress()) {
        (false, _) => StatusCode::OK,
        (true, true) => StatusCode::ACCEPTED,
        (true, false) => StatusCode::CREATED,
    };
    let answer = accepted(intake, &escalation, status);
    Ok(match wait {
        Some(wait) => answer.with_header("preference-applied", format!("wait={}", wait.as_secs())),
        None => answer,
    })
}

impl EscalationIntake {
    /// The same for one request, which has read what it is going to need.
    async fn reading_ahead(
        &self,
        request: &Request,
        organisation_id: &str,
        incoming: Option<&Incoming>,
    ) -> Result<Self, Problem> {
        let Some(digest) = header_text(request, "authorization").and_then(key_digest) else { return Ok(self.clone()) };
        let mut needed = vec![Needed::Organisation(organisation_id), Needed::Settings(organisation_id)];
        if digest != self.platform_key_sha256 {
            needed.push(Needed::KeyHolder(&digest));
        }
        if let Some(incoming) = incoming {
            needed.push(Needed::IdempotencyRecord(organisation_id, &incoming.idempotency_key));
            needed.push(Needed::Conversation(organisation_id, &incoming.request.conversation.id));
        }
        Ok(Self { store: self.store.read_ahead(&needed).await?, ..self.clone() })
    }
}

impl Incoming {
    fn read(request: &Request) -> Result<Self, Problem> {
        let key = request.headers().get("idempotency-key").map(|key| key.to_str().unwrap_or_default());
        Self::parse(&json_body(request)?, key)
    }

    /// Reads a body, with its `Idempotency-Key`; one that is no text counts as empty.
    ///
    /// # Errors
    /// `invalidRequest`, with every wrong field.
    pub fn parse(body: &Value, key: Option<&str>) -> Result<Self, Problem> {
        if key.is_some_and(|key| key.is_empty() || key.len() > 255) {
            return Err(Problem::invalid_field("/Idempotency-Key", "must have 1 to 255 characters of ASCII"));
        }
        let request = parse(body).map_err(Problem::invalid)?;
        let canonical = serde_json_canonicalizer::to_string(body);
        let canonical = canonical.map_err(|_| Problem::invalid_field("", "holds a number that JSON cannot carry"))?;
        let idempotency_key = key.unwrap_or(&request.conversation.id).to_owned();
        Ok(Self { request, idempotency_key, body_digest: sha256_hex(&canonical) })
    }

    fn key_is_conversation(&self) -> bool {
        self.idempotency_key == self.request.conversation.id
    }
}

/// The escalation of this request, and whether this call made it.
async fn accept_once(
    intake: &EscalationIntake,
    organisation_id: &str,
    incoming: &Incoming,
) -> Result<(Escalation, bool), Problem> {
    let escalation_id = intake.ids.uuid();
    let packed = incoming.request.pack().map_err(|_| Problem::new(Code::Unavailable))?;
    let chunks: Vec<_> = packed.chunks(CHUNK_BYTES).collect();
    for round in 0..MAX_ROUNDS {
        let (of_key, of_conversation) = match precedent(intake, organisation_id, incoming).await? {
            Precedent::Same(escalation) => return Ok((*escalation, false)),
            Precedent::None { of_key, of_conversation } => (of_key, of_conversation),
        };
        let now = intake.clock.now();
        if round == 0 {
            require_settings(intake, organisation_id).await?;
            if chunks.len() > 1 {
                intake.store.put_transcript_chunks(escalation_id, &chunks, now + ORPHANS_EXPIRE).await?;
            }
        }
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let conversation_id = &incoming.request.conversation.id;
        let escalation = Escalation::accepted(escalation_id, organisation_id, conversation_id, count, now);
        let acceptance = Acceptance {
            escalation: &escalation,
            idempotency_key: &incoming.idempotency_key,
            customer_id: incoming.request.customer.id.as_deref(),
            body_digest: &incoming.body_digest,
            replaces_key_of: of_key,
            replaces_conversation_of: of_conversation,
            transcript: chunks.first().copied().filter(|_| chunks.len() == 1),
        };
        match intake.store.accept(&acceptance).await {
            Ok(()) => return Ok((escalation, true)),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(escalation_span(escalation_id).in_scope(|| error.into())),
        }
    }
    Err(Problem::new(Code::Unavailable))
}

async fn precedent(
    intake: &EscalationIntake,
    organisation_id: &str,
    incoming: &Incoming,
) -> Result<Precedent, Problem> {
    let conversation_id = &incoming.request.conversation.id;
    let of_conversation = intake.store.escalation_of_conversation(organisation_id, conversation_id).await?;
    let mut record = intake.store.idempotency_record(organisation_id, &incoming.idempotency_key).await?;
    if record.is_none() && of_conversation.is_some() {
        // One transaction writes both. Read the other way round, one's own repeat could look like another escalation.
        record = intake.store.idempotency_record(organisation_id, &incoming.idempotency_key).await?;
    }
    let mut of_key = None;
    if let Some(record) = record {
        let earlier = intake.store.escalation(record.escalation_id).await?;
        match earlier {
            Some(earlier) if record.body_digest == incoming.body_digest => {
                return Ok(Precedent::Same(Box::new(earlier)));
            }
            Some(earlier) if !(incoming.key_is_conversation() && earlier.status.is_final()) => {
                return Err(Problem::new(Code::IdempotencyKeyReused));
            }
            _ => of_key = Some(record.escalation_id),
        }
    }
    if let Some(id) = of_conversation {
        let current = intake.store.escalation(id).await?;
        if current.is_some_and(|current| !current.status.is_final()) {
            return Err(Problem::new(Code::AlreadyEscalated));
        }
    }
    Ok(Precedent::None { of_key, of_conversation })
}

async fn require_settings(intake: &EscalationIntake, organisation_id: &str) -> Result<(), Problem> {
    if intake.store.settings(organisation_id).await?.is_some() {
        return Ok(());
    }
    Err(Problem::new(Code::OrganisationNotConfigured).with_detail("PUT its settings first"))
}

async fn wait_for_outcome(
    intake: &EscalationIntake,
    escalation: Escalation,
    wait: Option<Duration>,
) -> Result<Escalation, Problem> {
    let Some(wait) = wait else { return Ok(escalation) };
    let polls = wait.as_millis() / POLL.as_millis();
    let mut escalation = escalation;
    for _ in 0..polls {
        if !escalation.status.is_in_progress() {
            break;
        }
        tokio::time::sleep(POLL).await;
        escalation = intake.store.escalation(escalation.escalation_id).await?.unwrap_or(escalation);
    }
    Ok(escalation)
}

fn accepted(intake: &EscalationIntake, escalation: &Escalation, status: StatusCode) -> Answer {
    let id = escalation.escalation_id;
    let itself = format!("/v1/organisations/{}/escalations/{id}", escalation.organisation_id);
    let body = Accepted {
        escalation_id: id,
        status: escalation.status,
        conversation_token: intake.conversation_tokens.sign(id),
        case: escalation.case.clone(),
        links: Links { itself: itself.clone(), events: format!("/v1/conversations/{id}/events") },
    };
    Answer::json(status, body).with_header("location", itself)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(body: &str, key: Option<&str>) -> Incoming {
        Incoming::parse(&serde_json::from_str(body).unwrap(), key).ok().unwrap()
    }

    const BODY: &str = r#"{"reason":"policy","conversation":{"id":"c","messages":[{"role":"customer","text":"Hi","sentAt":"2026-11-20T09:14:03Z"}]}}"#;
    const SAME: &str = r#"{ "conversation": { "messages": [ { "sentAt":"2026-11-20T09:14:03Z", "text":"\u0048i", "role":"customer" } ], "id":"c" }, "reason":"policy" }"#;

    #[test]
    fn equal_json_is_the_same_body_however_it_is_written() {
        assert_eq!(incoming(BODY, None).body_digest, incoming(SAME, None).body_digest);
    }

    #[test]
    fn an_unknown_member_makes_another_body() {
        let other = BODY.replacen('{', r#"{"novel":1,"#, 1);
        assert_ne!(incoming(BODY, None).body_digest, incoming(&other, None).body_digest);
    }

    #[test]
    fn the_key_is_the_header_else_the_conversation() {
        assert_eq!(incoming(BODY, Some("k")).idempotency_key, "k");
        assert!(incoming(BODY, None).key_is_conversation());
        assert!(!incoming(BODY, Some("k")).key_is_conversation());
    }

    #[test]
    fn a_key_has_at_most_255_characters() {
        let body = serde_json::from_str(BODY).unwrap();
        assert!(Incoming::parse(&body, Some(&"k".repeat(256))).is_err());
        assert!(Incoming::parse(&body, Some("")).is_err());
    }
}

//! Hears what became of a conversation in the org's own flow: a Case was made, or nobody can take it.
//!
//! The package's Apex action **Fullview End Conversation** calls, early, late, twice or never. Whatever the escalation's
//! status and whoever works on it, the callback is answered with 204, and what it changes is one conditional write.

use std::sync::Arc;

use lambda_http::Request;
use lambda_http::http::Method;
use shared::clock::Clock;
use shared::hints::Hints;
use shared::http_api::{Answer, Routes, check_size, json_body};
use shared::logging::escalation_span;
use shared::problem::Problem;
use shared::salesforce::Salesforce;
use shared::secrets::Secrets;
use shared::store::Store;
use tracing::Instrument as _;

pub mod body;
pub mod callback;
mod callback_test;
mod case_number;
mod outcome;
mod record_id;
mod rule;
mod token;

use callback::Message;

/// A callback has a few hundred bytes.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// What apex-callback works with.
pub struct ApexCallback {
    /// The only route.
    pub routes: Routes<()>,
    /// The table.
    pub store: Store,
    /// For the client secret.
    pub secrets: Secrets,
    /// The companies' orgs.
    pub salesforce: Salesforce,
    /// To recovery, which closes the conversation.
    pub hints: Hints,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The route of `apex-callback`, as `infra/template.yaml` has it.
///
/// # Errors
/// Never: a test builds it.
pub fn routes() -> Result<Routes<()>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Routes::new(&[("/v1/callbacks/apex/{organisationId}", &[(Method::POST, ())])])?)
}

/// Answers one request.
///
/// # Errors
/// The problem that the caller reads.
pub async fn handle(function: &ApexCallback, request: &Request) -> Result<Answer, Problem> {
    check_size(request, MAX_BODY_BYTES)?;
    let matched = function.routes.find(request)?;
    let organisation_id = matched.parameter("organisationId");
    let token_digest = match token::authenticate(function, request, organisation_id).await {
        Ok(digest) => digest,
        Err(refused) => {
            callback_test::note_refused(function, organisation_id, request, &refused).await;
            return Err(refused);
        }
    };
    match callback::parse(&json_body(request)?).map_err(Problem::invalid)? {
        Message::Callback(callback) => {
            let span = escalation_span(callback.escalation_id);
            outcome::store(function, organisation_id, callback).instrument(span).await?;
        }
        Message::Test { nonce } => {
            callback_test::note_returned(function, organisation_id, &nonce, &token_digest).await?;
        }
    }
    Ok(Answer::no_content())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_route_can_be_built() {
        assert!(super::routes().is_ok());
    }
}

//! Accepts escalations, shows, lists and counts them, and drives stuck ones on.

use std::sync::Arc;

use lambda_http::Request;
use lambda_http::http::Method;
use shared::authentication::authenticate;
use shared::clock::Clock;
use shared::conversation_token::ConversationTokens;
use shared::hints::Hints;
use shared::http_api::{Answer, Matched, Routes, check_size, header_text};
use shared::ids::Ids;
use shared::problem::Problem;
use shared::store::Store;
use tracing::Instrument as _;

pub use customer_properties::KnownProperties;

pub mod accept;
pub mod bodies;
mod counts;
mod customer_properties;
pub mod list;
pub mod prefer;
mod redrive;
mod show;

/// The largest body of an escalation.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// What intake works with.
#[derive(Clone)]
pub struct EscalationIntake {
    /// Which request is which.
    pub routes: Routes<Route>,
    /// The table.
    pub store: Store,
    /// To the router, or to whom a redriven escalation belongs.
    pub hints: Hints,
    /// Signs what opens the conversation to its customer.
    pub conversation_tokens: ConversationTokens,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For escalation ids.
    pub ids: Arc<dyn Ids>,
    /// The platform key's digest.
    pub platform_key_sha256: String,
    /// Customer properties that need not be stored again.
    pub known_properties: KnownProperties,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Accept an escalation.
    Accept,
    /// List an organisation's.
    List,
    /// Count an organisation's, by status.
    Counts,
    /// Show one.
    Show,
    /// Drive a stuck one on.
    Redrive,
}

/// The routes of `escalation-intake`, as `infra/template.yaml` has them.
///
/// # Errors
/// Never: a test builds them.
pub fn routes() -> Result<Routes<Route>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Routes::new(&[
        (
            "/v1/organisations/{organisationId}/escalations",
            &[(Method::POST, Route::Accept), (Method::GET, Route::List)],
        ),
        ("/v1/organisations/{organisationId}/escalations/counts", &[(Method::GET, Route::Counts)]),
        ("/v1/organisations/{organisationId}/escalations/{escalationId}", &[(Method::GET, Route::Show)]),
        ("/v1/organisations/{organisationId}/escalations/{escalationId}/redrive", &[(Method::POST, Route::Redrive)]),
    ])?)
}

/// Answers one request.
///
/// # Errors
/// The problem that the caller reads.
pub async fn handle(intake: &EscalationIntake, request: &Request) -> Result<Answer, Problem> {
    check_size(request, MAX_BODY_BYTES)?;
    let matched = intake.routes.find(request)?;
    serve(intake, request, &matched).instrument(matched.span()).await
}

async fn serve(intake: &EscalationIntake, request: &Request, matched: &Matched<Route>) -> Result<Answer, Problem> {
    let organisation_id = matched.parameter("organisationId");
    let escalation_id = matched.parameter("escalationId");
    // To accept one, the caller's key is read together with all the rest.
    if matched.route != Route::Accept {
        let_in(intake, request, organisation_id).await?;
    }
    match matched.route {
        Route::Accept => accept::accept(intake, request, organisation_id).await,
        Route::List => list::list(intake, request, organisation_id).await,
        Route::Counts => counts::show(intake, organisation_id).await,
        Route::Show => show::show(intake, organisation_id, escalation_id).await,
        Route::Redrive => redrive::redrive(intake, organisation_id, escalation_id).await,
    }
}

/// Lets the platform and the organisation itself in.
async fn let_in(intake: &EscalationIntake, request: &Request, organisation_id: &str) -> Result<(), Problem> {
    let authorization = header_text(request, "authorization");
    authenticate(&intake.store, &intake.platform_key_sha256, authorization).await?.may_act_for(organisation_id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_routes_do_not_contradict_each_other() {
        assert!(super::routes().is_ok());
    }
}

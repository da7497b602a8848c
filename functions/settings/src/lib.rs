//! Organisations, their keys and their settings, the page on which an admin makes them, and the erasure of their customers.

use std::sync::Arc;

use lambda_http::Request;
use lambda_http::http::Method;
use shared::authentication::{Caller, authenticate};
use shared::clock::Clock;
use shared::environment::Environment;
use shared::hints::Hints;
use shared::http_api::{Answer, Matched, Routes, check_size, header_text};
use shared::ids::Ids;
use shared::problem::Problem;
use shared::salesforce::Salesforce;
use shared::secrets::Secrets;
use shared::store::Store;

mod audit;
pub mod bodies;
mod callback_test;
pub mod checks;
pub mod connection_test;
mod customer_properties;
mod customers;
mod differences;
mod document;
pub mod escalations_tokens;
mod holiday_countries;
mod keys;
pub mod organisations;
mod page;
pub mod parse;
mod parse_case;
mod parse_hours;
pub mod preview;
pub mod settings_body;
pub mod view;

pub use customers::Erasure;

/// Settings are small; a thousand dated exceptions fit.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What the settings API works with.
pub struct SettingsApi {
    /// Which request is which.
    pub routes: Routes<Route>,
    /// The table.
    pub store: Store,
    /// For the client secret and the escalations tokens.
    pub secrets: Secrets,
    /// The companies' orgs, for tests.
    pub salesforce: Salesforce,
    /// To recovery, which redrives what is stuck.
    pub hints: Hints,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For keys and tokens.
    pub ids: Arc<dyn Ids>,
    /// The platform key's digest, the API's URL, and which hosts are allowed.
    pub environment: Environment,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Create or rename an organisation.
    PutOrganisation,
    /// Make a key.
    CreateKey,
    /// Delete a key.
    DeleteKey,
    /// Erase what is kept of a customer.
    EraseCustomer,
    /// Show the settings.
    ShowSettings,
    /// Replace the settings.
    PutSettings,
    /// Names of customer properties that were seen lately.
    CustomerProperties,
    /// The countries whose holidays are known.
    HolidayCountries,
    /// Who changed what.
    Audit,
    /// Tell what would happen to a customer.
    Preview,
    /// Test the connection to the org.
    TestConnection,
    /// Start a test of the callback.
    StartCallbackTest,
    /// Show what came of it.
    ShowCallbackTest,
    /// Show the escalations tokens.
    ListEscalationsTokens,
    /// Make an escalations token.
    CreateEscalationsToken,
    /// Retire an escalations token.
    DeleteEscalationsToken,
}

/// The routes of the settings API, as `infra/template.yaml` has them; those of the page are below `/settings`.
///
/// # Errors
/// Never: a test builds them.
pub fn routes() -> Result<Routes<Route>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Routes::new(&[
        ("/v1/organisations/{organisationId}", &[(Method::PUT, Route::PutOrganisation)]),
        ("/v1/organisations/{organisationId}/keys", &[(Method::POST, Route::CreateKey)]),
        ("/v1/organisations/{organisationId}/keys/{keyId}", &[(Method::DELETE, Route::DeleteKey)]),
        ("/v1/organisations/{organisationId}/customers/{customerId}", &[(Method::DELETE, Route::EraseCustomer)]),
        (
            "/v1/organisations/{organisationId}/settings",
            &[(Method::GET, Route::ShowSettings), (Method::PUT, Route::PutSettings)],
        ),
        (
            "/v1/organisations/{organisationId}/settings/customer-properties",
            &[(Method::GET, Route::CustomerProperties)],
        ),
        ("/v1/organisations/{organisationId}/settings/holiday-countries", &[(Method::GET, Route::HolidayCountries)]),
        ("/v1/organisations/{organisationId}/settings/audit", &[(Method::GET, Route::Audit)]),
        ("/v1/organisations/{organisationId}/settings/preview", &[(Method::POST, Route::Preview)]),
        ("/v1/organisations/{organisationId}/settings/test", &[(Method::POST, Route::TestConnection)]),
        (
            "/v1/organisations/{organisationId}/settings/callback-test",
            &[(Method::GET, Route::ShowCallbackTest), (Method::POST, Route::StartCallbackTest)],
        ),
        (
            "/v1/organisations/{organisationId}/settings/escalations-tokens",
            &[(Method::GET, Route::ListEscalationsTokens), (Method::POST, Route::CreateEscalationsToken)],
        ),
        (
            "/v1/organisations/{organisationId}/settings/escalations-tokens/{tokenId}",
            &[(Method::DELETE, Route::DeleteEscalationsToken)],
        ),
    ])?)
}

/// Answers one request.
///
/// # Errors
/// The problem that the caller reads.
pub async fn handle(api: &SettingsApi, request: &Request) -> Result<Answer, Problem> {
    check_size(request, MAX_BODY_BYTES)?;
    if let Some(below) = page::requested(request) {
        return page::get(request, below);
    }
    let matched = api.routes.find(request)?;
    let organisation_id = matched.parameter("organisationId");
    let caller = &admit(api, request, &matched).await?;
    match matched.route {
        Route::PutOrganisation => organisations::put(api, request, organisation_id).await,
        Route::CreateKey => keys::create(api, caller, organisation_id).await,
        Route::DeleteKey => keys::delete(api, caller, organisation_id, matched.parameter("keyId")).await,
        Route::EraseCustomer => customers::erase(api, caller, organisation_id, matched.parameter("customerId")).await,
        Route::ShowSettings => document::show(api, organisation_id).await,
        Route::PutSettings => document::put(api, caller, request, organisation_id).await,
        Route::CustomerProperties => customer_properties::show(api, organisation_id).await,
        Route::HolidayCountries => holiday_countries::show(api, organisation_id).await,
        Route::Audit => audit::list(api, request, organisation_id).await,
        Route::Preview => preview::show(api, request, organisation_id).await,
        Route::TestConnection => connection_test::run(api, request, organisation_id).await,
        Route::StartCallbackTest => callback_test::start(api, organisation_id).await,
        Route::ShowCallbackTest => callback_test::show(api, organisation_id).await,
        Route::ListEscalationsTokens => escalations_tokens::list(api, organisation_id).await,
        Route::CreateEscalationsToken => escalations_tokens::create(api, caller, request, organisation_id).await,
        Route::DeleteEscalationsToken => {
            escalations_tokens::retire(api, caller, organisation_id, matched.parameter("tokenId")).await
        }
    }
}

/// Organisations, keys and the erasure of customers are the platform's; settings are the organisation's too.
async fn admit(api: &SettingsApi, request: &Request, matched: &Matched<Route>) -> Result<Caller, Problem> {
    let authorization = header_text(request, "authorization");
    let caller = authenticate(&api.store, &api.environment.platform_key_sha256, authorization).await?;
    match matched.route {
        Route::PutOrganisation | Route::CreateKey | Route::DeleteKey | Route::EraseCustomer => {
            caller.must_be_platform()?;
        }
        Route::ShowSettings
        | Route::PutSettings
        | Route::CustomerProperties
        | Route::HolidayCountries
        | Route::Audit
        | Route::Preview
        | Route::TestConnection
        | Route::StartCallbackTest
        | Route::ShowCallbackTest
        | Route::ListEscalationsTokens
        | Route::CreateEscalationsToken
        | Route::DeleteEscalationsToken => caller.may_act_for(matched.parameter("organisationId"))?,
    }
    Ok(caller)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_routes_do_not_contradict_each_other() {
        assert!(super::routes().is_ok());
    }
}

//! Names of customer properties that were seen lately, for the admin's drop-down.

use lambda_http::http::StatusCode;
use shared::authentication::require_organisation;
use shared::http_api::Answer;
use shared::problem::Problem;

use crate::SettingsApi;
use crate::bodies::CustomerProperties;

pub(crate) async fn show(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let properties = api.store.customer_properties(organisation_id, api.clock.now()).await?;
    Ok(Answer::json(StatusCode::OK, CustomerProperties { properties }))
}

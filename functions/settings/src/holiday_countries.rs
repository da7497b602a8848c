//! The countries that `holidays` of business hours may name.

use lambda_http::http::StatusCode;
use serde_json::json;
use shared::authentication::require_organisation;
use shared::business_hours::holiday_countries;
use shared::http_api::Answer;
use shared::problem::Problem;

use crate::SettingsApi;

pub(crate) async fn show(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    Ok(Answer::json(StatusCode::OK, json!({ "countries": holiday_countries() })))
}

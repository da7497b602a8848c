//! How many escalations of each status there are.

use lambda_http::http::StatusCode;
use serde_json::json;
use shared::authentication::require_organisation;
use shared::http_api::Answer;
use shared::problem::Problem;

use crate::EscalationIntake;

pub(crate) async fn show(intake: &EscalationIntake, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&intake.store, organisation_id).await?;
    let counts = intake.store.count(organisation_id).await?;
    Ok(Answer::json(StatusCode::OK, json!({ "counts": counts.by_status, "isComplete": counts.is_complete })))
}

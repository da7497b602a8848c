//! How many escalations of each status there are.

use lambda_http::http::StatusCode;
use shared::authentication::require_organisation;
use shared::http_api::Answer;
use shared::problem::Problem;

use crate::EscalationIntake;
use crate::bodies::EscalationCounts;

pub(crate) async fn show(intake: &EscalationIntake, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&intake.store, organisation_id).await?;
    let counts = intake.store.count(organisation_id).await?;
    let body = EscalationCounts { counts: counts.by_status, is_complete: counts.is_complete };
    Ok(Answer::json(StatusCode::OK, body))
}

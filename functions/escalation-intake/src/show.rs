//! One escalation with its timeline.

use lambda_http::http::StatusCode;
use shared::authentication::require_organisation;
use shared::escalation::{Escalation, EscalationView};
use shared::http_api::Answer;
use shared::problem::{Code, Problem};

use crate::EscalationIntake;

pub(crate) async fn show(
    intake: &EscalationIntake,
    organisation_id: &str,
    escalation_id: &str,
) -> Result<Answer, Problem> {
    let escalation = find(intake, organisation_id, escalation_id).await?;
    Ok(Answer::json(StatusCode::OK, EscalationView::with_timeline(&escalation)))
}

/// An organisation's escalation; one of another organisation is not found.
pub(crate) async fn find(
    intake: &EscalationIntake,
    organisation_id: &str,
    escalation_id: &str,
) -> Result<Escalation, Problem> {
    require_organisation(&intake.store, organisation_id).await?;
    let not_found = || Problem::new(Code::NotFound).with_detail("there is no such escalation");
    let id = escalation_id.parse().map_err(|_| not_found())?;
    let escalation = intake.store.escalation(id).await?;
    escalation.filter(|escalation| escalation.organisation_id == organisation_id).ok_or_else(not_found)
}

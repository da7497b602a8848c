//! Drives a stuck escalation on.

use lambda_http::http::StatusCode;
use shared::escalation::{EscalationView, Status};
use shared::http_api::Answer;
use shared::problem::{Code, Problem};
use shared::store::Change;

use crate::EscalationIntake;
use crate::show::find;

pub(crate) async fn redrive(
    intake: &EscalationIntake,
    organisation_id: &str,
    escalation_id: &str,
) -> Result<Answer, Problem> {
    let id = find(intake, organisation_id, escalation_id).await?.escalation_id;
    let now = intake.clock.now();
    let change = intake.store.change(id, |escalation| {
        let is_stuck = escalation.status == Status::Stuck;
        if is_stuck {
            escalation.redrive("requested", now);
        }
        is_stuck
    });
    match change.await? {
        Change::Saved(escalation) => {
            intake.hints.send(escalation.status, &escalation).await;
            Ok(Answer::json(StatusCode::ACCEPTED, EscalationView::with_timeline(&escalation)))
        }
        Change::Declined(_) => Err(Problem::new(Code::NotStuck)),
        Change::Missing => Err(Problem::new(Code::NotFound)),
    }
}

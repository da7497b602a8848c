//! The number of a Case that the flow made and did not tell.

use std::time::Duration;

use shared::salesforce::{CurrentSession, Org, OrgError};

use crate::ApexCallback;

/// The package waits for our answer, so a number that takes longer is done without.
const PATIENCE: Duration = Duration::from_secs(4);

/// The `CaseNumber`; `None`, and a line in the log, if it cannot be had now.
pub(crate) async fn look_up(function: &ApexCallback, organisation_id: &str, case_id: &str) -> Option<String> {
    match tokio::time::timeout(PATIENCE, read(function, organisation_id, case_id)).await {
        Ok(Ok(number)) => number,
        Ok(Err(error)) => {
            tracing::warn!(%error, organisationId = organisation_id, "the Case's number was not read");
            None
        }
        Err(_) => {
            tracing::warn!(organisationId = organisation_id, "the Case's number was not read in time");
            None
        }
    }
}

/// Nothing is asked of an org that is left alone because of its trouble.
async fn read(function: &ApexCallback, organisation_id: &str, case_id: &str) -> Result<Option<String>, OrgError> {
    let now = function.clock.now();
    if function.store.not_before(organisation_id).await?.is_some_and(|pause| pause.at > now) {
        return Ok(None);
    }
    let Some(settings) = function.store.settings(organisation_id).await? else { return Ok(None) };
    let org = Org {
        salesforce: &function.salesforce,
        store: &function.store,
        secrets: &function.secrets,
        clock: &*function.clock,
        organisation_id,
        settings: &settings.salesforce,
        host: settings.salesforce.domain.clone(),
        current: CurrentSession::default(),
    };
    let case_id = case_id.to_owned();
    org.call(async move |salesforce, session| salesforce.case_number(session, &case_id).await).await
}

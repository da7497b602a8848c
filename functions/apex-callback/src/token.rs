//! Who calls: an org, by an escalations token of its organisation.

use lambda_http::Request;
use shared::authentication::bearer;
use shared::digest::sha256_hex;
use shared::http_api::header_text;
use shared::problem::{Code, Problem};

use crate::ApexCallback;

/// Lets a valid token of this organisation in, and notes its use; without a note if that fails. Returns its digest.
pub(crate) async fn authenticate(
    function: &ApexCallback,
    request: &Request,
    organisation_id: &str,
) -> Result<String, Problem> {
    let unauthenticated = || Problem::new(Code::Unauthenticated);
    let token = header_text(request, "authorization").and_then(bearer).ok_or_else(unauthenticated)?;
    let digest = sha256_hex(token);
    let now = function.clock.now();
    let accepted = function.store.accepted_token(&digest).await?;
    let accepted = accepted.filter(|accepted| accepted.opens(organisation_id, now)).ok_or_else(unauthenticated)?;
    if accepted.is_use_to_be_noted(now)
        && let Err(error) = function.store.note_token_use(&digest, now).await
    {
        tracing::warn!(%error, organisationId = organisation_id, "the use of an escalations token was not noted");
    }
    Ok(digest)
}

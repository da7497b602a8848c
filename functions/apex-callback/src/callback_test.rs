//! A nonce that came back, with a token that is accepted or with another one.

use lambda_http::Request;
use shared::callback_test::{CallbackTestFailure, CallbackTestStep};
use shared::http_api::json_body;
use shared::problem::{Code, Problem};
use shared::store::StoreError;

use crate::ApexCallback;
use crate::callback::{Message, parse};

/// Notes that the nonce is back, however late and however often it comes.
///
/// # Errors
/// `notFound` if it is not the nonce of the organisation's last test.
pub(crate) async fn note_returned(
    function: &ApexCallback,
    organisation_id: &str,
    nonce: &str,
    token_digest: &str,
) -> Result<(), Problem> {
    if function.store.note_nonce(organisation_id, nonce, token_digest, function.clock.now()).await? {
        return Ok(());
    }
    Err(Problem::new(Code::NotFound).with_detail("it is not the nonce of the last callback test"))
}

/// Notes that a test's nonce came with a token that is refused. Only the organisation and its org know the nonce, so nobody else can
/// make a test fail; and the answer is the same whether it was known or not.
pub(crate) async fn note_refused(function: &ApexCallback, organisation_id: &str, request: &Request, refused: &Problem) {
    let Some(nonce) = nonce(request).filter(|_| refused.code == Code::Unauthenticated) else { return };
    if let Err(error) = note_wrong_token(function, organisation_id, &nonce).await {
        tracing::warn!(%error, organisationId = organisation_id, "a callback test with a wrong token was not noted");
    }
}

/// Reads before it writes, as anybody may call.
async fn note_wrong_token(function: &ApexCallback, organisation_id: &str, nonce: &str) -> Result<(), StoreError> {
    let test = function.store.callback_test(organisation_id).await?;
    if test.is_none_or(|test| test.nonce != nonce) {
        return Ok(());
    }
    let detail = "The org called back with an Escalations Token that is not valid.".to_owned();
    let failure = CallbackTestFailure { step: CallbackTestStep::Token, detail };
    function.store.note_callback_failure(organisation_id, nonce, &failure).await.map(drop)
}

fn nonce(request: &Request) -> Option<String> {
    match parse(&json_body(request).ok()?).ok()? {
        Message::Test { nonce } => Some(nonce),
        Message::Callback(_) => None,
    }
}

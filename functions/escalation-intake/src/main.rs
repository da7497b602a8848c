//! Lambda entry point of `escalation-intake`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use escalation_intake::{EscalationIntake, KnownProperties, handle, routes};
use lambda_http::{Error, Request, run, service_fn};
use shared::conversation_token::ConversationTokens;
use shared::environment::{Environment, LogSettings, aws};
use shared::http_api::respond;
use shared::ids::RandomIds;
use shared::logging;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let intake = EscalationIntake {
        routes: routes()?,
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        conversation_tokens: ConversationTokens::new(environment.secrets(&aws).conversation_token_key().await?),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
        platform_key_sha256: environment.platform_key_sha256,
        known_properties: KnownProperties::default(),
    };
    run(service_fn(async |request: Request| respond(handle(&intake, &request).await))).await
}

//! Lambda entry point of `messaging-session-start`.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use messaging_session_start::{MessagingStarter, handle};
use shared::environment::{Environment, aws};
use shared::hints::Hint;
use shared::ids::RandomIds;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let starter = MessagingStarter {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        salesforce: environment.salesforce()?,
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    run(service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&starter, event.payload)).await?)))
        .await
}

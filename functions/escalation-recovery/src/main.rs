//! Lambda entry point of `escalation-recovery`.

use std::sync::Arc;

use escalation_recovery::{EscalationRecovery, Request, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::environment::{Environment, aws};
use shared::ids::RandomIds;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let recovery = EscalationRecovery {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        salesforce: environment.salesforce()?,
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    run(service_fn(async |event: LambdaEvent<Request>| {
        Ok::<_, Error>(Box::pin(handle(&recovery, event.payload)).await?)
    }))
    .await
}

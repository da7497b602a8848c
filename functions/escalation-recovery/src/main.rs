//! Lambda entry point of `escalation-recovery`.

use std::sync::Arc;

use escalation_recovery::{EscalationRecovery, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::environment::{Environment, aws};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let recovery = EscalationRecovery {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        clock: Arc::new(environment.clock()),
    };
    run(service_fn(async |_: LambdaEvent<serde_json::Value>| Ok::<_, Error>(handle(&recovery).await?))).await
}

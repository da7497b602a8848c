//! Lambda entry point of `case-creation`.

use std::sync::Arc;

use case_creation::{CaseCreator, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::environment::{Environment, aws};
use shared::hints::Hint;
use shared::ids::RandomIds;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let creator = CaseCreator {
        store: environment.store(&aws),
        secrets: environment.secrets(&aws),
        salesforce: environment.salesforce()?,
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    run(service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&creator, event.payload)).await?)))
        .await
}

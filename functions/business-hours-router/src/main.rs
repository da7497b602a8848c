//! Lambda entry point of `business-hours-router`.

use std::sync::Arc;

use business_hours_router::{BusinessHoursRouter, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::environment::{Environment, aws};
use shared::hints::Hint;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let router = BusinessHoursRouter {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        clock: Arc::new(environment.clock()),
    };
    run(service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&router, event.payload)).await?)))
        .await
}

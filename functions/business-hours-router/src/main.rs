//! Lambda entry point of `business-hours-router`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use business_hours_router::{BusinessHoursRouter, handle};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use shared::environment::{Environment, LogSettings, aws};
use shared::hints::Hint;
use shared::logging::{self, InvocationSpans};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let router = BusinessHoursRouter {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        clock: Arc::new(environment.clock()),
    };
    let service =
        service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&router, event.payload)).await?));
    Runtime::new(service).layer(InvocationSpans).run().await
}

//! Lambda entry point of `case-creation`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use case_creation::{CaseCreator, handle};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use shared::environment::{Environment, LogSettings, aws};
use shared::hints::Hint;
use shared::ids::RandomIds;
use shared::logging::{self, InvocationSpans};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let creator = CaseCreator {
        store: environment.store(&aws),
        secrets: environment.secrets(&aws),
        salesforce: environment.salesforce().prepared(),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    let service =
        service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&creator, event.payload)).await?));
    Runtime::new(service).layer(InvocationSpans).run().await
}

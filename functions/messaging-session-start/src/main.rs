//! Lambda entry point of `messaging-session-start`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use messaging_session_start::{MessagingStarter, handle};
use shared::environment::{Environment, LogSettings, aws};
use shared::hints::Hint;
use shared::ids::RandomIds;
use shared::logging::{self, InvocationSpans};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let starter = MessagingStarter {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        salesforce: environment.salesforce().prepared(),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    let service =
        service_fn(async |event: LambdaEvent<Hint>| Ok::<_, Error>(Box::pin(handle(&starter, event.payload)).await?));
    Runtime::new(service).layer(InvocationSpans).run().await
}

//! Lambda entry point of `escalation-recovery`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use escalation_recovery::{EscalationRecovery, Request, handle};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use shared::environment::{Environment, LogSettings, aws};
use shared::ids::RandomIds;
use shared::logging::{self, InvocationSpans};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let recovery = EscalationRecovery {
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        salesforce: environment.salesforce(),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    };
    let service = service_fn(async |event: LambdaEvent<Request>| {
        Ok::<_, Error>(Box::pin(handle(&recovery, event.payload)).await?)
    });
    Runtime::new(service).layer(InvocationSpans).run().await
}

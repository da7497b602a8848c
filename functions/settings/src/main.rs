//! Lambda entry point of `settings`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use lambda_http::{Error, Request, run, service_fn};
use settings::{SettingsApi, handle, routes};
use shared::environment::{Environment, LogSettings, aws};
use shared::http_api::respond;
use shared::ids::RandomIds;
use shared::logging;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let api = SettingsApi {
        routes: routes()?,
        store: environment.store(&aws),
        secrets: environment.secrets(&aws),
        salesforce: environment.salesforce(),
        hints: environment.hints(&aws),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
        environment,
    };
    run(service_fn(async |request: Request| respond(Box::pin(handle(&api, &request)).await))).await
}

//! Lambda entry point of `conversation-relay`: one thread, as an instance has one invocation at a time, and less than one CPU.

use std::sync::Arc;

use conversation_relay::{ConversationRelay, StreamedAnswers, routes};
use lambda_http::lambda_runtime::Runtime;
use lambda_http::lambda_runtime::layers::TracingLayer;
use lambda_http::{Error, LambdaEvent, service_fn};
use shared::conversation_token::ConversationTokens;
use shared::environment::{Environment, LogSettings, aws};
use shared::ids::RandomIds;
use shared::logging;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init(LogSettings::from_process());
    let environment = Environment::from_process()?;
    let aws = aws().await;
    let relay = Arc::new(ConversationRelay {
        routes: routes()?,
        store: environment.store(&aws),
        hints: environment.hints(&aws),
        salesforce: environment.salesforce().prepared(),
        conversation_tokens: ConversationTokens::new(environment.secrets(&aws).conversation_token_key().await?),
        clock: Arc::new(environment.clock()),
        ids: Arc::new(RandomIds),
    });
    // What answers is the layer.
    let runtime = Runtime::new(service_fn(async |_: LambdaEvent<()>| Ok::<_, Error>(())));
    runtime.layer(StreamedAnswers::new(relay)).layer(TracingLayer::new()).run().await
}

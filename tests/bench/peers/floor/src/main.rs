//! The floor of the benchmark: a Lambda function that makes the outside calls that its event lists, and nothing else.
//!
//! Its clients are built as those of our functions are, each when it is first called.

mod dynamodb;
mod salesforce;

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use futures_util::future::try_join_all;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde::Deserialize;

use dynamodb::Operation;
use salesforce::{Learned, Salesforce};

/// An event.
#[derive(Deserialize)]
struct Work {
    /// Groups of calls, one group after the other, those of a group at the same time.
    groups: Vec<Vec<Call>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Call {
    DynamoDb(Box<Operation>),
    #[serde(rename_all = "camelCase")]
    Secret {
        secret_id: String,
        version_id: Option<String>,
    },
    Hint {
        function: String,
        payload: String,
    },
    Salesforce(Box<salesforce::Call>),
}

struct Clients {
    aws: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    salesforce: OnceLock<Salesforce>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10));
    let aws = aws_config::from_env().retry_config(RetryConfig::standard()).timeout_config(timeouts.build());
    let clients = &Clients {
        aws: aws.load().await,
        dynamodb: OnceLock::new(),
        secrets: OnceLock::new(),
        lambda: OnceLock::new(),
        salesforce: OnceLock::new(),
    };
    run(service_fn(async |event: LambdaEvent<Work>| clients.work(event.payload).await)).await
}

impl Clients {
    async fn work(&self, work: Work) -> Result<(), Error> {
        let mut learned = Learned::default();
        for group in work.groups {
            let calls = group.into_iter().map(|call| self.call(call, &learned));
            learned.extend(try_join_all(calls).await?.into_iter().flatten());
        }
        Ok(())
    }

    /// Makes a call, and returns the token that it gave.
    async fn call(&self, call: Call, learned: &Learned) -> Result<Learned, Error> {
        match call {
            Call::DynamoDb(operation) => {
                operation.call(self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.aws))).await?;
            }
            Call::Secret { secret_id, version_id } => {
                let client = self.secrets.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.aws));
                client.get_secret_value().secret_id(secret_id).set_version_id(version_id).send().await?;
            }
            Call::Hint { function, payload } => {
                let hint = self.lambda().invoke().function_name(function).invocation_type(InvocationType::Event);
                hint.payload(Blob::new(payload)).send().await?;
            }
            Call::Salesforce(call) => return self.salesforce()?.send(*call, learned).await,
        }
        Ok(Learned::default())
    }

    fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| {
            let config = aws_sdk_lambda::config::Builder::from(&self.aws).retry_config(RetryConfig::disabled());
            aws_sdk_lambda::Client::from_conf(config.build())
        })
    }

    fn salesforce(&self) -> Result<&Salesforce, Error> {
        if self.salesforce.get().is_none() {
            drop(self.salesforce.set(Salesforce::new()?));
        }
        self.salesforce.get().ok_or_else(|| "no client".into())
    }
}

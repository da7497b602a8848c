//! The functions' real handlers, with the outside world of one instance.

use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use apex_callback::ApexCallback;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use business_hours_router::BusinessHoursRouter;
use bytes::Bytes;
use case_creation::CaseCreator;
use chrono::TimeDelta;
use conversation_relay::{ConversationRelay, StreamBody};
use escalation_intake::{EscalationIntake, KnownProperties};
use escalation_recovery::EscalationRecovery;
use http_body_util::{BodyExt as _, Full};
use lambda_http::http::Response;
use lambda_http::{Body, Error, Request};
use messaging_session_start::MessagingStarter;
use serde_json::Value;
use settings::SettingsApi;
use shared::clock::Clock;
use shared::conversation_token::ConversationTokens;
use shared::environment::Environment;
use shared::hints::Hints;
use shared::http_api::respond;
use shared::ids::Ids;
use shared::retention::Retention;
use shared::salesforce::Salesforce;
use shared::secrets::Secrets;
use shared::store::Store;

use crate::aws::Aws;
use crate::ids::SeededIds;
use crate::realm::Realm;
use crate::salesforce::Wire;
use crate::sandbox::Sandbox;

const TABLE: &str = "escalations";
const SECRETS_PREFIX: &str = "simulation/";
pub(crate) const PLATFORM_KEY: &str = "platform-key";
pub(crate) const CONVERSATION_TOKEN_KEY: &str = "conversation-token-key";

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Function {
    Intake,
    Router,
    Starter,
    CaseCreation,
    Recovery,
    Callback,
    Relay,
    Settings,
}

impl Function {
    const ALL: [Self; 8] = [
        Self::Intake,
        Self::Router,
        Self::Starter,
        Self::CaseCreation,
        Self::Recovery,
        Self::Callback,
        Self::Relay,
        Self::Settings,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intake => "escalation-intake",
            Self::Router => "business-hours-router",
            Self::Starter => "messaging-session-start",
            Self::CaseCreation => "case-creation",
            Self::Recovery => "escalation-recovery",
            Self::Callback => "apex-callback",
            Self::Relay => "conversation-relay",
            Self::Settings => "settings",
        }
    }

    /// In seconds, as `infra/template.yaml` has it.
    pub(crate) fn timeout_seconds(self) -> u64 {
        match self {
            Self::Intake | Self::Callback | Self::Settings => 29,
            Self::Router => 15,
            Self::Starter => 75,
            Self::CaseCreation => 60,
            Self::Recovery => 55,
            Self::Relay => 270,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

/// What an instance works with.
pub(crate) enum Handler {
    Intake(Box<EscalationIntake>),
    Router(BusinessHoursRouter),
    Starter(MessagingStarter),
    CaseCreation(CaseCreator),
    Recovery(EscalationRecovery),
    Callback(Box<ApexCallback>),
    Relay(Arc<ConversationRelay>),
    Settings(Box<SettingsApi>),
}

/// The outside world of one instance.
struct Outside {
    aws: SdkConfig,
    realm: Arc<Realm>,
    sandbox: Arc<Sandbox>,
}

impl Handler {
    pub(crate) fn new(function: Function, realm: &Arc<Realm>, sandbox: &Arc<Sandbox>) -> anyhow::Result<Self> {
        let aws = Aws { realm: Arc::clone(realm), sandbox: Arc::clone(sandbox) }.config();
        let outside = Outside { aws, realm: Arc::clone(realm), sandbox: Arc::clone(sandbox) };
        outside.handler(function)
    }

    /// A hint, or the tick.
    pub(crate) async fn event(&self, payload: Value) -> anyhow::Result<String> {
        let hint = || serde_json::from_value(payload.clone()).context("no hint");
        let outcome = match self {
            Self::Router(router) => serde_json::to_string(&business_hours_router::handle(router, hint()?).await?),
            Self::Starter(starter) => serde_json::to_string(&messaging_session_start::handle(starter, hint()?).await?),
            Self::CaseCreation(creator) => serde_json::to_string(&case_creation::handle(creator, hint()?).await?),
            Self::Recovery(recovery) => {
                let request = serde_json::from_value(payload).context("no request")?;
                serde_json::to_string(&escalation_recovery::handle(recovery, request).await?)
            }
            Self::Intake(_) | Self::Callback(_) | Self::Relay(_) | Self::Settings(_) => {
                anyhow::bail!("answers HTTP only")
            }
        };
        Ok(outcome?)
    }

    /// An HTTP request.
    pub(crate) async fn http(&self, request: Request) -> Result<Response<StreamBody>, Error> {
        match self {
            Self::Intake(intake) => Ok(whole(respond(escalation_intake::handle(intake, &request).await)?)),
            Self::Callback(callback) => Ok(whole(respond(Box::pin(apex_callback::handle(callback, &request)).await)?)),
            Self::Relay(relay) => conversation_relay::handle(relay, request).await,
            Self::Settings(settings) => Ok(whole(respond(Box::pin(settings::handle(settings, &request)).await)?)),
            _ => Err("answers events only".into()),
        }
    }
}

fn whole(response: Response<Body>) -> Response<StreamBody> {
    response.map(|body| {
        let bytes = match body {
            Body::Text(text) => Bytes::from(text),
            Body::Binary(bytes) => Bytes::from(bytes),
            _ => Bytes::new(),
        };
        Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
    })
}

impl Outside {
    fn handler(&self, function: Function) -> anyhow::Result<Handler> {
        let (store, hints, clock, ids) = (self.store(), self.hints(), self.clock(), self.ids());
        let (secrets, salesforce) = (self.secrets(), self.salesforce());
        let conversation_tokens = ConversationTokens::new(CONVERSATION_TOKEN_KEY.to_owned().into());
        let error = |error: Box<dyn std::error::Error + Send + Sync>| anyhow::anyhow!(error);
        Ok(match function {
            Function::Intake => Handler::Intake(Box::new(EscalationIntake {
                routes: escalation_intake::routes().map_err(error)?,
                store,
                hints,
                conversation_tokens,
                clock,
                ids,
                platform_key_sha256: shared::digest::sha256_hex(PLATFORM_KEY),
                known_properties: KnownProperties::default(),
            })),
            Function::Router => Handler::Router(BusinessHoursRouter { store, hints, clock }),
            Function::Starter => Handler::Starter(MessagingStarter { store, hints, salesforce, clock, ids }),
            Function::CaseCreation => Handler::CaseCreation(CaseCreator { store, secrets, salesforce, clock, ids }),
            Function::Recovery => Handler::Recovery(EscalationRecovery { store, hints, salesforce, clock, ids }),
            Function::Callback => {
                let routes = apex_callback::routes().map_err(error)?;
                Handler::Callback(Box::new(ApexCallback { routes, store, secrets, salesforce, hints, clock }))
            }
            Function::Relay => {
                let routes = conversation_relay::routes().map_err(error)?;
                let relay = ConversationRelay { routes, store, hints, salesforce, conversation_tokens, clock, ids };
                Handler::Relay(Arc::new(relay))
            }
            Function::Settings => {
                let routes = settings::routes().map_err(error)?;
                let environment = environment();
                Handler::Settings(Box::new(SettingsApi {
                    routes,
                    store,
                    secrets,
                    salesforce,
                    hints,
                    clock,
                    ids,
                    environment,
                }))
            }
        })
    }

    fn store(&self) -> Store {
        store(&self.aws, self.clock())
    }

    fn secrets(&self) -> Secrets {
        let partition = aws_sdk_secretsmanager::config::retry::RetryPartition::custom("own").build();
        let config = aws_sdk_secretsmanager::config::Builder::from(&self.aws).retry_partition(partition).build();
        Secrets::new(aws_sdk_secretsmanager::Client::from_conf(config), SECRETS_PREFIX, None)
    }

    fn hints(&self) -> Hints {
        let config = aws_sdk_lambda::config::Builder::from(&self.aws).retry_config(RetryConfig::disabled()).build();
        Hints::new(aws_sdk_lambda::Client::from_conf(config))
    }

    fn salesforce(&self) -> Salesforce {
        // One for all histories: it only builds requests, and setting it up reads certificates.
        static SALESFORCE: LazyLock<Salesforce> = LazyLock::new(|| Salesforce::new(true));
        let wire = Wire { realm: Arc::clone(&self.realm), sandbox: Arc::clone(&self.sandbox) };
        SALESFORCE.clone().through(Arc::new(wire))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.realm.clock)
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::new(SeededIds(Arc::clone(&self.realm.dice)))
    }
}

fn environment() -> Environment {
    Environment {
        table_name: TABLE.into(),
        secrets_prefix: SECRETS_PREFIX.into(),
        secrets_kms_key_id: None,
        platform_key_sha256: shared::digest::sha256_hex(PLATFORM_KEY),
        api_endpoint: "https://api".into(),
        allow_loopback: true,
        retention: Retention::SHORTEST,
        clock_offset: TimeDelta::zero(),
    }
}

/// The table, with a budget of retries that no other client shares.
fn store(aws: &SdkConfig, clock: Arc<dyn Clock>) -> Store {
    let partition = aws_sdk_dynamodb::config::retry::RetryPartition::custom("own").build();
    let config = aws_sdk_dynamodb::config::Builder::from(aws).retry_partition(partition).build();
    Store::new(aws_sdk_dynamodb::Client::from_conf(config), TABLE, Retention::SHORTEST, clock)
}

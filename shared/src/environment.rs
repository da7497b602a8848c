//! A function's environment, read once, and the clients that it gives.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, http_client_fn};
use chrono::TimeDelta;

use crate::clock::SystemClock;
use crate::hints::Hints;
use crate::retention::{Days, Retention, RetentionError};
use crate::salesforce::Salesforce;
use crate::secrets::Secrets;
use crate::store::Store;

const TRANSCRIPT_RETENTION: &str = "TRANSCRIPT_RETENTION_DAYS";
const OUTCOME_RETENTION: &str = "OUTCOME_RETENTION_DAYS";
const AUDIT_RETENTION: &str = "AUDIT_RETENTION_DAYS";

/// Of a call to AWS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The variables that `infra/template.yaml` sets, and two that only the local stack sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `TABLE_NAME`: the DynamoDB table.
    pub table_name: String,
    /// `SECRETS_PREFIX`: how the names of our secrets start.
    pub secrets_prefix: String,
    /// `SECRETS_KMS_KEY_ID`, for `settings` only, which makes secrets: the key that encrypts them, else the account's own.
    pub secrets_kms_key_id: Option<String>,
    /// `PLATFORM_KEY_SHA256`: the platform key's digest, in hex.
    pub platform_key_sha256: String,
    /// `API_ENDPOINT`: the API's URL, as admins copy it.
    pub api_endpoint: String,
    /// `TRANSCRIPT_RETENTION_DAYS`, `OUTCOME_RETENTION_DAYS` and `AUDIT_RETENTION_DAYS`: how long what is stored is kept.
    pub retention: Retention,
    /// `SALESFORCE_ALLOW_LOOPBACK=true`, locally only: Salesforce may be on this machine.
    pub allow_loopback: bool,
    /// `CLOCK_OFFSET_SECONDS`, locally only: how far the clock runs ahead.
    pub clock_offset: TimeDelta,
}

/// How a function logs, by the variables that Lambda sets from the template's `LoggingConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// `AWS_LAMBDA_FUNCTION_NAME`: the function's name.
    pub function: String,
    /// `AWS_LAMBDA_LOG_FORMAT=JSON`.
    pub is_json: bool,
    /// `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG`.
    pub level: Option<String>,
}

/// A variable is missing or wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {mistake}")]
pub struct EnvironmentError {
    name: &'static str,
    mistake: &'static str,
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl LogSettings {
    /// Reads the process's environment.
    #[must_use]
    pub fn from_process() -> Self {
        Self::from_lookup(variable)
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let format = lookup("AWS_LAMBDA_LOG_FORMAT").unwrap_or_default();
        Self {
            function: lookup("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            is_json: format.eq_ignore_ascii_case("json"),
            level: lookup("AWS_LAMBDA_LOG_LEVEL").or_else(|| lookup("RUST_LOG")),
        }
    }
}

impl Environment {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_process() -> Result<Self, EnvironmentError> {
        Self::from_lookup(variable)
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let required = |name| {
            lookup(name).filter(|value| !value.is_empty()).ok_or(EnvironmentError { name, mistake: "is missing" })
        };
        let allow_loopback = lookup("SALESFORCE_ALLOW_LOOPBACK").as_deref() == Some("true");
        let offset = lookup("CLOCK_OFFSET_SECONDS").filter(|value| allow_loopback && !value.is_empty());
        let wrong_offset =
            EnvironmentError { name: "CLOCK_OFFSET_SECONDS", mistake: "must be a whole number of seconds" };
        Ok(Self {
            table_name: required("TABLE_NAME")?,
            secrets_prefix: required("SECRETS_PREFIX")?,
            secrets_kms_key_id: lookup("SECRETS_KMS_KEY_ID").filter(|id| !id.is_empty()),
            platform_key_sha256: required("PLATFORM_KEY_SHA256")?.to_ascii_lowercase(),
            api_endpoint: required("API_ENDPOINT")?.trim_end_matches('/').to_owned(),
            retention: retention(required)?,
            allow_loopback,
            clock_offset: match offset {
                None => TimeDelta::zero(),
                Some(text) => text.parse().ok().and_then(TimeDelta::try_seconds).ok_or(wrong_offset)?,
            },
        })
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> SystemClock {
        SystemClock::shifted_by(self.clock_offset)
    }

    /// The table, through the AWS settings of the environment.
    #[must_use]
    pub fn store(&self, aws: &SdkConfig) -> Store {
        let clock = Arc::new(self.clock());
        Store::new(aws_sdk_dynamodb::Client::new(aws), &self.table_name, self.retention, clock)
    }

    /// Secrets Manager.
    #[must_use]
    pub fn secrets(&self, aws: &SdkConfig) -> Secrets {
        Secrets::new(aws_sdk_secretsmanager::Client::new(aws), &self.secrets_prefix, self.secrets_kms_key_id.clone())
    }

    /// Hints; they are sent once, because a lost one is found by recovery.
    #[must_use]
    pub fn hints(&self, aws: &SdkConfig) -> Hints {
        let config = aws_sdk_lambda::config::Builder::from(aws).retry_config(RetryConfig::disabled()).build();
        Hints::new(aws_sdk_lambda::Client::from_conf(config))
    }

    /// Salesforce.
    #[must_use]
    pub fn salesforce(&self) -> Salesforce {
        Salesforce::new(self.allow_loopback)
    }
}

fn retention(
    required: impl Fn(&'static str) -> Result<String, EnvironmentError>,
) -> Result<Retention, EnvironmentError> {
    let days = |name| {
        let wrong = EnvironmentError { name, mistake: "must be a whole number of days" };
        required(name)?.parse().map_err(|_| wrong)
    };
    let transcripts = days(TRANSCRIPT_RETENTION)?;
    let days = Days { transcripts, outcomes: days(OUTCOME_RETENTION)?, audit: days(AUDIT_RETENTION)? };
    Retention::new(days).map_err(|error| match error {
        RetentionError::Transcripts => EnvironmentError { name: TRANSCRIPT_RETENTION, mistake: "must be 7 to 3650" },
        RetentionError::Outcomes => {
            let mistake = "must be TRANSCRIPT_RETENTION_DAYS or more, and at most 3650";
            EnvironmentError { name: OUTCOME_RETENTION, mistake }
        }
        RetentionError::Audit => EnvironmentError { name: AUDIT_RETENTION, mistake: "must be 30 to 3650" },
    })
}

/// The AWS settings of the environment, with our time-outs.
///
/// The clients share one pool of connections. By default each has its own and reads the machine's root certificates twice, which
/// is most of what a process does until its first answer.
pub async fn aws() -> SdkConfig {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let loader = aws_config::from_env().retry_config(RetryConfig::standard()).timeout_config(aws_timeouts());
    match default_connector(&settings, None) {
        Some(connector) => loader.http_client(http_client_fn(move |_, _| connector.clone())),
        None => loader,
    }
    .load()
    .await
}

/// An AWS call that has not answered in 3 s is tried again.
#[must_use]
pub fn aws_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(changes: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        let base = [
            ("TABLE_NAME", "t"),
            ("SECRETS_PREFIX", "p/"),
            ("PLATFORM_KEY_SHA256", "AB"),
            ("API_ENDPOINT", "https://x/"),
            ("TRANSCRIPT_RETENTION_DAYS", "90"),
            ("OUTCOME_RETENTION_DAYS", "180"),
            ("AUDIT_RETENTION_DAYS", "400"),
        ];
        let find = |name: &str| {
            changes.iter().chain(&base).find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Environment::from_lookup(find)
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(
            environment(&[("TABLE_NAME", "")]).unwrap_err().to_string(),
            "the environment variable TABLE_NAME is missing"
        );
    }

    #[test]
    fn the_clock_offset_is_honoured_only_where_loopback_is_allowed() {
        assert_eq!(environment(&[("CLOCK_OFFSET_SECONDS", "60")]).unwrap().clock_offset, TimeDelta::zero());
        let local = environment(&[("CLOCK_OFFSET_SECONDS", "60"), ("SALESFORCE_ALLOW_LOOPBACK", "true")]).unwrap();
        assert_eq!(local.clock_offset, TimeDelta::seconds(60));
        assert!(environment(&[("CLOCK_OFFSET_SECONDS", "soon"), ("SALESFORCE_ALLOW_LOOPBACK", "true")]).is_err());
    }

    #[test]
    fn lambda_s_own_level_comes_before_that_of_rust() {
        let settings = |pairs: &[(&str, &str)]| {
            let find =
                |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            LogSettings::from_lookup(find)
        };
        let (lambda, rust) = (("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("RUST_LOG", "debug"));
        assert_eq!(settings(&[lambda, rust]).level.as_deref(), Some("WARN"));
        assert_eq!(settings(&[rust]).level.as_deref(), Some("debug"));
        let deployed = settings(&[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_FUNCTION_NAME", "settings")]);
        assert_eq!((deployed.is_json, deployed.function.as_str(), deployed.level), (true, "settings", None));
        assert!(!settings(&[("AWS_LAMBDA_LOG_FORMAT", "Text")]).is_json);
    }

    #[test]
    fn days_of_retention_are_required_and_a_wrong_number_is_named() {
        let expected = Retention::new(Days { transcripts: 90, outcomes: 180, audit: 400 }).unwrap();
        assert_eq!(environment(&[]).unwrap().retention, expected);
        for (name, wrong, mistake) in [
            (TRANSCRIPT_RETENTION, "", "is missing"),
            (TRANSCRIPT_RETENTION, "6", "must be 7 to 3650"),
            (OUTCOME_RETENTION, "a year", "must be a whole number of days"),
            (OUTCOME_RETENTION, "89", "must be TRANSCRIPT_RETENTION_DAYS or more, and at most 3650"),
            (AUDIT_RETENTION, "-1", "must be a whole number of days"),
            (AUDIT_RETENTION, "5000", "must be 30 to 3650"),
        ] {
            assert_eq!(environment(&[(name, wrong)]).unwrap_err(), EnvironmentError { name, mistake });
        }
    }

    #[test]
    fn urls_and_digests_are_brought_into_one_form() {
        let environment = environment(&[]).unwrap();
        assert_eq!(environment.api_endpoint, "https://x");
        assert_eq!(environment.platform_key_sha256, "ab");
        assert!(!environment.allow_loopback);
    }
}

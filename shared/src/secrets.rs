//! The client of Secrets Manager.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

/// Why a secret could not be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no such secret or version.
    #[error("the secret {0} is missing")]
    Missing(String),
    /// It is not in the form in which we store it.
    #[error("the secret {0} cannot be read")]
    Corrupt(String),
    /// Secrets Manager did not answer as it should.
    #[error("Secrets Manager is not available ({0})")]
    Unavailable(String),
}

impl SecretsError {
    /// Whether time can cure it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Reads and stores secrets whose names start with one prefix.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    prefix: String,
    kms_key_id: Option<String>,
}

impl Secrets {
    /// Secrets whose names start with `prefix`. New ones are encrypted with this key, else with the account's own for secrets.
    #[must_use]
    pub fn new(client: Client, prefix: &str, kms_key_id: Option<String>) -> Self {
        Self { client, prefix: prefix.to_owned(), kms_key_id }
    }

    /// The key that signs conversation tokens; made with the stack.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub async fn conversation_token_key(&self) -> Result<SecretString, SecretsError> {
        self.read("conversation-token-key", None).await
    }

    /// One version of an organisation's client secret.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub async fn client_secret(&self, organisation_id: &str, version: &str) -> Result<SecretString, SecretsError> {
        self.read(&client_secret_name(organisation_id), Some(version)).await
    }

    /// Stores an organisation's client secret and returns its version. `version` makes a repetition harmless: a UUID.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub async fn put_client_secret(
        &self,
        organisation_id: &str,
        secret: &SecretString,
        version: &str,
    ) -> Result<String, SecretsError> {
        self.put(&client_secret_name(organisation_id), secret.expose_secret(), version).await
    }

    /// One version of an organisation's escalations tokens, by their ids.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub async fn escalations_tokens(
        &self,
        organisation_id: &str,
        version: &str,
    ) -> Result<BTreeMap<Uuid, SecretString>, SecretsError> {
        let name = escalations_tokens_name(organisation_id);
        let document = self.read(&name, Some(version)).await?;
        serde_json::from_str(document.expose_secret()).map_err(|_| SecretsError::Corrupt(name))
    }

    /// Stores all of an organisation's escalations tokens and returns their version. `version` makes a repetition harmless: a UUID.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub async fn put_escalations_tokens(
        &self,
        organisation_id: &str,
        tokens: &BTreeMap<Uuid, SecretString>,
        version: &str,
    ) -> Result<String, SecretsError> {
        let exposed: serde_json::Map<_, _> =
            tokens.iter().map(|(id, token)| (id.to_string(), token.expose_secret().into())).collect();
        let document = SecretString::from(serde_json::Value::from(exposed).to_string());
        self.put(&escalations_tokens_name(organisation_id), document.expose_secret(), version).await
    }

    async fn put(&self, name: &str, value: &str, version: &str) -> Result<String, SecretsError> {
        let id = format!("{}{name}", self.prefix);
        let create = self.client.create_secret().name(&id).secret_string(value).client_request_token(version);
        let version_id = match create.set_kms_key_id(self.kms_key_id.clone()).send().await {
            Ok(created) => created.version_id,
            Err(error) if code(&error) == "ResourceExistsException" => {
                let put =
                    self.client.put_secret_value().secret_id(&id).secret_string(value).client_request_token(version);
                put.send().await.map_err(|error| SecretsError::Unavailable(code(&error)))?.version_id
            }
            Err(error) => return Err(SecretsError::Unavailable(code(&error))),
        };
        version_id.ok_or_else(|| SecretsError::Unavailable("no version".into()))
    }

    async fn read(&self, name: &str, version: Option<&str>) -> Result<SecretString, SecretsError> {
        let id = format!("{}{name}", self.prefix);
        let request = self.client.get_secret_value().secret_id(&id).set_version_id(version.map(str::to_owned));
        let secret = request.send().await.map_err(|error| match code(&error).as_str() {
            "ResourceNotFoundException" => SecretsError::Missing(id.clone()),
            code => SecretsError::Unavailable(code.to_owned()),
        })?;
        secret.secret_string.map(SecretString::from).ok_or(SecretsError::Missing(id))
    }
}

fn client_secret_name(organisation_id: &str) -> String {
    format!("{organisation_id}/client-secret")
}

fn escalations_tokens_name(organisation_id: &str) -> String {
    format!("{organisation_id}/escalations-tokens")
}

fn code<E: aws_sdk_secretsmanager::error::ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.as_service_error().and_then(|error| error.code()).unwrap_or("no answer").to_owned()
}

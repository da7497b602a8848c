//! Secrets Manager in this process: text secrets and their versions.
//!
//! It has `CreateSecret`, `PutSecretValue`, `GetSecretValue`, `DescribeSecret` and `DeleteSecret`, without encryption, policies,
//! rotation and binary secrets. What it has is exact in what callers rely on: a `ClientRequestToken` is the version's id
//! and makes a write repeatable, staging labels move, and a write is on disk before it is answered.

mod vault;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use rand::Rng as _;
use rand::distr::Alphanumeric;
use serde_json::{Value, json};

use crate::template::Secret;
use vault::{Refusal, Vault};

/// The service: a vault and the file that it is kept in.
#[derive(Clone)]
pub(crate) struct SecretsManager(Arc<Mutex<Kept>>);

struct Kept {
    vault: Vault,
    file: Option<PathBuf>,
}

impl SecretsManager {
    /// Opens the vault in `file`, or an empty one in memory, and generates the `secrets` that it does not have yet.
    pub(crate) fn open(file: Option<PathBuf>, secrets: &[Secret]) -> anyhow::Result<Self> {
        let vault = match &file {
            Some(file) if file.exists() => read(file).with_context(|| format!("cannot read {}", file.display()))?,
            _ => Vault::default(),
        };
        let service = Self(Arc::new(Mutex::new(Kept { vault, file })));
        for secret in secrets {
            service.generate(secret)?;
        }
        Ok(service)
    }

    /// The service's HTTP interface, which is one path.
    pub(crate) fn router(self) -> Router {
        Router::new().route("/", post(handle)).with_state(self)
    }

    fn generate(&self, secret: &Secret) -> anyhow::Result<()> {
        let value: String = rand::rng().sample_iter(Alphanumeric).take(secret.length).map(char::from).collect();
        match self.call("CreateSecret", &json!({ "Name": secret.name, "SecretString": value })) {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == "ResourceExistsException" => Ok(()),
            Err(refusal) => Err(anyhow::anyhow!("cannot create secret {}: {}", secret.name, refusal.message)),
        }
    }

    fn call(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match operation {
            "GetSecretValue" => kept.vault.get_value(input),
            "DescribeSecret" => kept.vault.describe(input),
            "CreateSecret" => kept.write(|vault| vault.create(input)),
            "PutSecretValue" => kept.write(|vault| vault.put_value(input)),
            "DeleteSecret" => kept.write(|vault| vault.delete(input)),
            _ => {
                Err(Refusal::new("UnknownOperationException", "the local Secrets Manager does not have this operation"))
            }
        }
    }
}

impl Kept {
    fn write(&mut self, change: impl FnOnce(&mut Vault) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
        let mut changed = self.vault.clone();
        let answer = change(&mut changed)?;
        if let Some(file) = &self.file {
            save(file, &changed).map_err(|error| Refusal::new("InternalServiceError", &error.to_string()))?;
        }
        self.vault = changed;
        Ok(answer)
    }
}

fn read(file: &Path) -> anyhow::Result<Vault> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

fn save(file: &Path, vault: &Vault) -> anyhow::Result<()> {
    let written = file.with_extension("written");
    std::fs::write(&written, serde_json::to_vec(vault)?)?;
    std::fs::File::open(&written)?.sync_all()?;
    Ok(std::fs::rename(&written, file)?)
}

async fn handle(State(service): State<SecretsManager>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("secretsmanager.").unwrap_or_default();
    let answer = serde_json::from_slice(&body)
        .map_err(|_| Refusal::new("SerializationException", "the request is no JSON"))
        .and_then(|input| service.call(operation, &input));
    match answer {
        Ok(output) => Json(output).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = if self.code == "InternalServiceError" {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        };
        (status, Json(json!({ "__type": self.code, "Message": self.message }))).into_response()
    }
}

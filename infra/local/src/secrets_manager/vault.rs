//! The secrets and what each operation does to them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::identifiers::{arn, unique_id};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const MAXIMUM_BYTES: usize = 65_536;

/// Why an operation was refused: the exception's name and its message.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }
}

/// All secrets by name.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Vault(BTreeMap<String, Secret>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Secret {
    arn: String,
    description: Option<String>,
    created: f64,
    deleted: Option<f64>,
    versions: Vec<Version>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    id: String,
    value: String,
    created: f64,
    stages: Vec<String>,
}

impl Vault {
    pub(super) fn create(&mut self, input: &Value) -> Result<Value, Refusal> {
        let name = required(input, "Name")?;
        let token = token(input);
        match self.0.get(name) {
            Some(secret) if secret.deleted.is_some() => return Err(scheduled_for_deletion()),
            Some(secret) if !secret.has(&token, value(input)?) => {
                let message = format!("The operation failed because the secret {name} already exists.");
                return Err(Refusal::new("ResourceExistsException", &message));
            }
            Some(_) => {}
            None => {
                let mut secret = Secret::new(name, input["Description"].as_str());
                if let Some(value) = value(input)? {
                    secret.add(&token, value, &[CURRENT.to_owned()])?;
                }
                self.0.insert(name.to_owned(), secret);
            }
        }
        let secret = self.usable(name)?.1;
        let version = secret.versions.iter().find(|version| version.id == token).map(|version| &version.id);
        Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": version }))
    }

    pub(super) fn put_value(&mut self, input: &Value) -> Result<Value, Refusal> {
        let name = self.usable(required(input, "SecretId")?)?.0.to_owned();
        let value = value(input)?.ok_or_else(|| invalid_parameter("You must provide SecretString."))?;
        let stages: Vec<String> =
            serde_json::from_value(input["VersionStages"].clone()).unwrap_or_else(|_| vec![CURRENT.to_owned()]);
        let token = token(input);
        let secret = self.0.get_mut(&name).ok_or_else(not_found)?;
        secret.add(&token, value, &stages)?;
        Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": token, "VersionStages": stages }))
    }

    pub(super) fn get_value(&self, input: &Value) -> Result<Value, Refusal> {
        let (name, secret) = self.usable(required(input, "SecretId")?)?;
        let id = input["VersionId"].as_str();
        let stage = input["VersionStage"].as_str().or(if id.is_none() { Some(CURRENT) } else { None });
        let version = secret
            .versions
            .iter()
            .filter(|version| id.is_none_or(|id| version.id == id))
            .find(|version| stage.is_none_or(|stage| version.stages.iter().any(|it| it == stage)))
            .ok_or_else(not_found)?;
        Ok(json!({
            "ARN": secret.arn, "Name": name, "VersionId": version.id, "SecretString": version.value,
            "VersionStages": version.stages, "CreatedDate": version.created,
        }))
    }

    pub(super) fn describe(&self, input: &Value) -> Result<Value, Refusal> {
        let (name, secret) = self.find(required(input, "SecretId")?)?;
        let labelled = secret.versions.iter().filter(|version| !version.stages.is_empty());
        let stages: BTreeMap<_, _> = labelled.map(|version| (&version.id, &version.stages)).collect();
        Ok(json!({
            "ARN": secret.arn, "Name": name, "Description": secret.description, "CreatedDate": secret.created,
            "DeletedDate": secret.deleted, "VersionIdsToStages": stages,
        }))
    }

    pub(super) fn delete(&mut self, input: &Value) -> Result<Value, Refusal> {
        let (name, secret) = self.find(required(input, "SecretId")?)?;
        let (name, arn) = (name.to_owned(), secret.arn.clone());
        let window = input["RecoveryWindowInDays"].as_u64().and_then(|days| u32::try_from(days).ok()).unwrap_or(30);
        let mut deletion_date = now();
        if input["ForceDeleteWithoutRecovery"] == true {
            self.0.remove(&name);
        } else if let Some(secret) = self.0.get_mut(&name) {
            deletion_date += f64::from(window) * 86_400.0;
            secret.deleted = Some(now());
        }
        Ok(json!({ "ARN": arn, "Name": name, "DeletionDate": deletion_date }))
    }

    fn find(&self, id: &str) -> Result<(&str, &Secret), Refusal> {
        let named = self.0.iter().find(|(name, secret)| *name == id || secret.arn == id);
        named.map(|(name, secret)| (name.as_str(), secret)).ok_or_else(not_found)
    }

    fn usable(&self, id: &str) -> Result<(&str, &Secret), Refusal> {
        let found = self.find(id)?;
        if found.1.deleted.is_some() { Err(scheduled_for_deletion()) } else { Ok(found) }
    }
}

impl Secret {
    fn new(name: &str, description: Option<&str>) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let suffix = hasher.finish() & 0x00ff_ffff;
        let arn = arn("secretsmanager", &format!("secret:{name}-{suffix:06x}"));
        Self { arn, description: description.map(str::to_owned), created: now(), deleted: None, versions: vec![] }
    }

    fn has(&self, token: &str, value: Option<&str>) -> bool {
        self.versions.iter().any(|version| version.id == token && Some(version.value.as_str()) == value)
    }

    fn add(&mut self, token: &str, value: &str, stages: &[String]) -> Result<(), Refusal> {
        if self.has(token, Some(value)) {
            return Ok(());
        }
        if self.versions.iter().any(|version| version.id == token) {
            let message = "A resource with the ID you requested already exists.";
            return Err(Refusal::new("ResourceExistsException", message));
        }
        let replaced = self.versions.iter().position(|version| version.stages.iter().any(|stage| stage == CURRENT));
        self.strip(stages);
        if let Some(replaced) = replaced.filter(|_| stages.iter().any(|stage| stage == CURRENT)) {
            self.strip(&[PREVIOUS.to_owned()]);
            self.versions[replaced].stages.push(PREVIOUS.to_owned());
        }
        self.versions.push(Version {
            id: token.to_owned(),
            value: value.to_owned(),
            created: now(),
            stages: stages.to_vec(),
        });
        Ok(())
    }

    fn strip(&mut self, stages: &[String]) {
        for version in &mut self.versions {
            version.stages.retain(|stage| !stages.contains(stage));
        }
    }
}

fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    input[member].as_str().ok_or_else(|| invalid_parameter(&format!("{member} is missing.")))
}

fn value(input: &Value) -> Result<Option<&str>, Refusal> {
    if !input["SecretBinary"].is_null() {
        return Err(invalid_parameter("The local Secrets Manager keeps text only."));
    }
    match input["SecretString"].as_str() {
        Some(value) if value.len() > MAXIMUM_BYTES => {
            let message = "Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536";
            Err(Refusal::new("ValidationException", message))
        }
        value => Ok(value),
    }
}

fn token(input: &Value) -> String {
    input["ClientRequestToken"].as_str().map_or_else(unique_id, str::to_owned)
}

fn invalid_parameter(message: &str) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

fn not_found() -> Refusal {
    Refusal::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret or version.")
}

fn scheduled_for_deletion() -> Refusal {
    Refusal::new("InvalidRequestException", "The secret is scheduled for deletion.")
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

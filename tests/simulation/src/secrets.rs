//! A model of Secrets Manager: secrets with versions, each made once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::dynamodb::Refusal;

/// Secrets by name, each with the values of its versions and the name of the latest.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeMap<String, Secret>);

#[derive(Debug, Default)]
struct Secret {
    versions: BTreeMap<String, String>,
    latest: String,
}

impl Secrets {
    /// Carries out an operation; nothing if it is unknown.
    pub(crate) fn call(&mut self, operation: &str, request: &Value) -> Option<Result<Value, Refusal>> {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        let (version, value) = (text("ClientRequestToken"), text("SecretString"));
        match operation {
            "GetSecretValue" => Some(self.get(text("SecretId"), request["VersionId"].as_str())),
            "CreateSecret" if self.has_others(text("Name"), version) => {
                Some(Err(Refusal::of("ResourceExistsException")))
            }
            "CreateSecret" => Some(self.put(text("Name"), version, value)),
            "PutSecretValue" if !self.0.contains_key(text("SecretId")) => {
                Some(Err(Refusal::of("ResourceNotFoundException")))
            }
            "PutSecretValue" => Some(self.put(text("SecretId"), version, value)),
            _ => None,
        }
    }

    /// Whether there is such a secret without this version: a repeated creation is no other one.
    fn has_others(&self, name: &str, version: &str) -> bool {
        self.0.get(name).is_some_and(|secret| !secret.versions.contains_key(version))
    }

    fn put(&mut self, name: &str, version: &str, value: &str) -> Result<Value, Refusal> {
        let secret = self.0.entry(name.to_owned()).or_default();
        let stored = secret.versions.entry(version.to_owned()).or_insert_with(|| value.to_owned());
        if stored != value {
            return Err(Refusal::of("ResourceExistsException"));
        }
        version.clone_into(&mut secret.latest);
        Ok(json!({ "Name": name, "VersionId": version }))
    }

    fn get(&self, name: &str, version: Option<&str>) -> Result<Value, Refusal> {
        let found = self.0.get(name).and_then(|secret| secret.versions.get(version.unwrap_or(&secret.latest)));
        let value = found.ok_or_else(|| Refusal::of("ResourceNotFoundException"))?;
        Ok(json!({ "Name": name, "SecretString": value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(secrets: &mut Secrets, operation: &str, version: &str, value: &str) -> Option<&'static str> {
        let request = json!({ "Name": "s", "SecretId": "s", "ClientRequestToken": version, "SecretString": value });
        secrets.call(operation, &request).unwrap().err().map(|refusal| refusal.code)
    }

    fn get(secrets: &mut Secrets, version: Option<&str>) -> Option<String> {
        let request = json!({ "SecretId": "s", "VersionId": version });
        let answer = secrets.call("GetSecretValue", &request).unwrap().ok()?;
        answer["SecretString"].as_str().map(str::to_owned)
    }

    #[test]
    fn each_version_keeps_its_value_and_the_latest_is_the_default() {
        let mut secrets = Secrets::default();
        assert_eq!(put(&mut secrets, "PutSecretValue", "1", "a"), Some("ResourceNotFoundException"));
        assert_eq!(put(&mut secrets, "CreateSecret", "1", "a"), None);
        assert_eq!(put(&mut secrets, "CreateSecret", "1", "a"), None);
        assert_eq!(put(&mut secrets, "CreateSecret", "2", "b"), Some("ResourceExistsException"));
        assert_eq!(put(&mut secrets, "PutSecretValue", "2", "b"), None);
        assert_eq!(put(&mut secrets, "PutSecretValue", "2", "c"), Some("ResourceExistsException"));
        assert_eq!([get(&mut secrets, None), get(&mut secrets, Some("1"))], [Some("b".into()), Some("a".into())]);
        assert_eq!(get(&mut secrets, Some("3")), None);
    }
}

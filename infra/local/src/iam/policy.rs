//! Permissions of functions, from the policies in the template.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value, json};
use wildmatch::WildMatch;

use crate::template::Names;

/// That a function may take an action on resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The function's name.
    pub function: String,
    /// A service and its operation, for example `dynamodb:GetItem`.
    pub action: String,
    /// The ARN of what it may be taken on; `*` stands for any characters.
    pub resource: String,
}

impl Permission {
    /// Whether it is about this action on this resource.
    pub(super) fn covers(&self, action: &str, resource: &str) -> bool {
        self.action == action && WildMatch::new(&self.resource).matches(resource)
    }
}

/// Its three parts, with a space between them.
impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.function, self.action, self.resource)
    }
}

impl FromStr for Permission {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<_> = text.splitn(3, ' ').map(str::to_owned).collect();
        let Ok([function, action, resource]) = <[String; 3]>::try_from(parts) else { bail!("no permission: {text}") };
        Ok(Self { function, action, resource })
    }
}

/// The policies of the template that functions have besides their own statements: they are about the key only.
pub(crate) const KEY_POLICIES: [&str; 2] = ["UseOfKey", "UseOfKeyForNewSecrets"];

/// What the `Policies` of a function's properties allow.
///
/// Fails if they say it in a way that can't be compared with what the function does, or if a resource can't be resolved.
pub(crate) fn permissions(function: &str, properties: &Value, names: &Names) -> anyhow::Result<Vec<Permission>> {
    ensure!(properties["Role"].is_null(), "{function} has a role of its own: give it statements");
    let mut permissions = Vec::new();
    let is_about_key = |policy: &Value| KEY_POLICIES.iter().any(|name| *policy == json!({ "Ref": name }));
    for policy in one_or_many(&properties["Policies"]).filter(|policy| !is_about_key(policy)) {
        let statements =
            policy.get("Statement").with_context(|| format!("{function} has {policy}: give it statements"))?;
        for statement in one_or_many(statements) {
            permissions.extend(allowed(function, statement, names)?);
        }
    }
    Ok(permissions)
}

fn allowed(function: &str, statement: &Value, names: &Names) -> anyhow::Result<Vec<Permission>> {
    let members: Vec<_> = statement.as_object().into_iter().flat_map(Map::keys).collect();
    let is_plain = members == ["Action", "Effect", "Resource"] && statement["Effect"] == "Allow";
    ensure!(
        is_plain,
        "{function} has a statement with {members:?}: let it allow actions on resources, and nothing else"
    );
    let mut permissions = Vec::new();
    for action in one_or_many(&statement["Action"]).filter_map(Value::as_str) {
        for resource in one_or_many(&statement["Resource"]) {
            let resource = names.resolve(resource).context(action.to_owned())?;
            permissions.push(Permission { function: function.to_owned(), action: action.to_owned(), resource });
        }
    }
    Ok(permissions)
}

/// The members of a list, or the one value that stands for a list of one.
fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    let many = value.as_array().into_iter().flatten();
    many.chain((!value.is_array() && !value.is_null()).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_for_its_action_and_for_what_its_resource_matches() {
        let permission = Permission {
            function: "settings".to_owned(),
            action: "dynamodb:Query".to_owned(),
            resource: "arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/*".to_owned(),
        };
        assert!(
            permission.covers("dynamodb:Query", "arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/DueIndex")
        );
        assert!(!permission.covers("dynamodb:Query", "arn:aws:dynamodb:us-east-1:000000000000:table/Table"));
        assert!(
            !permission
                .covers("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/DueIndex")
        );
    }

    #[test]
    fn what_cannot_be_compared_with_what_a_function_does_is_refused() {
        let names = Names::new(&json!({}), &std::collections::BTreeMap::new());
        let read = |policies: Value| permissions("settings", &json!({ "Policies": policies }), &names);
        let plain = json!({ "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn" });
        assert_eq!(read(json!([{ "Ref": KEY_POLICIES[0] }, { "Statement": [plain] }])).unwrap().len(), 1);
        for wider in [
            json!("AmazonDynamoDBFullAccess"),
            json!([{ "DynamoDBCrudPolicy": { "TableName": "Table" } }]),
            json!([{ "Ref": "Another" }]),
            json!([{ "Statement": { "Effect": "Allow", "NotAction": "dynamodb:GetItem", "Resource": "arn" } }]),
            json!([{ "Statement": { "Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "arn" } }]),
        ] {
            assert!(read(wider.clone()).is_err(), "{wider}");
        }
        assert!(permissions("settings", &json!({ "Role": "arn" }), &names).is_err());
    }
}

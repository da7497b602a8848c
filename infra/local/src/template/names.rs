//! What the names in a template stand for.

use std::collections::BTreeMap;

use anyhow::anyhow;
use serde_json::Value;

use super::members;
use crate::identifiers::{ACCOUNT, REGION, arn};

/// The text of a value that is no intrinsic function.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// What `Ref`, `Fn::GetAtt` and `${…}` stand for: parameters by their value, resources by their logical id, and their ARNs.
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of a document, whose defaults `parameters` override.
    pub(crate) fn new(document: &Value, parameters: &BTreeMap<String, String>) -> Self {
        let resources = members(&document["Resources"]).map(|(id, _)| (id.clone(), id.clone()));
        let arns =
            members(&document["Resources"]).map(|(id, resource)| (format!("{id}.Arn"), resource_arn(id, resource)));
        let pseudo_parameters = [("AWS::Partition", "aws"), ("AWS::Region", REGION), ("AWS::AccountId", ACCOUNT)];
        let pseudo_parameters = pseudo_parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let defaults = members(&document["Parameters"])
            .filter_map(|(name, parameter)| Some((name.clone(), literal(&parameter["Default"])?)));
        let given = parameters.iter().map(|(name, value)| (name.clone(), value.clone()));
        Self(resources.chain(arns).chain(pseudo_parameters).chain(defaults).chain(given).collect())
    }

    /// The text of a value that may be missing.
    pub(crate) fn optional(&self, value: &Value) -> anyhow::Result<Option<String>> {
        if value.is_null() { Ok(None) } else { self.resolve(value).map(Some) }
    }

    /// The text that a value of the template stands for.
    ///
    /// Fails if it is a list, a map other than these three intrinsic functions, or names what is not in the template.
    pub(crate) fn resolve(&self, value: &Value) -> anyhow::Result<String> {
        let name = value["Ref"].as_str().or(value["Fn::GetAtt"].as_str());
        match (literal(value), name, value["Fn::Sub"].as_str()) {
            (Some(text), _, _) => Ok(text),
            (_, Some(name), _) => self.lookup(name),
            (_, _, Some(pattern)) => self.substitute(pattern),
            _ => Err(anyhow!("only Ref, Fn::GetAtt and Fn::Sub are resolved here")),
        }
    }

    fn lookup(&self, name: &str) -> anyhow::Result<String> {
        self.0.get(name).cloned().ok_or_else(|| anyhow!("{name} has no value"))
    }

    fn substitute(&self, pattern: &str) -> anyhow::Result<String> {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').ok_or_else(|| anyhow!("${{ is not closed"))?;
            text.push_str(before);
            text.push_str(&self.lookup(name)?);
            rest = tail;
        }
        Ok(text + rest)
    }
}

/// A resource's ARN; of a table, that by which its permissions name it.
fn resource_arn(id: &str, resource: &Value) -> String {
    match resource["Type"].as_str() {
        Some("AWS::DynamoDB::Table") => {
            arn("dynamodb", &format!("table/{}", resource["Properties"]["TableName"].as_str().unwrap_or(id)))
        }
        _ => format!("arn:aws:::{id}"),
    }
}

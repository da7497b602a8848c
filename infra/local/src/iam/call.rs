//! What a request to AWS asks for, in IAM's terms.

use axum::http::HeaderMap;
use serde_json::Value;

use crate::identifiers::arn;

/// An action on a resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// For example `dynamodb:GetItem`.
    pub(super) action: String,
    /// Its ARN.
    pub(super) resource: String,
}

/// What a request needs permission for: a transaction, for each of its items; a batch, for each of its tables.
pub(super) fn calls(path: &str, headers: &HeaderMap, body: &[u8]) -> Vec<Call> {
    if let Some(function) = invoked(path) {
        return vec![Call { action: "lambda:InvokeFunction".to_owned(), resource: function }];
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match target.split_once('.') {
        Some(("secretsmanager", operation)) => vec![secret(operation, &body)],
        Some((_, operation)) => tables(operation, &body),
        None => Vec::new(),
    }
}

/// The ARN of the function that the path of an invocation names.
fn invoked(path: &str) -> Option<String> {
    let function = path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")?.replace("%3A", ":");
    Some(if function.starts_with("arn:") { function } else { arn("lambda", &format!("function:{function}")) })
}

/// Secrets Manager puts a hyphen and six random characters behind a secret's name.
fn secret(operation: &str, body: &Value) -> Call {
    let name = body["SecretId"].as_str().or_else(|| body["Name"].as_str()).unwrap_or_default();
    let resource = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        arn("secretsmanager", &format!("secret:{name}-AbCdEf"))
    };
    Call { action: format!("secretsmanager:{operation}"), resource }
}

fn tables(operation: &str, body: &Value) -> Vec<Call> {
    let members = |name: &str| body[name].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            members("TransactItems").map(|(kind, item)| table(&format!("{kind}Item"), item)).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(name, _)| table(operation, &Value::from_iter([("TableName", name.as_str())]))).collect()
        }
        _ => vec![table(operation, body)],
    }
}

fn table(operation: &str, request: &Value) -> Call {
    let table = request["TableName"].as_str().unwrap_or_default();
    let index = request["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
    Call { action: format!("dynamodb:{operation}"), resource: arn("dynamodb", &format!("table/{table}{index}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(target: &str, body: &Value) -> Vec<String> {
        let headers = [("x-amz-target".parse().unwrap(), target.parse().unwrap())];
        let calls = calls("/", &HeaderMap::from_iter(headers), body.to_string().as_bytes());
        calls.into_iter().map(|call| format!("{} {}", call.action, call.resource)).collect()
    }

    #[test]
    fn a_query_of_an_index_needs_the_index() {
        let body = json!({ "TableName": "Table", "IndexName": "DueIndex" });
        let index = "dynamodb:Query arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/DueIndex";
        assert_eq!(asked("DynamoDB_20120810.Query", &body), [index]);
    }

    #[test]
    fn a_transaction_needs_what_each_of_its_items_does() {
        let on = json!({ "TableName": "Table" });
        let body =
            json!({ "TransactItems": [{ "Put": on }, { "Update": on }, { "Delete": on }, { "ConditionCheck": on }] });
        let actions = ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
        let expected =
            actions.map(|action| format!("dynamodb:{action} arn:aws:dynamodb:us-east-1:000000000000:table/Table"));
        assert_eq!(asked("DynamoDB_20120810.TransactWriteItems", &body), expected);
    }

    #[test]
    fn a_batch_needs_its_tables() {
        let body = json!({ "RequestItems": { "Table": { "Keys": [] } } });
        let expected = "dynamodb:BatchGetItem arn:aws:dynamodb:us-east-1:000000000000:table/Table";
        assert_eq!(asked("DynamoDB_20120810.BatchGetItem", &body), [expected]);
    }

    #[test]
    fn a_secret_is_named_with_what_is_put_behind_its_name() {
        let body = json!({ "SecretId": "fullview/acme" });
        let expected =
            "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:000000000000:secret:fullview/acme-AbCdEf";
        assert_eq!(asked("secretsmanager.GetSecretValue", &body), [expected]);
    }

    #[test]
    fn an_invocation_needs_the_function_with_its_alias() {
        let expected = "arn:aws:lambda:us-east-1:000000000000:function:settings:live";
        for function in ["settings:live", "settings%3Alive", expected] {
            let calls = calls(&format!("/2015-03-31/functions/{function}/invocations"), &HeaderMap::new(), b"");
            assert_eq!(calls[0].resource, expected);
        }
    }
}

//! The operations that the store calls.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{Expressions, Item, Key, Refusal, TOKEN_MEMORY, Table, key_of};
use crate::plant::Plant;

/// Why an operation has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// `DynamoDB` refuses it.
    Refused(Refusal),
    /// The model does not know it: the simulation is wrong.
    Unknown(String),
}

impl From<String> for Failure {
    fn from(mistake: String) -> Self {
        Self::Unknown(mistake)
    }
}

type Outcome = Result<Value, Failure>;

/// Of a larger batch, half is left unprocessed.
const BATCH: usize = 4;

impl Table {
    /// Carries out an operation; what it writes is in the indexes `lag` later.
    pub(crate) fn call(&mut self, operation: &str, request: &Value, now: DateTime<Utc>, lag: TimeDelta) -> Outcome {
        match operation {
            "GetItem" => self.get(request),
            "PutItem" | "UpdateItem" | "DeleteItem" => self.write_one(operation, request, now, lag),
            "TransactWriteItems" => self.transact(request, now, lag),
            "BatchGetItem" => self.batch_get(request),
            "BatchWriteItem" => self.batch_delete(request, now, lag),
            "Query" => Ok(self.query(request, now)?),
            _ => Err(Failure::Unknown(format!("unknown operation {operation}"))),
        }
    }

    fn get(&self, request: &Value) -> Outcome {
        let item = self.items.get(&key_of(&request["Key"])?).cloned();
        let item = item.map(|item| Value::Object(Plant::spoil_read(self.plant, item)));
        Ok(item.map_or_else(|| json!({}), |item| answer("Item", item)))
    }

    fn write_one(&mut self, operation: &str, request: &Value, now: DateTime<Utc>, lag: TimeDelta) -> Outcome {
        let (key, item) = self.written(operation, request)?;
        if !self.check(&key, request)? {
            return Err(Failure::Refused(Refusal::of("ConditionalCheckFailedException")));
        }
        let old = self.items.get(&key).cloned();
        self.write(key, item, now, lag);
        let wants_old = request["ReturnValues"] == "ALL_OLD";
        Ok(old.filter(|_| wants_old).map_or_else(|| json!({}), |old| answer("Attributes", Value::Object(old))))
    }

    /// The key of a write and what the item becomes.
    fn written(&self, operation: &str, request: &Value) -> Result<(Key, Option<Item>), String> {
        match operation {
            "PutItem" | "Put" => {
                let item = request["Item"].as_object().cloned().ok_or("no Item")?;
                Ok((key_of(&request["Item"])?, Some(item)))
            }
            "UpdateItem" | "Update" => {
                let key = key_of(&request["Key"])?;
                let mut item = self.items.get(&key).cloned();
                let item = item.get_or_insert_with(|| request["Key"].as_object().cloned().unwrap_or_default());
                Expressions(request).update(request["UpdateExpression"].as_str().unwrap_or_default(), item)?;
                Ok((key, Some(item.clone())))
            }
            _ => Ok((key_of(&request["Key"])?, None)),
        }
    }

    fn transact(&mut self, request: &Value, now: DateTime<Utc>, lag: TimeDelta) -> Outcome {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default().to_owned();
        if self.tokens.get(&token).is_some_and(|at| *at + TOKEN_MEMORY > now) {
            return Ok(json!({}));
        }
        let parts: Vec<_> = request["TransactItems"].as_array().into_iter().flatten().filter_map(part).collect();
        let mut reasons = Vec::new();
        let mut writes = Vec::new();
        for (operation, request) in &parts {
            if operation.as_str() == "ConditionCheck" {
                let holds = self.check(&key_of(&request["Key"])?, request)?;
                reasons.push(if holds { "None" } else { "ConditionalCheckFailed" });
                continue;
            }
            let (key, item) = self.written(operation, request)?;
            reasons.push(if self.check(&key, request)? { "None" } else { "ConditionalCheckFailed" });
            writes.push((key, item));
        }
        if reasons.iter().any(|reason| *reason != "None") {
            return Err(Failure::Refused(Refusal { code: "TransactionCanceledException", reasons }));
        }
        self.tokens.insert(token, now);
        for (key, item) in writes {
            self.write(key, item, now, lag);
        }
        Ok(json!({}))
    }

    fn batch_get(&self, request: &Value) -> Outcome {
        let mut responses = Map::new();
        for (table, wanted) in request["RequestItems"].as_object().into_iter().flatten() {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            let keys: Vec<Key> = keys.map(key_of).collect::<Result<_, _>>()?;
            let found = keys.iter().filter_map(|key| self.items.get(key)).cloned();
            let items = found.map(|item| Value::Object(Plant::spoil_read(self.plant, item))).collect();
            responses.insert(table.clone(), Value::Array(items));
        }
        let mut answer = answer("Responses", Value::Object(responses));
        answer["UnprocessedKeys"] = json!({});
        Ok(answer)
    }

    /// Deletes some of a batch, and leaves the rest unprocessed.
    fn batch_delete(&mut self, request: &Value, now: DateTime<Utc>, lag: TimeDelta) -> Outcome {
        let mut unprocessed = Map::new();
        for (table, deletes) in request["RequestItems"].as_object().into_iter().flatten() {
            let deletes = deletes.as_array().map(Vec::as_slice).unwrap_or_default();
            let half = if deletes.len() > BATCH { deletes.len() / 2 } else { deletes.len() };
            let (now_done, left) = deletes.split_at(half);
            for delete in now_done {
                self.write(key_of(&delete["DeleteRequest"]["Key"])?, None, now, lag);
            }
            if !left.is_empty() {
                unprocessed.insert(table.clone(), json!(left));
            }
        }
        Ok(json!({ "UnprocessedItems": unprocessed }))
    }
}

/// An answer with one member. (`json!` would serialise the value anew.)
pub(super) fn answer(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

/// The operation of a transaction's part, and its request.
fn part(part: &Value) -> Option<(&String, &Value)> {
    part.as_object()?.iter().next()
}

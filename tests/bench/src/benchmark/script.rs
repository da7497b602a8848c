//! The floor's event: the outside calls of another function.

use anyhow::Context as _;
use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::recorder::{Recorded, Service};

/// Headers that Salesforce looks at.
const HEADERS: [&str; 5] = ["authorization", "content-type", "accept", "sforce-auto-assign", "x-org-id"];

/// Calls in their order; those that were under way together are a group.
#[derive(Clone, Debug)]
pub(super) struct Script {
    text: String,
}

impl Script {
    /// The calls to make.
    pub(super) fn of(recorded: &[Recorded]) -> anyhow::Result<Self> {
        let mut recorded: Vec<_> = recorded.iter().collect();
        recorded.sort_by_key(|call| call.began);
        let mut groups: Vec<Vec<Value>> = Vec::new();
        let mut until = None;
        for call in recorded {
            let is_overlapping = until.is_some_and(|until| call.began < until);
            until = until.max(Some(call.ended));
            match groups.last_mut().filter(|_| is_overlapping) {
                Some(group) => group.push(to_call(call)?),
                None => groups.push(vec![to_call(call)?]),
            }
        }
        Ok(Self { text: json!({ "groups": groups }).to_string() })
    }

    /// The event, with texts in place of others.
    pub(super) fn event(&self, replaced: &[String], by: &[String]) -> Bytes {
        let pairs = replaced.iter().zip(by);
        pairs.fold(self.text.clone(), |text, (replaced, by)| text.replace(replaced.as_str(), by)).into()
    }

    /// How many calls there are.
    pub(super) fn calls(&self) -> anyhow::Result<usize> {
        let script: Value = serde_json::from_str(&self.text)?;
        let groups = script["groups"].as_array().context("no groups")?;
        Ok(groups.iter().filter_map(Value::as_array).map(Vec::len).sum())
    }

    /// The escalation that the calls put into the table, if they do.
    pub(super) fn new_escalation(&self) -> Option<String> {
        let (_, after) = self.text.split_once("ESCALATION#")?;
        after.get(..36).map(str::to_owned)
    }
}

fn to_call(call: &Recorded) -> anyhow::Result<Value> {
    let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(match call.service {
        Service::DynamoDb => {
            let operation = header("x-amz-target").rsplit('.').next().unwrap_or_default();
            json!({ "dynamoDb": { "operation": operation, "input": body(call)? } })
        }
        Service::SecretsManager => {
            let input = body(call)?;
            json!({ "secret": { "secretId": input["SecretId"], "versionId": input["VersionId"] } })
        }
        Service::Lambda => {
            let function = call.path.split('/').nth(3).context("no function")?.replace("%3A", ":");
            json!({ "hint": { "function": function, "payload": call.body } })
        }
        Service::Salesforce => {
            let url = format!("http://{}{}", header("host"), call.path);
            let headers = HEADERS.into_iter().filter(|name| call.headers.contains_key(*name));
            let headers: Map<_, _> = headers.map(|name| (name.to_owned(), header(name).into())).collect();
            let answer: Value = serde_json::from_slice(&call.answer).unwrap_or_default();
            let call = json!({ "method": call.method, "url": url, "headers": headers, "body": call.body,
                               "gives": answer["accessToken"] });
            json!({ "salesforce": call })
        }
    })
}

fn body(call: &Recorded) -> anyhow::Result<Value> {
    serde_json::from_str(&call.body).context("a request that is no JSON")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::HeaderMap;
    use tokio::time::Instant;

    use super::*;

    fn hint(began: Instant, from: u64, until: u64, payload: &str) -> Recorded {
        let at = |milliseconds| began + Duration::from_millis(milliseconds);
        Recorded {
            service: Service::Lambda,
            method: "POST".into(),
            path: "/2015-03-31/functions/case-creation%3Alive/invocations".into(),
            headers: HeaderMap::new(),
            body: payload.into(),
            answer: Bytes::new(),
            began: at(from),
            ended: at(until),
        }
    }

    #[test]
    fn calls_that_were_under_way_together_are_a_group() {
        let now = Instant::now();
        let calls = [hint(now, 20, 30, "c"), hint(now, 0, 9, "a"), hint(now, 5, 12, "b"), hint(now, 11, 13, "b2")];
        let script = Script::of(&calls).unwrap();
        let groups: Value = serde_json::from_str(&script.text).unwrap();
        let payloads: Vec<Vec<_>> = groups["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| {
                group.as_array().unwrap().iter().map(|call| call["hint"]["payload"].as_str().unwrap()).collect()
            })
            .collect();
        assert_eq!(payloads, [vec!["a", "b", "b2"], vec!["c"]]);
        assert_eq!(script.calls().unwrap(), 4);
        assert_eq!(groups["groups"][0][0]["hint"]["function"], "case-creation:live");
    }

    #[test]
    fn each_event_is_about_another_escalation() {
        let script = Script::of(&[hint(Instant::now(), 0, 1, "one one")]).unwrap();
        let event = script.event(&["one".to_owned()], &["two".to_owned()]);
        assert!(std::str::from_utf8(&event).unwrap().contains("two two"));
    }
}

//! What the table holds, as it is stored.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::escalation_request::EscalationRequest;

use crate::system::System;

type Item = HashMap<String, AttributeValue>;

impl System {
    /// The kinds of the items in which one of these texts is, whether it is plain or compressed.
    pub async fn kinds_holding(&self, texts: &[String]) -> anyhow::Result<BTreeSet<String>> {
        let items = self.items().await?;
        let holds = |item: &&Item| {
            let content = item.values().map(content).collect::<Vec<_>>().join("\n");
            texts.iter().any(|text| content.contains(text))
        };
        Ok(items.iter().filter(holds).map(kind).collect())
    }

    async fn items(&self) -> anyhow::Result<Vec<Item>> {
        let scan = self.dynamodb().scan().table_name("Table").consistent_read(true);
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = scan.clone().set_exclusive_start_key(start).send().await?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

/// The kind of an item: how its partition key begins, or its sort key if the partition is an organisation's.
fn kind(item: &Item) -> String {
    let begins = |name: &str| {
        let key = item.get(name).and_then(|key| key.as_s().ok()).map_or("", String::as_str);
        key.split('#').next().unwrap_or_default().to_owned()
    };
    if begins("pk") == "ORGANISATION" { begins("sk") } else { begins("pk") }
}

fn content(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        AttributeValue::Ss(texts) => texts.join("\n"),
        AttributeValue::L(values) => values.iter().map(content).collect::<Vec<_>>().join("\n"),
        AttributeValue::M(members) => {
            members.iter().map(|(name, value)| format!("{name} {}", content(value))).collect::<Vec<_>>().join("\n")
        }
        AttributeValue::B(bytes) => {
            let request = EscalationRequest::unpack(bytes.as_ref()).ok();
            let request = request.and_then(|request| serde_json::to_string(&request).ok());
            request.unwrap_or_else(|| String::from_utf8_lossy(bytes.as_ref()).into_owned())
        }
        _ => String::new(),
    }
}

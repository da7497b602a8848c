//! Queries of the table and of its indexes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::expression::compare;
use super::operation::answer;
use super::{Expressions, Item, Key, Table};

/// Fewer than any real page, so that paging is met often.
const PAGE: usize = 20;
/// What the indexes hold besides the keys, as `infra/template.yaml` has it.
const PROJECTION: [&str; 5] = ["organisationId", "status", "escalationId", "acceptedAt", "close"];

impl Table {
    pub(super) fn query(&mut self, request: &Value, now: DateTime<Utc>) -> Result<Value, String> {
        self.index(now);
        let sorted_by = match request["IndexName"].as_str() {
            None => "sk",
            Some("DueIndex") => "dueAt",
            Some("OpenIndex" | "OrganisationIndex") => "listKey",
            Some(index) => return Err(format!("unknown index {index}")),
        };
        let is_index = sorted_by != "sk";
        let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
        let expressions = Expressions(request);
        let mut found: Vec<&Item> = Vec::new();
        let items = if is_index { &self.indexed } else { &self.items };
        for item in of_partition(items, request).filter(|item| item.contains_key(sorted_by)) {
            if expressions.all_hold(condition, item)? {
                found.push(item);
            }
        }
        found.sort_by(|left, right| compare(&left[sorted_by], &right[sorted_by]).unwrap_or(std::cmp::Ordering::Equal));
        if request["ScanIndexForward"] == false {
            found.reverse();
        }
        page(request, &found, sorted_by)
    }
}

/// The items among which a query's can be: those of its `pk`, else all.
fn of_partition<'a>(items: &'a BTreeMap<Key, Item>, request: &Value) -> impl Iterator<Item = &'a Item> {
    let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
    let name = condition.strip_prefix("pk = ").and_then(|rest| rest.split(' ').next());
    let pk = name.and_then(|name| request["ExpressionAttributeValues"][name]["S"].as_str()).map(str::to_owned);
    let first = (pk.clone().unwrap_or_default(), String::new());
    items.range(first..).take_while(move |((of, _), _)| pk.as_ref().is_none_or(|pk| pk == of)).map(|(_, item)| item)
}

fn page(request: &Value, found: &[&Item], sorted_by: &str) -> Result<Value, String> {
    let start = request["ExclusiveStartKey"].as_object();
    let is_start = |item: &&Item| start.is_some_and(|start| start["pk"] == item["pk"] && start["sk"] == item["sk"]);
    let first = found.iter().position(is_start).map_or(0, |place| place + 1);
    let limit = request["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let page: Vec<_> = found[first..].iter().take(limit).collect();
    let is_last = first + page.len() == found.len();
    let last = page.last().filter(|_| !is_last).map(|item| last_key(item, sorted_by));
    let mut items = Vec::new();
    for item in page {
        let is_wanted = match request["FilterExpression"].as_str() {
            Some(filter) => Expressions(request).all_hold(filter, item)?,
            None => true,
        };
        if is_wanted {
            items.push(Value::Object(projected(item, sorted_by)));
        }
    }
    let mut page = answer("Count", json!(items.len()));
    if request["Select"] != "COUNT" {
        page["Items"] = Value::Array(items);
    }
    if let Some(last) = last {
        page["LastEvaluatedKey"] = Value::Object(last);
    }
    Ok(page)
}

fn projected(item: &Item, sorted_by: &str) -> Item {
    if sorted_by == "sk" {
        return item.clone();
    }
    let is_in =
        |name: &str| name == sorted_by || matches!(name, "pk" | "sk" | "duePartition") || PROJECTION.contains(&name);
    item.iter().filter(|(name, _)| is_in(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn last_key(item: &Item, sorted_by: &str) -> Item {
    let is_key = |name: &str| {
        matches!(name, "pk" | "sk" | "duePartition" | "organisationId" | "openOrganisation") || name == sorted_by
    };
    item.iter().filter(|(name, _)| is_key(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

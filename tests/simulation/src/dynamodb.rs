//! A model of the table: `DynamoDB`'s conditional writes, transactions with their tokens, pages, and indexes that lag.

mod expression;
mod operation;
mod query;

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use expression::Expressions;
pub(crate) use expression::Item;
pub(crate) use operation::Failure;

use crate::plant::Plant;

/// How long a transaction's token is remembered.
const TOKEN_MEMORY: TimeDelta = TimeDelta::minutes(10);

type Key = (String, String);

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    items: BTreeMap<Key, Item>,
    /// What the indexes show by now.
    indexed: BTreeMap<Key, Item>,
    /// What they will show, and when.
    to_be_indexed: VecDeque<(DateTime<Utc>, Key, Option<Item>)>,
    tokens: BTreeMap<String, DateTime<Utc>>,
    plant: Option<Plant>,
    /// Every state of an escalation that was ever stored.
    escalations: Vec<(DateTime<Utc>, Item)>,
}

/// Why an operation was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    /// Of each part of a transaction.
    pub(crate) reasons: Vec<&'static str>,
}

impl Refusal {
    pub(crate) fn of(code: &'static str) -> Self {
        Self { code, reasons: Vec::new() }
    }
}

impl Table {
    pub(crate) fn with(plant: Option<Plant>) -> Self {
        Self { plant, ..Self::default() }
    }

    /// When something is due first, if anything is.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.items.values().filter_map(|item| item.get("dueAt")?["N"].as_str()?.parse().ok()).min()
    }

    /// Items of a kind: those whose partition key begins so.
    pub(crate) fn items_of(&self, kind: &str) -> impl Iterator<Item = &Item> {
        let begins = (kind.to_owned(), String::new());
        self.items.range(begins..).take_while(move |((pk, _), _)| pk.starts_with(kind)).map(|(_, item)| item)
    }

    /// Every state of an escalation that was ever stored, in order.
    pub(crate) fn escalations(&self) -> &[(DateTime<Utc>, Item)] {
        &self.escalations
    }

    /// Deletes, of the items whose time to live is over, those that `now_and_then` chooses: real tables take up to days.
    pub(crate) fn expire(&mut self, now: DateTime<Utc>, mut now_and_then: impl FnMut() -> bool) {
        let is_over = |item: &Item| {
            let at: Option<i64> = item.get("expiresAt").and_then(|at| at["N"].as_str()?.parse().ok());
            at.is_some_and(|at| at < now.timestamp())
        };
        let over: Vec<_> = self.items.iter().filter(|(_, item)| is_over(item)).map(|(key, _)| key.clone()).collect();
        for key in over {
            if now_and_then() {
                self.write(key, None, now, TimeDelta::zero());
            }
        }
    }

    fn write(&mut self, key: Key, item: Option<Item>, now: DateTime<Utc>, lag: TimeDelta) {
        let item = item.and_then(|item| Plant::spoil_write(self.plant, item));
        let was_indexed =
            self.items.get(&key).is_some_and(|item| item.contains_key("listKey") || item.contains_key("dueAt"));
        let is_indexed = item.as_ref().is_some_and(|item| item.contains_key("listKey") || item.contains_key("dueAt"));
        if was_indexed || is_indexed {
            let last = self.to_be_indexed.back().map_or(now, |(at, _, _)| *at);
            self.to_be_indexed.push_back((last.max(now + lag), key.clone(), item.clone()));
        }
        if let Some(item) = item.as_ref().filter(|_| key.1 == "ESCALATION") {
            self.escalations.push((now, item.clone()));
        }
        match item {
            Some(item) => drop(self.items.insert(key, item)),
            None => drop(self.items.remove(&key)),
        }
    }

    /// Lets the indexes catch up.
    fn index(&mut self, now: DateTime<Utc>) {
        while self.to_be_indexed.front().is_some_and(|(at, _, _)| *at <= now) {
            match self.to_be_indexed.pop_front() {
                Some((_, key, Some(item))) => drop(self.indexed.insert(key, item)),
                Some((_, key, None)) => drop(self.indexed.remove(&key)),
                None => {}
            }
        }
    }

    fn check(&self, key: &Key, request: &Value) -> Result<bool, String> {
        let Some(condition) = request["ConditionExpression"].as_str() else { return Ok(true) };
        if self.plant.is_some_and(|plant| plant.skips_condition(&key.0)) {
            return Ok(true);
        }
        Expressions(request).holds(condition, self.items.get(key))
    }
}

fn key_of(item: &Value) -> Result<Key, String> {
    let part = |name: &str| item[name]["S"].as_str().map(str::to_owned).ok_or_else(|| format!("no {name}"));
    Ok((part("pk")?, part("sk")?))
}

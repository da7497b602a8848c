//! The client of the DynamoDB table: one item type a file, each write conditional.

use aws_sdk_dynamodb::Client;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use error::while_contended;

use crate::clock::Clock;
use crate::retention::Retention;

mod accept;
mod ahead;
mod audit;
mod callback_tests;
mod case_mechanism;
mod conversation_log;
mod counts;
mod customer_properties;
mod customers;
mod due;
mod error;
mod escalations;
mod escalations_tokens;
mod feed;
mod feeds;
mod files;
mod following;
mod guest_tokens;
mod kept;
mod list;
mod not_before;
mod organisations;
mod sessions;
mod settings;
mod transcripts;

pub use accept::{Acceptance, IdempotencyRecord};
pub use ahead::Needed;
pub use audit::{AuditEntry, AuditPage, Audited, FieldChange};
pub use conversation_log::{Accepted, ConversationLog};
pub use counts::Counts;
pub use customers::Erased;
pub use due::{DUE_PARTITIONS, DueCursor, DueItem, DuePage, DueWork, MAX_STUCK_COUNTED, STUCK_PARTITION};
pub use error::StoreError;
pub use escalations::Change;
pub use escalations_tokens::{AcceptedToken, EscalationsToken, EscalationsTokens};
pub use feed::{Connection, Feed, ForwardAttempt, Queue, Receipt, ReceiptState, Typing};
pub use following::Followed;
pub use kept::Traces;
pub use list::{Filter, Page};
pub use not_before::NotBefore;
pub use organisations::{KeyHolder, StoredKey};
pub use sessions::StoredSession;
pub use transcripts::CHUNK_BYTES;

/// An item of the table.
type Item = HashMap<String, AttributeValue>;

/// The table. Reads are consistent, except where an index is named.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    retention: Retention,
    clock: Arc<dyn Clock>,
    /// What the one invocation that uses this knows already.
    ahead: Option<Arc<Mutex<ahead::Ahead>>>,
}

impl Store {
    /// The table of this name. What has expired by the clock counts as gone: the table deletes it some days later.
    #[must_use]
    pub fn new(client: Client, table: &str, retention: Retention, clock: Arc<dyn Clock>) -> Self {
        Self { client, table: table.to_owned(), retention, clock, ahead: None }
    }

    async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        if let Some(found) = self.take_ahead(&key) {
            return Ok(found.0);
        }
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.item())).consistent_read(true);
        while_contended(|| async { Ok(request.clone().send().await?.item) }).await
    }

    /// A consistent query of a partition; the condition names it `:pk`.
    fn query(&self, pk: String, condition: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        query.key_condition_expression(condition).expression_attribute_values(":pk", text(pk))
    }

    /// All items of a query, page by page.
    async fn query_all(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let request = query.clone().set_exclusive_start_key(start);
            let page = while_contended(|| async { Ok(request.clone().send().await?) }).await?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    async fn delete(&self, key: Key) -> Result<(), StoreError> {
        self.client.delete_item().table_name(&self.table).set_key(Some(key.item())).send().await?;
        Ok(())
    }
}

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    pk: String,
    sk: String,
}

impl Key {
    /// An item that stands alone, `kind` being its sort key too.
    fn alone(kind: &str, id: impl std::fmt::Display) -> Self {
        Self { pk: format!("{kind}#{id}"), sk: kind.to_owned() }
    }

    /// An item of an organisation.
    fn of_organisation(organisation_id: &str, sk: impl Into<String>) -> Self {
        Self { pk: format!("ORGANISATION#{organisation_id}"), sk: sk.into() }
    }

    fn item(&self) -> Item {
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn read_text(item: &Item, name: &str) -> Result<String, StoreError> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| StoreError::Corrupt(name.to_owned()))
}

fn read_number<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    let digits = item.get(name).and_then(|value| value.as_n().ok());
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| StoreError::Corrupt(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    const DATA: &str = include_str!("../../infra/DATA.md");

    /// Whether a text could begin a key of an item.
    fn is_kind(text: &str) -> bool {
        text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    }

    /// The kinds of items in the source: texts in capitals, alone or before a `#`.
    fn kinds() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut kinds = BTreeSet::new();
        for file in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(file.unwrap().path()).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            let texts = code.split('"').skip(1).step_by(2).map(|text| text.split('#').next().unwrap());
            kinds.extend(texts.filter(|text| is_kind(text)).map(str::to_owned));
        }
        kinds
    }

    #[test]
    fn every_kind_of_item_is_in_the_table_of_personal_data_and_no_other() {
        // Within a conversation's log.
        let parts = ["RECORD", "IDENTITY"];
        let kinds: BTreeSet<_> = kinds().into_iter().filter(|kind| !parts.contains(&kind.as_str())).collect();
        let rows = DATA.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
        let named = rows.flat_map(|cell| cell.split('`')).filter(|name| is_kind(name)).map(str::to_owned);
        assert_eq!(named.collect::<BTreeSet<_>>(), kinds);
        assert!(kinds.len() > 15, "{kinds:?}");
    }
}

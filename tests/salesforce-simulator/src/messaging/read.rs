//! What a customer's client reads: conversations and their entries.

use std::collections::HashMap;

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    messaging::{
        call::Call,
        entry::{Entry, EntryType},
        error::MessagingError,
    },
    reply::Reply,
};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 50;

/// Which entries are asked for.
struct Page {
    limit: usize,
    /// Milliseconds since 1970, both inclusive.
    from: i64,
    to: i64,
    from_start: Option<bool>,
    types: Option<Vec<EntryType>>,
}

/// `GET conversation/{id}`.
pub(crate) fn routing_status(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    call.query(&[])?;
    let scene = call.conversation(id)?;
    let body = json!({ "conversationId": id, "routingStatus": scene.conversation().routing_status });
    Ok(Reply::json(StatusCode::OK, body))
}

/// `GET conversation/list`.
pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, MessagingError> {
    let query = call.query(&["inclClosedConvs", "limit"])?;
    let limit = limit(&query)?;
    let with_closed = match query.get("inclClosedConvs").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(MessagingError::bad_request("inclClosedConvs is true or false")),
    };
    let own: Vec<_> = call.org.messaging.conversations.iter().filter(|own| own.subject == call.subject).collect();
    let open = own.iter().filter(|conversation| conversation.is_open).count();
    let conversations: Vec<Value> = own
        .iter()
        .filter(|conversation| conversation.is_open || with_closed)
        .take(limit)
        .map(|own| json!({ "conversationId": own.id, "startTimestamp": own.created_at.timestamp_millis() }))
        .collect();
    let body = json!({
        "openConversationsFound": open,
        "closedConversationsFound": own.len() - open,
        "conversations": conversations,
    });
    Ok(Reply::json(StatusCode::OK, body))
}

/// `GET conversation/{id}/entries`.
pub(crate) fn entries(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    let page =
        Page::read(&call.query(&["limit", "startTimestamp", "endTimestamp", "direction", "entryTypeFilter"])?)?;
    let scene = call.conversation(id)?;
    let uncertain = scene.uncertain();
    if !scene.conversation().is_open && uncertain.entries_hidden_after_close {
        return Err(MessagingError::not_found());
    }
    let visible_until = scene.now - TimeDelta::milliseconds(uncertain.entries_lag_ms.into());
    let visible = |entry: &&Entry| entry.at <= visible_until && page.holds(entry);
    let mut entries: Vec<&Entry> = scene.conversation().entries.iter().filter(visible).collect();
    if page.from_start != Some(true) {
        entries.reverse();
    }
    entries.truncate(page.limit);
    if page.from_start.is_none() && uncertain.entries_oldest_first {
        entries.reverse();
    }
    let rendered: Vec<Value> = entries.iter().map(|entry| entry.render(uncertain.listed_payload_as_text)).collect();
    Ok(Reply::json(StatusCode::OK, json!({ "conversationEntries": rendered })))
}

/// `GET conversation/{id}/transcript`: a text, though Salesforce may send a PDF.
pub(crate) fn transcript(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    call.query(&["esDeveloperName"])?;
    let scene = call.conversation(id)?;
    let line = |entry: &Entry| Some(format!("{}: {}\n", entry.sender.name, entry.text.as_deref()?));
    let text: String = scene.conversation().messages().filter_map(line).collect();
    Ok(Reply::raw(StatusCode::OK, "text/plain; charset=utf-8", text))
}

impl Page {
    fn read(query: &HashMap<String, String>) -> Result<Self, MessagingError> {
        let from_start = match query.get("direction").map(String::as_str) {
            None => None,
            Some("FromStart") => Some(true),
            Some("FromEnd") => Some(false),
            Some(_) => return Err(MessagingError::bad_request("direction is FromStart or FromEnd")),
        };
        let types = query.get("entryTypeFilter").map(|filter| filter.split(',').map(word).collect()).transpose()?;
        Ok(Self {
            limit: limit(query)?,
            from: parameter(query, "startTimestamp")?.unwrap_or(i64::MIN),
            to: parameter(query, "endTimestamp")?.unwrap_or(i64::MAX),
            from_start,
            types,
        })
    }

    fn holds(&self, entry: &Entry) -> bool {
        let at = entry.at.timestamp_millis();
        self.from <= at && at <= self.to && self.types.as_ref().is_none_or(|types| types.contains(&entry.entry_type))
    }
}

fn limit(query: &HashMap<String, String>) -> Result<usize, MessagingError> {
    match parameter(query, "limit")?.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(MessagingError::bad_request("limit is 1 to 50")),
    }
}

fn parameter<T: std::str::FromStr>(query: &HashMap<String, String>, name: &str) -> Result<Option<T>, MessagingError> {
    let wrong = |_| MessagingError::bad_request(format!("{name} is not a number"));
    query.get(name).map(|value| value.parse().map_err(wrong)).transpose()
}

fn word<T: DeserializeOwned>(word: &str) -> Result<T, MessagingError> {
    serde_json::from_value(word.into()).map_err(|error| MessagingError::bad_request(error.to_string()))
}

//! Reads the entries of a conversation, page by page.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use super::{Entry, Messaging, MessagingError, read_sized_json};

/// Entries of a page; Salesforce's maximum.
const PAGE: usize = 50;
/// Bounds the reading of a conversation that repeats itself: 20,000 entries.
const MAX_PAGES: usize = 400;
/// Bounds the memory that it takes: the newest entries of so many bytes are read. A hundred messages have some 100 kB.
const MAX_BYTES: usize = 16 * 1024 * 1024;

impl Messaging<'_> {
    /// All entries since a moment (inclusive), in the order in which Salesforce stored them.
    ///
    /// It pages from the newest backwards, which is the documented default, so that a server that ignores the direction is read
    /// rightly too.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation.
    pub async fn entries(
        &self,
        token: &SecretString,
        conversation: Uuid,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<Entry>, MessagingError> {
        let mut pages = Pages::default();
        while let Some(until) = pages.next() {
            let (answer, bytes) = self.page(token, conversation, since, until).await?;
            pages.add(&answer, bytes);
        }
        Ok(pages.in_order())
    }

    async fn page(
        &self,
        token: &SecretString,
        conversation: Uuid,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<(Value, usize), MessagingError> {
        let millis = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_millis().to_string());
        let bounds = [("startTimestamp", millis(since)), ("endTimestamp", millis(until))];
        let bounds = bounds.into_iter().filter_map(|(name, at)| Some((name, at?)));
        let query: Vec<_> =
            [("limit", PAGE.to_string()), ("direction", "FromEnd".to_owned())].into_iter().chain(bounds).collect();
        let request = self.request(Method::GET, token, &format!("conversation/{conversation}/entries"));
        read_sized_json(self.send(request.query(&query)).await?).await
    }
}

/// What was read, newest first.
#[derive(Default)]
struct Pages {
    entries: Vec<Entry>,
    seen: HashSet<String>,
    /// The oldest that has a time.
    oldest: Option<DateTime<Utc>>,
    /// A page brought nothing new: there are more than a page's in one millisecond, which no bound tells apart.
    is_stuck: bool,
    read: usize,
    bytes: usize,
    is_complete: bool,
}

impl Pages {
    /// The upper bound of the next page: none for the first. `None` when all is read.
    #[expect(clippy::option_option, reason = "a next page without a bound is not the same as no next page")]
    fn next(&self) -> Option<Option<DateTime<Utc>>> {
        if self.is_complete || self.read == MAX_PAGES || self.bytes >= MAX_BYTES {
            return None;
        }
        Some(self.oldest.map(|oldest| if self.is_stuck { oldest - TimeDelta::milliseconds(1) } else { oldest }))
    }

    /// Takes in a page whose answer had so many bytes.
    fn add(&mut self, answer: &Value, bytes: usize) {
        let page = answer["conversationEntries"].as_array().map_or(&[][..], Vec::as_slice);
        let before = self.entries.len();
        let mut entries: Vec<_> = page.iter().filter_map(|entry| Entry::read(entry.clone())).collect();
        let is_oldest_first = entries.first().map(|entry| entry.at) < entries.last().map(|entry| entry.at);
        if is_oldest_first {
            entries.reverse();
        }
        for entry in entries {
            if self.seen.insert(entry.identifier.clone()) {
                self.entries.push(entry);
            }
        }
        self.read += 1;
        self.bytes += bytes;
        let oldest = self.oldest;
        self.oldest = self.entries.iter().map(|entry| entry.at).filter(|at| *at > DateTime::UNIX_EPOCH).min();
        let has_news = self.entries.len() > before;
        self.is_complete = page.len() < PAGE || (!has_news && (self.is_stuck || self.oldest.is_none()));
        self.is_stuck = !has_news && self.oldest == oldest;
    }

    fn in_order(mut self) -> Vec<Entry> {
        self.entries.reverse();
        self.entries.sort_by_key(|entry| entry.at);
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A server with so many entries, three of each millisecond.
    fn server(count: i64, until: Option<DateTime<Utc>>) -> Value {
        let entry = |n: i64| json!({ "identifier": n.to_string(), "transcriptedTimestamp": n / 3 });
        let all = (0..count).rev().filter(|n| until.is_none_or(|until| n / 3 <= until.timestamp_millis()));
        json!({ "conversationEntries": all.take(PAGE).map(entry).collect::<Vec<_>>() })
    }

    fn read(count: i64) -> (Vec<String>, usize) {
        let mut pages = Pages::default();
        while let Some(until) = pages.next() {
            pages.add(&server(count, until), 0);
        }
        let requests = pages.read;
        (pages.in_order().into_iter().map(|entry| entry.identifier).collect(), requests)
    }

    #[test]
    fn all_entries_are_read_once_and_in_order() {
        for count in [0, 1, 49, 50, 51, 100, 333] {
            let expected: Vec<_> = (0..count).map(|n| n.to_string()).collect();
            assert_eq!(read(count).0, expected, "{count}");
        }
    }

    #[test]
    fn a_page_that_begins_with_the_oldest_is_read_in_order_too() {
        let entry = |n: i64| json!({ "identifier": n.to_string(), "transcriptedTimestamp": n / 3 });
        let mut pages = Pages::default();
        pages.add(&json!({ "conversationEntries": (0..9).map(entry).collect::<Vec<_>>() }), 0);
        let order: String = pages.in_order().into_iter().map(|entry| entry.identifier).collect();
        assert_eq!(order, "012345678");
    }

    #[test]
    fn a_short_conversation_is_one_request() {
        assert_eq!(read(49).1, 1);
    }

    #[test]
    fn more_than_a_page_in_one_millisecond_does_not_hide_what_is_older() {
        let entry = |n: i64| json!({ "identifier": n.to_string(), "transcriptedTimestamp": if n < 10 { n + 1 } else { 1_000 } });
        let mut pages = Pages::default();
        while let Some(until) = pages.next() {
            let all = (0..90).rev().map(entry);
            let until = until.map_or(i64::MAX, |until| until.timestamp_millis());
            let page = all.filter(|entry| entry["transcriptedTimestamp"].as_i64().unwrap() <= until).take(PAGE);
            pages.add(&json!({ "conversationEntries": page.collect::<Vec<_>>() }), 0);
        }
        let read: HashSet<_> = pages.in_order().into_iter().map(|entry| entry.identifier).collect();
        assert!((0..10).all(|n| read.contains(&n.to_string())));
    }

    #[test]
    fn entries_without_a_time_do_not_end_the_reading() {
        let mut pages = Pages::default();
        let timeless =
            |n: i64| json!({ "identifier": n.to_string(), "transcriptedTimestamp": if n == 0 { 0 } else { n } });
        pages.add(&json!({ "conversationEntries": (0..50).rev().map(timeless).collect::<Vec<_>>() }), 0);
        assert_eq!(pages.next(), Some(DateTime::from_timestamp_millis(1)));
    }

    #[test]
    fn a_server_that_repeats_itself_is_not_asked_for_ever() {
        let mut pages = Pages::default();
        let same = server(50, None);
        while pages.next().is_some() {
            pages.add(&same, 0);
        }
        assert_eq!((pages.read, pages.entries.len()), (3, 50));
    }

    #[test]
    fn of_a_conversation_that_is_too_large_the_newest_entries_are_read() {
        let mut pages = Pages::default();
        while let Some(until) = pages.next() {
            pages.add(&server(1_000, until), MAX_BYTES / 4);
        }
        let read: Vec<_> = pages.in_order().into_iter().map(|entry| entry.identifier).collect();
        assert_eq!((read.len() < 200, read.last().map(String::as_str)), (true, Some("999")));
    }
}

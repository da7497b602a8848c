//! The pure parts.

use std::hint::black_box;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use conversation_relay::mapping::{OwnMessages, events};
use serde_json::Value;
use settings::parse::Document;
use shared::conversation::{LogEvent, Record};
use shared::escalation_request::{EscalationRequest, parse};
use shared::routing_decision::decide;
use shared::salesforce::messaging::Entry;
use shared::transcript::Transcript;
use uuid::Uuid;

const ESCALATION: &str = include_str!("../../../../events/escalation-intake-long-conversation.json");
const SETTINGS: &str = include_str!("../../../../events/settings-put.json");
const ENTRIES: [&str; 4] = [
    include_str!("../../../fuzz/corpus/entries/text.json"),
    include_str!("../../../fuzz/corpus/entries/agent-joined.json"),
    include_str!("../../../fuzz/corpus/entries/carousel.json"),
    include_str!("../../../fuzz/corpus/entries/attachments.json"),
];

/// Runs a part so many times; how much it made, so that nothing of it can be left out.
pub(super) type Part = fn(u64) -> anyhow::Result<usize>;

/// All of them.
pub(super) const PARTS: [(&str, Part); 5] = [
    ("escalationRequest", escalation_request),
    ("eventStream", event_stream),
    ("routingDecision", routing_decision),
    ("settings", settings),
    ("transcript", transcript),
];

/// Runs a part.
pub(super) fn repeat(part: Part, times: u64) -> anyhow::Result<usize> {
    part(black_box(times))
}

/// The body of a sample event.
fn body(event: &str) -> anyhow::Result<String> {
    let event: Value = serde_json::from_str(event)?;
    event["body"].as_str().map(str::to_owned).context("no body")
}

fn request(body: &str) -> anyhow::Result<EscalationRequest> {
    parse(&serde_json::from_str(body)?).map_err(|_| anyhow!("no escalation"))
}

fn document(body: &str) -> anyhow::Result<Document> {
    settings::parse::parse(&serde_json::from_str(body)?, true, true).map_err(|_| anyhow!("no settings"))
}

/// From the bytes of a body to a checked escalation.
fn escalation_request(times: u64) -> anyhow::Result<usize> {
    let body = body(ESCALATION)?;
    let requests = (0..times).map(|_| Ok(black_box(request(black_box(&body))?).conversation.messages.len()));
    requests.sum()
}

/// The transcript of a long conversation, as it is attached to a Case.
fn transcript(times: u64) -> anyhow::Result<usize> {
    let request = request(&body(ESCALATION)?)?;
    let transcript = Transcript {
        request: &request,
        live: &[],
        accepted_at: DateTime::UNIX_EPOCH,
        why: "Outside of business hours.",
        next_opening: None,
        time_zone: Tz::Europe__Copenhagen,
    };
    Ok((0..times).map(|_| black_box(black_box(&transcript).whole()).len()).sum())
}

/// From the bytes of a document to checked settings.
fn settings(times: u64) -> anyhow::Result<usize> {
    let body = body(SETTINGS)?;
    let documents = (0..times).map(|_| Ok(black_box(document(black_box(&body))?).into_settings(1, String::new())));
    documents.map(|settings: anyhow::Result<_>| Ok(settings?.routing_attributes.len())).sum()
}

/// Live or Case, at each hour of a week with a holiday in it.
fn routing_decision(times: u64) -> anyhow::Result<usize> {
    let settings = document(&body(SETTINGS)?)?.into_settings(1, "version".to_owned());
    let christmas: DateTime<Utc> = "2026-12-21T00:30:00Z".parse()?;
    let hours = || (0..7 * 24).map(|hour| christmas + TimeDelta::hours(hour));
    let decisions = (0..times).flat_map(|_| hours().map(|now| decide(black_box(&settings), now)));
    Ok(decisions.map(|decision| usize::from(black_box(decision).next_opening.is_some())).sum())
}

/// Entries of Salesforce's, to the bytes that a customer's chat gets.
fn event_stream(times: u64) -> anyhow::Result<usize> {
    let own = OwnMessages::new(Uuid::nil());
    let mut bytes = 0;
    for number in 0..times {
        for entry in ENTRIES {
            let entry = Entry::read(serde_json::from_str(black_box(entry))?).context("no entry")?;
            let record = Record { number, event: LogEvent::Entry(entry) };
            bytes += events(&record, &own).iter().map(|event| black_box(event.encoded()).len()).sum::<usize>();
        }
    }
    Ok(bytes)
}

//! What a run of recovery asks for, with few and with many stored escalations, of which the same ones are due.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use flows::{System, conversation};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::{Options, Reply};
use serde::Serialize;
use shared::ids::{Ids as _, RandomIds};

use super::goal::Goal;
use super::stage::hint;
use crate::usage::{Capacity, Meter};

const TABLE: &str = "Table";
/// As few as there may be.
const FEW: usize = 100;
const ORGANISATIONS: usize = 4;
const DUE_EACH: usize = 25;
/// Items that DynamoDB takes in one request.
const BATCH: usize = 25;
/// Requests at a time.
const WRITERS: usize = 4;
/// By then, all that is not final is due again.
const SECONDS_UNTIL_DUE: i64 = 3_600;
const RECOVERY: &str = "escalation-recovery";

type Item = HashMap<String, AttributeValue>;

/// One run of recovery.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tick {
    /// Final escalations in the table.
    pub(super) stored: usize,
    /// Escalations that were hinted.
    pub(super) driven: u64,
    pub(super) used: Capacity,
}

/// Runs recovery twice.
pub(super) async fn run(binaries: &Path, stored: usize) -> anyhow::Result<[Tick; 2]> {
    let system = System::start_with(Options { binaries: binaries.to_owned(), ..Options::default() }).await?;
    let lambda = system.stack.lambda();
    lambda.lose_events(None, usize::MAX / 2);
    let meter = Meter::start(system.stack.dynamodb_url()).await?;
    lambda.set_variable(RECOVERY, "AWS_ENDPOINT_URL_DYNAMODB", meter.url())?;
    for number in 0..ORGANISATIONS {
        let organisation = format!("organisation-{number}");
        system.organisation(&organisation).await?;
        for due in 0..DUE_EACH {
            system.accept(&organisation, &conversation(&format!("due-{due}"))).await?;
        }
    }
    let model = final_escalation(&system).await?;
    // New settings owe a redrive, which this finishes.
    system.pass_time(SECONDS_UNTIL_DUE);
    tick(&system, &meter, 1).await?;
    let mut ticks = Vec::new();
    let mut written = 1;
    for stored in [FEW, stored] {
        fill(&system.dynamodb(), &model, stored - written).await?;
        written = stored;
        system.pass_time(SECONDS_UNTIL_DUE);
        ticks.push(tick(&system, &meter, stored).await?);
    }
    ticks.try_into().ok().context("two runs")
}

/// The item of an escalation that has become a Case.
async fn final_escalation(system: &System) -> anyhow::Result<Item> {
    let organisation = "organisation-0";
    let id = system.accept(organisation, &conversation("final")).await?;
    for function in ["business-hours-router", "case-creation"] {
        let reply = system.stack.lambda().invoke(function, hint(organisation, &id)).await?;
        anyhow::ensure!(matches!(reply, Reply::Payload(_)), "{function} failed");
    }
    let escalation = system.escalation(organisation, &id).await?;
    anyhow::ensure!(escalation["status"] == "caseCreated", "{escalation}");
    let key = [("pk", format!("ESCALATION#{id}")), ("sk", "ESCALATION".to_owned())];
    let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    let read = system.dynamodb().get_item().table_name(TABLE).set_key(Some(key.into())).send().await?;
    read.item.context("no item")
}

/// Writes so many copies of an escalation, each with an id of its own.
async fn fill(client: &Client, model: &Item, count: usize) -> anyhow::Result<()> {
    let batches = (0..count.div_ceil(BATCH)).map(|batch| {
        let puts = (0..BATCH.min(count - batch * BATCH)).map(|_| {
            let put = PutRequest::builder().set_item(Some(copy(model))).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let puts: anyhow::Result<Vec<_>> = puts.collect();
        async move {
            let written = client.batch_write_item().request_items(TABLE, puts?).send().await?;
            anyhow::ensure!(written.unprocessed_items.is_none_or(|items| items.is_empty()), "not all were written");
            Ok(())
        }
    });
    stream::iter(batches).buffer_unordered(WRITERS).try_collect().await
}

/// The same escalation under another id.
fn copy(model: &Item) -> Item {
    let id = RandomIds.uuid().to_string();
    let old = model.get("escalationId").and_then(|id| id.as_s().ok()).cloned().unwrap_or_default();
    let renamed = |value: &AttributeValue| match value {
        AttributeValue::S(text) => AttributeValue::S(text.replace(&old, &id)),
        other => other.clone(),
    };
    model.iter().map(|(name, value)| (name.clone(), renamed(value))).collect()
}

async fn tick(system: &System, meter: &Meter, stored: usize) -> anyhow::Result<Tick> {
    let before = meter.read();
    let Reply::Payload(answer) = system.stack.lambda().invoke(RECOVERY, "{}".into()).await? else {
        anyhow::bail!("recovery failed")
    };
    let answer: serde_json::Value = serde_json::from_slice(&answer)?;
    let driven = answer["driven"].as_u64().context("it does not tell what it did")?;
    Ok(Tick { stored, driven, used: meter.read().less(before) })
}

/// Many stored escalations change nothing.
pub(super) fn goals(ticks: &[Tick; 2]) -> Vec<Goal> {
    let [few, many] = ticks;
    let goal = |what: &str, of: fn(&Tick) -> f64| {
        let name = format!("{what} of recovery with {} stored, more or fewer than with {FEW}", many.stored);
        Goal::at_most(name, 0.0, (of(many) - of(few)).abs(), "")
    };
    vec![goal("requests", |tick| tick.used.requests), goal("read items", |tick| tick.used.read_items)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(stored: usize, requests: f64, read_items: f64) -> Tick {
        Tick { stored, driven: 100, used: Capacity { requests, read_items, ..Capacity::default() } }
    }

    #[test]
    fn one_request_more_or_fewer_is_not_the_same() {
        for requests in [216.0, 218.0] {
            let goals = goals(&[tick(100, 217.0, 100.0), tick(100_000, requests, 100.0)]);
            assert_eq!(goals.iter().map(Goal::holds).collect::<Vec<_>>(), [false, true]);
        }
    }

    #[test]
    fn a_copy_is_found_under_its_own_id_only() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let model = Item::from([
            ("pk".to_owned(), text("ESCALATION#old")),
            ("escalationId".to_owned(), text("old")),
            ("listKey".to_owned(), text("2026#old")),
        ]);
        let copy = copy(&model);
        let id = copy["escalationId"].as_s().unwrap();
        assert_ne!(id, "old");
        assert_eq!(copy["pk"], text(&format!("ESCALATION#{id}")));
        assert_eq!(copy["listKey"], text(&format!("2026#{id}")));
    }
}

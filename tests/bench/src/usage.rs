//! What one escalation asks of AWS and of Salesforce.
//!
//! The real binaries play Cases and live chats, one after the other, with OAuth and settings known to warm functions. What is
//! counted are requests, capacity units as DynamoDB bills them, invocations and log bytes; times are those of this machine.

mod count;
mod meter;

use std::io::Write;
use std::time::Duration;

use flows::{Chat, System, conversation, long_conversation};
use salesforce_simulator::Script;
use serde_json::{Value, json};
use shared::escalation::Status;

pub(crate) use count::{Count, Counter};
pub(crate) use meter::{Capacity, Meter};

/// How many of each are played.
const PLAYED: u32 = 10;
/// Messages that customer and agent write in turn.
const TURNS: u32 = 10;
/// How long an open connection is watched in which nobody writes.
const SILENCE: Duration = Duration::from_mins(1);
/// A conversation of 10 messages with 300 characters each.
const MESSAGES: (usize, usize) = (10, 300);

/// Plays and counts, and writes the JSON.
///
/// Fails if an escalation has another outcome than it should.
pub async fn run(output: &mut impl Write) -> anyhow::Result<()> {
    let system = System::start().await?;
    let counter = warm(&system).await?;
    let case = counter.during(PLAYED, async |number| play_case(&system, &number.to_string()).await).await?;
    let live = counter.during(PLAYED, async |number| play_live(&system, &number.to_string()).await).await?;
    let connected = connected_minute(&system, &counter).await?;
    let tick = counter
        .during(PLAYED, async |_| {
            system.recover().await;
            Ok(())
        })
        .await?;
    // Last, as they stay open.
    let start = counter.during(PLAYED, async |number| play_start(&system, &number.to_string()).await).await?;
    let usage = report(&case, &start, &live, &connected, &tick);
    Ok(writeln!(output, "{}", serde_json::to_string_pretty(&usage)?)?)
}

/// A system that has played one of each, with processes that go on, and knows OAuth sessions and settings.
async fn warm(system: &System) -> anyhow::Result<Counter<'_>> {
    let counter = Counter::start(system).await?;
    system.organisation("case").await?;
    system.live_organisation("waiting", "fullviewFlow", Script::default()).await?;
    system.live_organisation("live", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    play_case(system, "first").await?;
    play_live(system, "first").await?;
    let chat = system.open_chat("waiting", &long_conversation("first", MESSAGES.0, MESSAGES.1)).await?;
    system.settle().await;
    chat.end().await?.expect_status(204)?;
    system.settle().await;
    Ok(counter)
}

fn report(case: &Count, start: &Count, live: &Count, connected: &Count, tick: &Count) -> Value {
    let (messages, characters) = MESSAGES;
    json!({
        "measuredBy": "cargo run --profile measure --bin usage",
        "conversation": { "messages": messages, "charactersEach": characters },
        "case": case,
        "liveStart": start,
        "liveChat": { "customerMessages": TURNS, "agentMessages": TURNS, "each": live },
        "connectedMinute": connected,
        "recoveryTick": tick,
    })
}

async fn play_case(system: &System, id: &str) -> anyhow::Result<()> {
    play_until(system, "case", id, Status::CaseCreated).await
}

/// A live conversation up to where the customer waits for an agent.
async fn play_start(system: &System, id: &str) -> anyhow::Result<()> {
    play_until(system, "waiting", id, Status::Waiting).await
}

/// What the table says is read beside the meter.
async fn play_until(system: &System, organisation: &str, id: &str, status: Status) -> anyhow::Result<()> {
    let id = system.accept(organisation, &long_conversation(id, MESSAGES.0, MESSAGES.1)).await?;
    system.settle().await;
    let escalation = system.store().escalation(id.parse()?).await?;
    let reached = escalation.map(|escalation| escalation.status);
    anyhow::ensure!(reached == Some(status), "{reached:?} instead of {status:?}");
    Ok(())
}

/// A chat that agent and customer hold, and that the customer ends.
async fn play_live(system: &System, id: &str) -> anyhow::Result<()> {
    let chat = system.open_chat("live", &long_conversation(id, MESSAGES.0, MESSAGES.1)).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("active").await?;
    for turn in 0..TURNS {
        say(&chat, turn).await?;
        let text = format!("Answer {turn}");
        system.salesforce().agent_says("live", &chat.id, &text)?;
        events.until_text(&text).await?;
    }
    chat.end().await?.expect_status(204)?;
    events.end().await?;
    system.settle().await;
    Ok(())
}

async fn say(chat: &Chat<'_>, turn: u32) -> anyhow::Result<()> {
    chat.say(&format!("m{turn}"), &"x".repeat(MESSAGES.1)).await?.expect_status(202)?;
    Ok(())
}

/// A connection in which nobody writes.
async fn connected_minute(system: &System, counter: &Counter<'_>) -> anyhow::Result<Count> {
    let chat = system.open_chat("live", &conversation("silent")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("active").await?;
    system.settle().await;
    let silence = async |_| {
        tokio::time::sleep(SILENCE).await;
        Ok(())
    };
    let count = counter.during(1, silence).await?;
    chat.end().await?.expect_status(204)?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_warm_case_takes_eight_requests_to_dynamodb_and_two_to_salesforce_one_of_them_to_find_the_contact()
    -> anyhow::Result<()> {
        let system = System::start().await?;
        let case = warm(&system).await?.during(1, async |_| play_case(&system, "counted").await).await?;
        assert_eq!((case.dynamodb_requests, case.salesforce_requests), (8.0, 2.0), "{case:?}");
        Ok(())
    }

    #[tokio::test]
    async fn a_warm_live_start_takes_nine_requests_to_dynamodb_and_four_to_salesforce_two_of_them_messages()
    -> anyhow::Result<()> {
        let system = System::start().await?;
        let start = warm(&system).await?.during(1, async |_| play_start(&system, "counted").await).await?;
        assert_eq!((start.dynamodb_requests, start.salesforce_requests), (9.0, 4.0), "{start:?}");
        Ok(())
    }
}

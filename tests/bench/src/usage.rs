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
    let counter = Counter::start(&system).await?;
    system.organisation("case").await?;
    system.live_organisation("live", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    play_case(&system, "first").await?;
    play_live(&system, "first").await?;

    let case = counter.during(PLAYED, async |number| play_case(&system, &number.to_string()).await).await?;
    let live = counter.during(PLAYED, async |number| play_live(&system, &number.to_string()).await).await?;
    let connected = connected_minute(&system, &counter).await?;
    let tick = counter
        .during(PLAYED, async |_| {
            system.recover().await;
            Ok(())
        })
        .await?;
    let usage = report(&case, &live, &connected, &tick);
    Ok(writeln!(output, "{}", serde_json::to_string_pretty(&usage)?)?)
}

fn report(case: &Count, live: &Count, connected: &Count, tick: &Count) -> Value {
    let (messages, characters) = MESSAGES;
    json!({
        "measuredBy": "cargo run --profile measure --bin usage",
        "conversation": { "messages": messages, "charactersEach": characters },
        "case": case,
        "liveChat": { "customerMessages": TURNS, "agentMessages": TURNS, "each": live },
        "connectedMinute": connected,
        "recoveryTick": tick,
    })
}

async fn play_case(system: &System, id: &str) -> anyhow::Result<()> {
    let escalation = system.escalate_and_settle("case", &long_conversation(id, MESSAGES.0, MESSAGES.1)).await?;
    anyhow::ensure!(escalation["status"] == "caseCreated", "{escalation}");
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

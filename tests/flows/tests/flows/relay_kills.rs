//! The process of the relay is killed before and after each of its outside calls, while customer and agent talk; the client goes on
//! where it was, and everything is there once and in order.

use flows::{Answer, Chat, Story, System, conversation, survives_every_kill};
use reqwest::StatusCode;
use salesforce_simulator::{EndedBy, Role};
use serde_json::Value;

/// How often a client repeats what was not answered.
const ATTEMPTS: usize = 3;

/// A conversation that an agent has taken: the escalation's id and its conversation token.
async fn taken(system: &System, name: &str) -> anyhow::Result<Option<String>> {
    let chat = system.open_chat("acme", &conversation(name)).await?;
    system.settle().await;
    system.salesforce().join_agent("acme", &chat.id, "Grace Hopper")?;
    assert_eq!(system.look_after(10, "acme", &chat.id).await?["status"], "active");
    Ok(Some(format!("{} {}", chat.id, chat.token)))
}

fn chat<'a>(system: &'a System, id: Option<&str>) -> Chat<'a> {
    let (id, token) = id.and_then(|id| id.split_once(' ')).unwrap_or_default();
    system.chat(id, token)
}

/// The first answer that the relay itself gives.
async fn answered<F: Future<Output = anyhow::Result<Answer>>>(request: impl Fn() -> F) -> anyhow::Result<Answer> {
    for _ in 0..ATTEMPTS {
        let answer = request().await?;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(answer);
        }
    }
    anyhow::bail!("the relay never answered")
}

/// The agent gets this of the customer after the context, once what is owed is done, and ends the conversation.
async fn arrived_then_ended(system: &System, id: &str, text: &str) -> anyhow::Result<Value> {
    for _ in 0..3 {
        if system.conversation("acme", id)?.texts_of(Role::EndUser).len() > 1 {
            break;
        }
        system.pass_minutes(1).await;
    }
    system.salesforce().end_session("acme", id, EndedBy::Agent, true)?;
    let ended = system.recover_until("acme", id, "ended").await?;
    assert_eq!(system.conversation("acme", id)?.texts_of(Role::EndUser)[1..], [text]);
    Ok(ended)
}

/// The customer writes.
struct Writing;

impl Story for Writing {
    const CALLS: usize = 10;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        taken(system, name).await
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        let chat = chat(system, id.as_deref());
        answered(|| chat.say("m1", "Hello")).await?.expect_status(202)?;
        Ok(chat.id)
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        arrived_then_ended(system, id, "Hello").await
    }
}

#[tokio::test]
async fn conversation_relay_may_be_killed_anywhere_while_the_customer_writes() -> anyhow::Result<()> {
    survives_every_kill("conversation-relay", Writing).await
}

/// The customer sends a file.
struct SendingAFile;

impl Story for SendingAFile {
    const CALLS: usize = 6;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        taken(system, name).await
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        let chat = chat(system, id.as_deref());
        let file = || chat.send_file("f1", ("export.csv", "text/csv"), b"one;two".to_vec());
        answered(file).await?.expect_status(202)?;
        Ok(chat.id)
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        arrived_then_ended(system, id, "").await
    }
}

#[tokio::test]
async fn conversation_relay_may_be_killed_anywhere_while_the_customer_sends_a_file() -> anyhow::Result<()> {
    survives_every_kill("conversation-relay", SendingAFile).await
}

/// The customer leaves.
struct Leaving;

impl Story for Leaving {
    const CALLS: usize = 3;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        taken(system, name).await
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        let chat = chat(system, id.as_deref());
        let answer = answered(|| chat.end()).await?;
        assert!([204, 409].contains(&answer.status.as_u16()), "{answer:?}");
        Ok(chat.id)
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        for _ in 0..3 {
            if !system.conversation("acme", id)?.is_open {
                break;
            }
            system.pass_minutes(1).await;
        }
        let escalation = system.escalation("acme", id).await?;
        assert_eq!((&escalation["status"], &escalation["by"]), (&"ended".into(), &"customer".into()), "{escalation}");
        assert!(!system.conversation("acme", id)?.is_open);
        Ok(escalation)
    }
}

#[tokio::test]
async fn conversation_relay_may_be_killed_anywhere_while_the_customer_leaves() -> anyhow::Result<()> {
    survives_every_kill("conversation-relay", Leaving).await
}

/// The customer follows what the agent says, to the end.
struct Following;

impl Story for Following {
    const CALLS: usize = 12;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        taken(system, name).await
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        let chat = chat(system, id.as_deref());
        for text in ["First", "Second", "Third"] {
            system.salesforce().agent_says("acme", &chat.id, text)?;
        }
        system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
        let mut seen = Vec::new();
        while !seen.iter().any(|(name, _)| name == "ended") {
            follow(&chat, &mut seen).await?;
        }
        let texts: Vec<_> = seen.iter().filter(|(name, _)| name == "message").map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["First", "Second", "Third"]);
        Ok(chat.id)
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        system.recover_until("acme", id, "ended").await
    }
}

/// What one connection brings, from where the one before it broke.
async fn follow(chat: &Chat<'_>, seen: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let last_id = seen.iter().rev().find(|(name, _)| name == "id").map(|(_, id)| id.clone());
    let Ok(mut events) = chat.connect(last_id.as_deref()).await else { return Ok(()) };
    while let Ok(Some(event)) = events.next().await {
        let text = event.data["text"].as_str().unwrap_or_default().to_owned();
        seen.push((event.name, text));
        seen.extend(event.id.map(|id| ("id".to_owned(), id)));
    }
    Ok(())
}

#[tokio::test]
async fn conversation_relay_may_be_killed_anywhere_while_the_customer_follows() -> anyhow::Result<()> {
    survives_every_kill("conversation-relay", Following).await
}

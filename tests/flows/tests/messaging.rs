//! An escalation becomes a live conversation.

use flows::{System, conversation, long_conversation};
use salesforce_simulator::Script;
use serde_json::{Value, json};

fn events(escalation: &Value) -> Vec<&str> {
    let timeline = escalation["timeline"].as_array().map_or(&[][..], Vec::as_slice);
    timeline.iter().filter_map(|entry| entry["event"].as_str()).collect()
}

#[tokio::test]
async fn an_agent_who_accepts_makes_it_active() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::agent_joins("Grace Hopper")).await?;
    let waiting = system.escalate_and_settle("acme", &conversation("one")).await?;
    assert_eq!(waiting["status"], "waiting", "{waiting}");
    let id = waiting["escalationId"].as_str().unwrap_or_default();
    let active = system.recover_until("acme", id, "active").await?;
    assert_eq!(events(&active), ["accepted", "routed", "messagingStarted", "contextSent", "agentJoined"]);
    let opened = system.conversation("acme", id)?;
    assert_eq!(opened.creates, 1);
    assert_eq!(opened.routing_attributes["FullviewEscalationId"], json!(id));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_long_conversation_is_two_messages_and_a_file() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let waiting = system.escalate_and_settle("acme", &long_conversation("long", 300, 300)).await?;
    assert_eq!(waiting["status"], "waiting", "{waiting}");
    let id = waiting["escalationId"].as_str().unwrap_or_default();
    let opened = system.conversation("acme", id)?;
    let texts: Vec<_> = opened.messages().map(|entry| entry.text.clone()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn nobody_who_answers_makes_a_case_after_the_longest_wait() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let id = system.accept("acme", &conversation("one")).await?;
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!((&done["reason"], &done["by"]), (&json!("longestWait"), &json!("us")), "{done}");
    system.recover().await;
    system.nothing_is_left_open_or_doubled("acme").await
}

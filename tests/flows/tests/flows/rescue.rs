//! A conversation that nobody takes becomes a Case, with everything that was said until its end: even if somebody comes in the very
//! moment of it.

use std::time::Duration;

use anyhow::Context as _;
use flows::{System, conversation, events};
use reqwest::{Client, Method, StatusCode};
use salesforce_simulator::{Action, DEVELOPER_NAME, Effect, Fault, Route, Script};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use shared::conversation::message_id;
use uuid::Uuid;

/// A conversation that nobody took in the longest wait, just before the look that finds that out.
async fn about_to_be_rescued() -> anyhow::Result<(System, String)> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    system.pass_minutes(19).await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "waiting");
    system.pass_time(60);
    Ok((system, id))
}

fn joins() -> Action {
    Action::AgentJoins { name: "Grace Hopper".into() }
}

fn says(text: &str) -> Action {
    Action::AgentSays { text: text.into() }
}

/// Something happens in the conversation in the very moment of a call.
fn meanwhile(system: &System, route: Route, action: Action, after_commit: bool) {
    system.salesforce().add_fault(Fault::once(route, Effect::Meanwhile { action, after_commit }));
}

/// There is our Case of it and no agent was told of, the conversation is closed, and all faults were met.
async fn is_rescued(system: &System, id: &str) -> anyhow::Result<String> {
    let escalation = system.escalation("acme", id).await?;
    let outcome = ["status", "reason", "by"].map(|member| &escalation[member]);
    assert_eq!(outcome, ["caseCreated", "longestWait", "us"], "{escalation}");
    assert!(!events(&escalation).contains(&"agentJoined"), "{escalation}");
    assert!(!system.conversation("acme", id)?.is_open);
    assert_eq!(system.salesforce().faults(), []);
    system.nothing_is_left_open_or_doubled("acme").await?;
    let case = system.salesforce().cases("acme").remove(0);
    Ok(case["Description"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_agent_who_comes_before_the_look_reads_has_it() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    meanwhile(&system, Route::ListEntries, joins(), false);
    system.recover().await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "active");
    let conversation = system.conversation("acme", &id)?;
    assert!(conversation.is_open && conversation.agents() == ["Grace Hopper"]);
    assert_eq!(system.salesforce().cases("acme").len(), 0);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_agent_who_comes_after_the_look_has_read_is_too_late() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    meanwhile(&system, Route::ListEntries, joins(), true);
    system.recover().await;
    is_rescued(&system, &id).await.map(drop)
}

#[tokio::test]
async fn an_agent_who_comes_in_the_moment_of_the_close_is_too_late() -> anyhow::Result<()> {
    for after_commit in [false, true] {
        let (system, id) = about_to_be_rescued().await?;
        meanwhile(&system, Route::CloseConversation, joins(), after_commit);
        system.recover().await;
        is_rescued(&system, &id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_late_agent_says_until_the_close_is_in_the_case() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    meanwhile(&system, Route::ListEntries, joins(), true);
    meanwhile(&system, Route::CloseConversation, says("Sorry for the wait!"), false);
    system.recover().await;
    let description = is_rescued(&system, &id).await?;
    let live = description.split_once("== Live conversation").map(|(_, live)| live).unwrap_or_default();
    assert!(live.contains("Grace Hopper (agent)") && live.contains("Sorry for the wait!"), "{description}");
    Ok(())
}

/// The customer says something, as the relay sends it.
async fn customer_says(system: &System, id: &str, text: &str) -> anyhow::Result<StatusCode> {
    let id: Uuid = id.parse()?;
    let token = system.store().guest_token(id).await?.context("there is no token")?;
    let content = json!({ "formatType": "Text", "text": text });
    let message =
        json!({ "id": message_id(id, text), "messageType": "StaticContentMessage", "staticContent": content });
    let body = json!({ "message": message, "esDeveloperName": DEVELOPER_NAME, "isNewMessagingSession": false });
    let url = format!("{}/iamessage/api/v2/conversation/{id}/message", system.stack.simulator().url());
    let client = Client::builder().timeout(Duration::from_secs(10)).build()?;
    let request = client.request(Method::POST, url).bearer_auth(token.access_token.expose_secret());
    Ok(request.json(&body).send().await?.status())
}

#[tokio::test]
async fn all_that_was_said_while_live_is_in_the_case_once_and_in_order_without_our_own_context() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    assert_eq!(customer_says(&system, &id, "Is anybody there?").await?, StatusCode::ACCEPTED);
    system.salesforce().play("acme", &id, Action::SystemSays { text: "Please hold the line.".into() })?;
    assert_eq!(customer_says(&system, &id, "I am still waiting.").await?, StatusCode::ACCEPTED);
    system.recover().await;
    let description = is_rescued(&system, &id).await?;
    let (before, live) = description.split_once("== Live conversation (3 messages) ==").unwrap_or_default();
    let said = ["Is anybody there?", "Please hold the line.", "I am still waiting."];
    assert!(said.map(|text| live.find(text)).is_sorted_by(|one, next| one.is_some() && one < next), "{description}");
    assert!(said.iter().all(|text| description.matches(text).count() == 1), "{description}");
    assert_eq!(description.matches("The export stops at 80 percent.").count(), 1);
    assert!(before.contains("Nobody could take the live conversation in time."));
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_into_the_case_is_whole_in_its_file() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    system.salesforce().play("acme", &id, joins())?;
    for number in 0..30 {
        let text = format!("answer {number}: {}", "x".repeat(1_500));
        system.salesforce().agent_says("acme", &id, &text)?;
    }
    system.salesforce().leave_agent("acme", &id, true)?;
    system.look_after(15, "acme", &id).await?;
    system.look_after(15, "acme", &id).await?;
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!(done["reason"], "longestWait");
    let files = system.salesforce().files("acme");
    let file = files.first().map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default();
    assert!(file.contains("== Live conversation (30 messages) =="), "{} characters", file.len());
    assert!((0..30).all(|number| file.matches(&format!("answer {number}: ")).count() == 1));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_close_that_fails_for_a_while_is_tried_until_it_is_done_and_does_not_delay_the_case() -> anyhow::Result<()> {
    let (system, id) = about_to_be_rescued().await?;
    let down =
        Fault { org: None, route: Some(Route::CloseConversation), times: Some(4), effect: Effect::unavailable() };
    system.salesforce().add_fault(down);
    system.recover().await;
    let escalation = system.escalation("acme", &id).await?;
    assert_eq!(escalation["status"], "caseCreated");
    assert!(system.conversation("acme", &id)?.is_open);
    system.pass_minutes(10).await;
    let escalation = system.escalation("acme", &id).await?;
    assert_eq!(events(&escalation).last(), Some(&"conversationClosed"), "{escalation}");
    is_rescued(&system, &id).await.map(drop)
}

#[tokio::test]
async fn a_close_that_fails_until_the_token_has_ended_is_given_up_and_the_timeline_says_so() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    system.salesforce().change_messaging("acme", |messaging| messaging.token_lifetime_seconds = 3_600);
    system.fault(Route::CloseConversation, Effect::unavailable());
    let id = system.start_live("acme", &conversation("one")).await?;
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!(done["reason"], "longestWait");
    system.pass_minutes(38).await;
    assert!(!events(&system.escalation("acme", &id).await?).contains(&"conversationNotClosed"), "there is time left");
    system.pass_minutes(12).await;
    let done: Value = system.escalation("acme", &id).await?;
    assert_eq!(events(&done).last(), Some(&"conversationNotClosed"), "{done}");
    let tried = system.calls(Route::CloseConversation);
    assert!(tried >= 5, "{tried}");
    system.pass_minutes(12).await;
    assert_eq!(system.calls(Route::CloseConversation), tried, "nothing is owed any more");
    system.nothing_is_left_open_or_doubled("acme").await
}

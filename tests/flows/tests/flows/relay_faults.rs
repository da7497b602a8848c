//! Whatever goes wrong between the customer and Salesforce: what was said arrives in order and once, or the customer is told.

use flows::{Chat, Connection, System, conversation};
use salesforce_simulator::{AgentEnd, Effect, EndedBy, Fault, RepeatedMessage, Role, Route, Script, Uncertain};
use serde_json::{Value, json};
use shared::conversation::LogEvent;
use shared::salesforce::messaging::Entry;

async fn live(change: impl FnOnce(&mut Uncertain)) -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::agent_joins("Grace Hopper")).await?;
    system.salesforce().change_messaging("acme", |messaging| change(&mut messaging.uncertain));
    Ok(system)
}

async fn talking(system: &System) -> anyhow::Result<(Chat<'_>, Connection)> {
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("active").await?;
    Ok((chat, events))
}

/// What the agent has read of the customer, without the context.
fn arrived(system: &System, chat: &Chat<'_>) -> anyhow::Result<Vec<String>> {
    let conversation = system.conversation("acme", &chat.id)?;
    Ok(conversation.texts_of(Role::EndUser).into_iter().skip(1).map(str::to_owned).collect())
}

/// The connection breaks, seconds pass, and the client goes on where it was.
async fn reconnect_after(
    seconds: i64,
    system: &System,
    chat: &Chat<'_>,
    events: &mut Connection,
) -> anyhow::Result<Connection> {
    system.stack.lambda().kill("conversation-relay").await;
    events.broken().await;
    system.pass_time(seconds);
    chat.connect(events.last_id()).await
}

async fn three_are_accepted(chat: &Chat<'_>) -> anyhow::Result<()> {
    for text in ["First", "Second", "Third"] {
        chat.say(text, text).await?.expect_status(202)?;
    }
    Ok(())
}

/// How Salesforce fails to take a message: it does not get it, or it does and nobody is told.
fn failures() -> Vec<Effect> {
    let error = |status, after_commit| Effect::MessagingError { status, after_commit };
    vec![
        Effect::unavailable(),
        error(429, false),
        error(500, false),
        error(500, true),
        Effect::DropConnection { after_commit: false },
        Effect::DropConnection { after_commit: true },
    ]
}

#[tokio::test]
async fn what_salesforce_does_not_take_or_does_not_confirm_arrives_later_in_order_and_once() -> anyhow::Result<()> {
    for effect in failures() {
        let system = live(|_| ()).await?;
        let (chat, mut events) = talking(&system).await?;
        system.fault(Route::SendMessage, effect.clone());
        three_are_accepted(&chat).await?;
        system.salesforce().clear_faults();
        let mut events = reconnect_after(90, &system, &chat, &mut events).await?;
        events.until_receipt("Third", "forwarded").await?;
        assert_eq!(arrived(&system, &chat)?, ["First", "Second", "Third"], "{effect:?}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_connection_recovery_delivers_what_is_left() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    system.fault(Route::SendMessage, Effect::DropConnection { after_commit: true });
    three_are_accepted(&chat).await?;
    system.salesforce().clear_faults();
    system.pass_minutes(2).await;
    assert_eq!(arrived(&system, &chat)?, ["First", "Second", "Third"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_found_among_entries_that_come_late() -> anyhow::Result<()> {
    let system = live(|uncertain| uncertain.entries_lag_ms = 8_000).await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    let lost = Effect::DropConnection { after_commit: true };
    system.salesforce().add_fault(Fault::once(Route::SendMessage, lost));
    chat.say("m1", "Hello").await?.expect_status(202)?;
    for _ in 0..4 {
        system.look_after(3, "acme", &chat.id).await?;
    }
    system.pass_minutes(2).await;
    assert_eq!(arrived(&system, &chat)?, ["Hello"]);
    assert_eq!(system.calls(Route::SendMessage), 1 + 1, "the context and the message");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_message_that_salesforce_has_already_is_forwarded() -> anyhow::Result<()> {
    let system = live(|uncertain| {
        uncertain.entries_lag_ms = 60_000;
        uncertain.repeated_message = RepeatedMessage::Conflict;
    })
    .await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    let lost = Effect::DropConnection { after_commit: true };
    system.salesforce().add_fault(Fault::once(Route::SendMessage, lost));
    chat.say("m1", "Hello").await?.expect_status(202)?;
    let mut events = chat.connect(None).await?;
    let mut events = reconnect_after(35, &system, &chat, &mut events).await?;
    events.until_receipt("m1", "forwarded").await?;
    assert_eq!(arrived(&system, &chat)?, ["Hello"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_salesforce_asks() -> anyhow::Result<()> {
    let system = live(|uncertain| uncertain.retry_after_seconds = 40).await?;
    let (chat, mut events) = talking(&system).await?;
    system.salesforce().add_fault(Fault::once(Route::SendMessage, Effect::messaging_error(429)));
    three_are_accepted(&chat).await?;
    let mut events = reconnect_after(30, &system, &chat, &mut events).await?;
    system.salesforce().agent_says("acme", &chat.id, "Are you there?")?;
    events.until_text("Are you there?").await?;
    assert_eq!(arrived(&system, &chat)?, Vec::<String>::new());
    let mut events = reconnect_after(10, &system, &chat, &mut events).await?;
    events.until_receipt("Third", "forwarded").await?;
    assert_eq!(arrived(&system, &chat)?, ["First", "Second", "Third"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn what_is_refused_is_undelivered_and_does_not_hold_up_what_follows() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let (chat, mut events) = talking(&system).await?;
    chat.send_file("f1", ("a.exe", "application/octet-stream"), vec![0, 255]).await?.expect_status(202)?;
    chat.say("m1", "Hello").await?.expect_status(202)?;
    events.until_receipt("f1", "undelivered").await?;
    events.until_receipt("m1", "forwarded").await?;
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn what_has_not_arrived_by_the_agent_s_end_is_undelivered_before_the_end_is_told() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let (chat, mut events) = talking(&system).await?;
    let mut other = chat.connect(None).await?;
    system.fault(Route::SendMessage, Effect::messaging_error(429));
    three_are_accepted(&chat).await?;
    system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
    let mut late = {
        events.end().await?;
        other.end().await?;
        chat.connect(events.numbered().first().and_then(|event| event.id.as_deref())).await?
    };
    late.end().await?;
    for events in [events, other, late] {
        let undelivered = events.of("receipt").into_iter().filter(|receipt| receipt["state"] == "undelivered");
        let ids: Vec<_> = undelivered.map(|receipt| receipt["messageId"].clone()).collect();
        assert_eq!(ids, ["First", "Second", "Third"]);
        assert_eq!(events.seen.last().map(|event| event.name.as_str()), Some("ended"));
    }
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_outage_becomes_a_case_that_holds_what_did_not_arrive() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let (chat, mut events) = talking(&system).await?;
    for route in [Route::SendMessage, Route::ListEntries, Route::EventStream, Route::CloseConversation] {
        system.fault(route, Effect::unavailable());
    }
    three_are_accepted(&chat).await?;
    let done = system.recover_until("acme", &chat.id, "caseCreated").await?;
    assert_eq!(done["reason"], "outage");
    system.stack.lambda().kill("conversation-relay").await;
    events.broken().await;
    if events.of("case").is_empty() {
        events = chat.connect(events.last_id()).await?;
        events.broken().await;
    }
    assert_eq!(events.of("case").len(), 1);
    let case = system.salesforce().cases("acme").remove(0);
    let description = case["Description"].as_str().unwrap_or_default();
    let (_, live) = description.split_once("== Live conversation").unwrap_or_default();
    let places = ["First", "Second", "Third"].map(|text| live.find(text));
    assert!(places.is_sorted_by(|one, next| one.is_some() && one < next), "{description}");
    system.salesforce().clear_faults();
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_ended_token_becomes_a_case() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let (chat, mut events) = talking(&system).await?;
    system.salesforce().expire_tokens("acme");
    let last = events.end().await?;
    assert_eq!(last.name, "case");
    assert_eq!(system.escalation("acme", &chat.id).await?["reason"], "tokenExpired");
    Ok(())
}

#[tokio::test]
async fn an_agent_s_end_is_the_end_however_little_salesforce_tells_of_it() -> anyhow::Result<()> {
    for agent_end in [AgentEnd::ParticipantAndStatus, AgentEnd::StatusOnly, AgentEnd::ParticipantOnly] {
        let system = live(|uncertain| uncertain.agent_end = agent_end).await?;
        let (chat, mut events) = talking(&system).await?;
        system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
        if agent_end == AgentEnd::ParticipantOnly {
            events.until("agent", |agent| agent["change"] == "left").await?;
            events = reconnect_after(15, &system, &chat, &mut events).await?;
        }
        assert_eq!(events.end().await?.data, json!({ "by": "agent" }), "{agent_end:?}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_end_of_which_nothing_is_told_is_found_by_the_next_message() -> anyhow::Result<()> {
    let system = live(|uncertain| uncertain.agent_end = AgentEnd::Silent).await?;
    let (chat, mut events) = talking(&system).await?;
    system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
    chat.say("m1", "Are you still there?").await?.expect_status(202)?;
    events.until_receipt("m1", "undelivered").await?;
    assert_eq!(events.end().await?.data, json!({ "by": "agent" }));
    system.nothing_is_left_open_or_doubled("acme").await
}

/// Both talk, while the stream breaks before every answer.
async fn talk_is_whole(system: &System) -> anyhow::Result<()> {
    let (chat, mut events) = talking(system).await?;
    let mut expected = Vec::new();
    for number in 0..2 {
        let (question, answer) = (format!("question {number}"), format!("answer {number}"));
        chat.say(&format!("m{number}"), &question).await?.expect_status(202)?;
        events.until_text(&question).await?;
        system.salesforce().break_streams("acme");
        system.salesforce().agent_says("acme", &chat.id, &answer)?;
        events.until_text(&answer).await?;
        expected.extend([question, answer]);
    }
    assert_eq!(events.texts(), expected);
    assert_eq!(events.of("agent").len(), 1, "{:?}", events.seen);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_stream_that_breaks_doubles_repeats_nothing_or_brings_what_is_unknown_loses_nothing() -> anyhow::Result<()> {
    let switches: [fn(&mut Uncertain); 5] = [
        |_| (),
        |uncertain| uncertain.duplicate_events = true,
        |uncertain| uncertain.unknown_events = true,
        |uncertain| uncertain.no_replay = true,
        |uncertain| (uncertain.stream_life_ms, uncertain.listed_payload_as_text) = (500, true),
    ];
    for switch in switches {
        talk_is_whole(&live(switch).await?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_attachment_elsewhere_than_at_salesforce_is_not_fetched() -> anyhow::Result<()> {
    let system = live(|_| ()).await?;
    let (chat, mut events) = talking(&system).await?;
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let urls =
        [format!("http://localhost.evil.example@{}/f", elsewhere.local_addr()?), "https://evil.example/f".to_owned()];
    let files =
        (0..).zip(&urls).map(|(number, url)| json!({ "id": format!("f{number}"), "name": "a.png", "url": url }));
    let message = json!({ "staticContent": { "formatType": "Attachments", "attachments": files.collect::<Value>() } });
    let source = json!({
        "identifier": "e1", "entryType": "Message", "entryPayload": { "abstractMessage": message },
        "transcriptedTimestamp": 0, "sender": { "role": "Agent" }, "senderDisplayName": "Grace Hopper",
    });
    let store = system.store();
    let id = chat.id.parse()?;
    let mut log = store.conversation_log(id, 0).await?;
    let entry = Entry::read(source).map(LogEvent::Entry).into_iter().collect();
    store.append_once(id, &mut log, entry, system.salesforce().now()).await?;
    for _ in urls {
        let file = events.until("file", |_| true).await?;
        assert_eq!(chat.download(&file).await?.status(), 404);
    }
    let visited = tokio::time::timeout(std::time::Duration::from_millis(1), elsewhere.accept()).await;
    assert!(visited.is_err(), "the token went elsewhere");
    system.nothing_is_left_open_or_doubled("acme").await
}

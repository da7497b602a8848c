//! A customer talks with an agent, through the chat's events and requests.

use std::collections::HashSet;

use flows::{Chat, Connection, System, conversation};
use reqwest::header::HeaderMap;
use salesforce_simulator::{AcknowledgementType, Action, EndedBy, Role, Route, Script};
use serde_json::{Value, json};
use shared::conversation::LogEvent;
use shared::salesforce::messaging::Entry;

/// A system with an organisation whose conversations nobody but the test takes.
async fn live() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::default()).await?;
    Ok(system)
}

/// A conversation that an agent has just taken.
async fn talking(system: &System) -> anyhow::Result<(Chat<'_>, Connection)> {
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    system.salesforce().join_agent("acme", &chat.id, "Grace Hopper")?;
    events.until_status("active").await?;
    Ok((chat, events))
}

fn play(system: &System, chat: &Chat<'_>, action: Action) -> anyhow::Result<()> {
    Ok(system.salesforce().play("acme", &chat.id, action)?)
}

/// What a client of these connections in a row has: no event is lost, doubled or out of order.
fn ids_grow(events: &Connection) {
    let ids = events.numbered().into_iter().filter_map(|event| event.id.as_deref());
    let key = |id: &str| {
        let (record, part) = id.split_once('.').unwrap_or((id, "0"));
        (record.parse::<u64>().ok(), part.parse::<u16>().ok())
    };
    assert!(ids.map(key).is_sorted_by(|one, next| one < next), "{:?}", events.seen);
}

#[tokio::test]
async fn a_conversation_from_the_queue_to_the_agent_s_end() -> anyhow::Result<()> {
    let system = live().await?;
    let queue = [Action::QueuePosition { position: 3 }, Action::RoutingResult { estimated_wait_seconds: Some(90) }];
    system.salesforce().set_script("acme", Script::at_once(queue));
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until("queue", |queue| queue["position"] == 3 && queue["estimatedWaitSeconds"] == 90).await?;
    play(&system, &chat, Action::QueuePosition { position: 1 })?;
    events.until("queue", |queue| queue["position"] == 1).await?;
    system.salesforce().join_agent("acme", &chat.id, "Grace Hopper")?;
    let joined = events.until("agent", |agent| agent["change"] == "joined").await?;
    assert_eq!(joined.data["name"], "Grace Hopper");
    events.until_status("active").await?;

    let accepted = chat.say("m1", "Hello").await?.expect_status(202)?;
    assert_eq!(accepted.body["id"], "m1");
    events.until_text("Hello").await?;
    events.until_receipt("m1", "forwarded").await?;
    for (read, state) in [(false, "delivered"), (true, "read")] {
        play(&system, &chat, Action::AgentAcknowledges { read })?;
        events.until_receipt("m1", state).await?;
    }
    for typing in [true, false] {
        system.salesforce().agent_typing("acme", &chat.id, typing)?;
        let told = events.until("typing", |data| data["typing"] == typing).await?;
        assert_eq!(told.data["name"], "Grace Hopper");
        chat.typing(typing).await?.expect_status(204)?;
        assert_eq!(system.conversation("acme", &chat.id)?.end_user_typing, typing);
    }
    system.salesforce().agent_says("acme", &chat.id, "How can I help?")?;
    let said = events.until_text("How can I help?").await?.data;
    assert_eq!([&said["from"], &said["author"]], ["agent", "Grace Hopper"]);
    chat.read(said["id"].as_str().unwrap_or_default()).await?.expect_status(204)?;
    let acknowledged = system.conversation("acme", &chat.id)?.acknowledgements;
    let read = acknowledged.iter().find(|own| own.conversation_entry_id == said["id"]).map(|own| own.entry_type);
    assert_eq!(read, Some(AcknowledgementType::Read));

    system.salesforce().transfer("acme", &chat.id, Some("Alan Turing"))?;
    events
        .until("agent", |agent| *agent == json!({ "change": "left", "name": "Grace Hopper", "at": agent["at"] }))
        .await?;
    events.until("agent", |agent| agent["change"] == "joined" && agent["name"] == "Alan Turing").await?;
    system.salesforce().agent_says("acme", &chat.id, "Solved. Goodbye!")?;
    system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
    let last = events.end().await?;
    assert_eq!((last.name.as_str(), &last.data), ("ended", &json!({ "by": "agent" })));
    assert_eq!(events.texts(), ["Hello", "How can I help?", "Solved. Goodbye!"]);
    ids_grow(&events);
    assert_eq!(system.conversation("acme", &chat.id)?.texts_of(Role::EndUser)[1..], ["Hello"]);
    assert_eq!(chat.events(events.last_id()).await?.status(), 204, "nothing follows the end");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_transfer_to_a_queue_waits_again_and_tells_the_new_place_in_it() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut events) = talking(&system).await?;
    system.salesforce().transfer("acme", &chat.id, None)?;
    events.until("agent", |agent| agent["change"] == "left").await?;
    events.until_status("waiting").await?;
    play(&system, &chat, Action::QueuePosition { position: 2 })?;
    events.until("queue", |queue| queue["position"] == 2).await?;
    system.salesforce().join_agent("acme", &chat.id, "Alan Turing")?;
    events.until_status("active").await?;
    chat.end().await?.expect_status(204)?;
    assert_eq!(events.end().await?.data, json!({ "by": "customer" }));
    system.settle().await;
    assert!(!system.conversation("acme", &chat.id)?.is_open);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_end_after_long_silence_is_its_own() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut events) = talking(&system).await?;
    play(&system, &chat, Action::GoesInactive)?;
    system.salesforce().end_session("acme", &chat.id, EndedBy::Inactivity, true)?;
    assert_eq!(events.end().await?.data, json!({ "by": "inactivity" }));
    system.nothing_is_left_open_or_doubled("acme").await
}

/// The headers with which a file is handed out.
fn file_headers(headers: &HeaderMap) -> [&str; 4] {
    ["content-type", "content-disposition", "x-content-type-options", "access-control-allow-origin"]
        .map(|name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

#[tokio::test]
async fn a_file_goes_each_way_as_it_is_whether_or_not_salesforce_wants_the_token_for_it() -> anyhow::Result<()> {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    for attachments_need_token in [false, true] {
        let system = live().await?;
        system.salesforce().change_messaging("acme", |messaging| {
            messaging.uncertain.attachments_need_token = attachments_need_token;
        });
        let (chat, mut events) = talking(&system).await?;
        let sent =
            chat.send_file("f1", ("export ä.pdf", "application/pdf"), bytes.clone()).await?.expect_status(202)?;
        assert_eq!(sent.body, json!({ "id": "f1", "name": "export ä.pdf", "size": bytes.len() }));
        let own = events.until("file", |file| file["from"] == "customer").await?;
        assert_eq!((&own.data["id"], &own.data["size"]), (&json!("f1"), &json!(bytes.len())));
        events.until_receipt("f1", "forwarded").await?;
        system.salesforce().agent_sends_file("acme", &chat.id, ("answer.png", "image/png"), bytes.clone())?;
        let theirs = events.until("file", |file| file["from"] == "agent").await?;
        for (file, content_type, name) in
            [(own, "application/pdf", "export%20%C3%A4%2Epdf"), (theirs, "image/png", "answer%2Epng")]
        {
            let answer = chat.download(&file).await?;
            assert_eq!(answer.status(), 200);
            let disposition = format!("attachment; filename*=UTF-8''{name}");
            assert_eq!(file_headers(answer.headers()), [content_type, &disposition, "nosniff", "*"]);
            assert!(answer.bytes().await? == bytes, "{name}");
        }
        let shown = format!("{:?}", events.seen);
        assert!(!shown.contains(system.salesforce_host()) && !shown.contains("Bearer"), "{shown}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_begins_with_how_to_reconnect_and_shows_that_it_lives() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut response = chat.events(None).await?;
    let headers = ["content-type", "cache-control", "access-control-allow-origin"];
    let headers = headers.map(|name| response.headers()[name].to_str().unwrap_or_default().to_owned());
    assert_eq!(headers, ["text/event-stream", "no-store", "*"]);
    let mut text = String::new();
    while !text.contains(": heartbeat\n\n") {
        text += &String::from_utf8(response.chunk().await?.unwrap_or_default().to_vec())?;
    }
    assert!(text.starts_with("retry: 1000\n"), "{text}");
    Ok(())
}

/// An entry in which two agents come at once, which becomes two events.
fn two_agents_at_once() -> Option<LogEvent> {
    let join = |name: &str, subject: &str| json!({ "operation": "add", "displayName": name, "participant": { "role": "Agent", "subject": subject } });
    let entries = [join("Alan Turing", "005000000000002"), join("Barbara Liskov", "005000000000003")];
    let source = json!({
        "identifier": "two", "entryType": "ParticipantChanged", "entryPayload": { "entries": entries },
        "transcriptedTimestamp": 0, "sender": { "role": "System" },
    });
    Entry::read(source).map(LogEvent::Entry)
}

#[tokio::test]
async fn a_client_that_is_cut_off_after_any_event_loses_and_doubles_nothing() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut events) = talking(&system).await?;
    for number in 0..3 {
        chat.say(&format!("m{number}"), &format!("question {number}")).await?.expect_status(202)?;
        system.salesforce().agent_says("acme", &chat.id, &format!("answer {number}"))?;
        events.until_text(&format!("answer {number}")).await?;
    }
    let store = system.store();
    let id = chat.id.parse()?;
    let mut log = store.conversation_log(id, 0).await?;
    store.append_once(id, &mut log, two_agents_at_once().into_iter().collect(), system.salesforce().now()).await?;
    events.until("agent", |agent| agent["name"] == "Barbara Liskov").await?;
    chat.end().await?.expect_status(204)?;
    events.end().await?;
    ids_grow(&events);
    let all = events.numbered();
    assert!(all.iter().any(|event| event.id.as_deref().is_some_and(|id| id.ends_with(".1"))), "{all:?}");
    for (place, event) in all.iter().enumerate().take(all.len() - 1) {
        let mut rest = chat.connect(event.id.as_deref()).await?;
        rest.end().await?;
        assert_eq!(rest.numbered(), all[place + 1..], "after {:?}", event.id);
    }
    let mut again = chat.connect(Some("not an id of ours")).await?;
    again.end().await?;
    assert_eq!(again.numbered(), all);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn one_of_several_connections_reads_salesforce_and_all_get_everything() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut one) = talking(&system).await?;
    let mut other = chat.connect(None).await?;
    chat.say("m1", "From one tab").await?.expect_status(202)?;
    system.salesforce().agent_says("acme", &chat.id, "To both")?;
    for events in [&mut one, &mut other] {
        events.until_text("To both").await?;
    }
    system.salesforce().wait_for(|salesforce| (salesforce.streams("acme") == 1).then_some(())).await?;
    system.salesforce().agent_typing("acme", &chat.id, true)?;
    other.until("typing", |data| data["typing"] == true).await?;
    chat.end().await?.expect_status(204)?;
    for events in [&mut one, &mut other] {
        events.end().await?;
    }
    assert_eq!(one.numbered(), other.numbered());
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn of_five_connections_the_oldest_leaves_and_another_reads_in_its_place() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut oldest) = talking(&system).await?;
    let mut others = Vec::new();
    for _ in 0..4 {
        let mut events = chat.connect(None).await?;
        events.until_status("active").await?;
        others.push(events);
    }
    let last = oldest.end().await?;
    assert_ne!(last.name, "ended");
    system.salesforce().wait_for(|salesforce| (salesforce.streams("acme") == 1).then_some(())).await?;
    system.salesforce().agent_says("acme", &chat.id, "To those who are left")?;
    for events in &mut others {
        events.until_text("To those who are left").await?;
    }
    assert_eq!(system.salesforce().streams("acme"), 1);
    let mut back = chat.connect(last.id.as_deref().or(oldest.last_id())).await?;
    back.until_text("To those who are left").await?;
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn another_instance_reads_on_at_once_when_the_reader_s_process_is_killed() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut events) = talking(&system).await?;
    system.salesforce().agent_says("acme", &chat.id, "before")?;
    events.until_text("before").await?;
    system.stack.lambda().kill("conversation-relay").await;
    events.broken().await;
    system.salesforce().agent_says("acme", &chat.id, "meanwhile")?;
    let mut next = chat.connect(events.last_id()).await?;
    next.until_text("meanwhile").await?;
    system.salesforce().agent_says("acme", &chat.id, "after")?;
    next.until_text("after").await?;
    assert_eq!(next.texts(), ["meanwhile", "after"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn what_is_said_before_the_conversation_is_open_follows_the_context_in_order() -> anyhow::Result<()> {
    let system = live().await?;
    system.stack.lambda().lose_events(Some("messaging-session-start"), 1);
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    let mut events = chat.connect(None).await?;
    for text in ["First", "Second", "Third"] {
        chat.say(text, text).await?.expect_status(202)?;
        events.until_text(text).await?;
    }
    system.stack.lambda().kill("conversation-relay").await;
    system.pass_time(60);
    system.recover().await;
    let mut events = chat.connect(events.last_id()).await?;
    events.until_receipt("Third", "forwarded").await?;
    let conversation = system.conversation("acme", &chat.id)?;
    let said = conversation.texts_of(Role::EndUser);
    assert!(said[0].contains("The export stops at 80 percent."), "{said:?}");
    assert_eq!(said[1..], ["First", "Second", "Third"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_text_that_salesforce_splits_at_its_address_comes_once() -> anyhow::Result<()> {
    let system = live().await?;
    let (chat, mut events) = talking(&system).await?;
    let texts = ["https://example.com/a is broken", "Look at https://example.com/b", "https://example.com/c"];
    for text in texts {
        let id = format!("m{}", text.len());
        chat.say(&id, text).await?.expect_status(202)?;
        events.until_receipt(&id, "forwarded").await?;
    }
    system.salesforce().agent_says("acme", &chat.id, "Thanks")?;
    events.until_text("Thanks").await?;
    assert_eq!(events.texts(), [texts[0], texts[1], texts[2], "Thanks"]);
    assert_eq!(system.conversation("acme", &chat.id)?.texts_of(Role::EndUser).len(), 1 + 5, "it was split");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn nobody_who_answers_ends_with_the_case_that_holds_what_was_said() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    chat.say("m1", "Is anybody there?").await?.expect_status(202)?;
    events.until_receipt("m1", "forwarded").await?;
    system.fault(Route::SendMessage, salesforce_simulator::Effect::messaging_error(429));
    chat.say("m2", "I am still waiting.").await?.expect_status(202)?;
    system.salesforce().refuse_routing("acme", &chat.id, &["no agents"])?;
    system.settle().await;
    system.recover_until("acme", &chat.id, "caseCreated").await?;
    let mut events = chat.connect(events.last_id()).await?;
    let last = events.end().await?;
    let case = system.salesforce().cases("acme").remove(0);
    let expected = json!({ "caseId": case["Id"], "caseNumber": case["CaseNumber"], "by": "us" });
    assert_eq!((last.name.as_str(), &last.data), ("case", &expected));
    let description = case["Description"].as_str().unwrap_or_default();
    let live = description.split_once("== Live conversation (2 messages) ==").map(|(_, live)| live).unwrap_or_default();
    let said: Vec<_> =
        ["Is anybody there?", "I am still waiting."].iter().map(|text| live.matches(text).count()).collect();
    assert_eq!(said, [1, 1], "{description}");
    let receipts = events.of("receipt");
    assert!(receipts.iter().all(|receipt| receipt["state"] != "undelivered"), "it is in the Case: {receipts:?}");
    assert_eq!(chat.events(last.id.as_deref()).await?.status(), 204);
    system.salesforce().clear_faults();
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn all_speakers_are_told_apart() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    play(&system, &chat, Action::ChatbotJoins { name: "Robot".into() })?;
    play(&system, &chat, Action::ChatbotSays { text: "Beep".into() })?;
    play(&system, &chat, Action::SystemSays { text: "Please hold the line.".into() })?;
    events.until_text("Please hold the line.").await?;
    let from: HashSet<_> = events.of("message").into_iter().map(|data| data["from"].to_string()).collect();
    assert_eq!(from, HashSet::from(["\"bot\"".to_owned(), "\"system\"".to_owned()]));
    assert_eq!(events.of("agent"), Vec::<&Value>::new(), "a bot is no agent");
    assert_eq!(system.escalation("acme", &chat.id).await?["status"], "waiting");
    system.nothing_is_left_open_or_doubled("acme").await
}

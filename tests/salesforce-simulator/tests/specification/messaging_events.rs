//! The event stream.

use std::time::Duration;

use salesforce_simulator::{
    Action, DEVELOPER_NAME, Effect, EndedBy, Fault, Role, Route, Script, SessionStatus, WaitShown, WorkType,
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, CLIENT_ID, Result},
    guest::{CONVERSATION, EventStream, Guest, id, on, text},
};

#[tokio::test]
async fn a_stream_replays_what_came_after_the_token() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let mut stream = guest.stream().await?;
    let (first, second) = (stream.next().await?.ok_or("an event")?, stream.next().await?.ok_or("an event")?);
    assert_eq!(
        (first.payload()?["sessionStatus"].clone(), second.payload()?["sessionStatus"].clone()),
        (json!("New"), json!("Waiting"))
    );
    assert_eq!(first.data["conversationId"], CONVERSATION);
    assert!(first.id < second.id);
    let last = json!(first.id);
    let again = guest.stream_after(&last).await?.next().await?.ok_or("an event")?;
    assert_eq!((again.id, again.entry()), (second.id, second.entry()));
    Ok(())
}

#[tokio::test]
async fn a_stream_tells_what_happens_while_it_is_open() -> Result {
    let guest = Guest::start().await?;
    let mut stream = guest.stream().await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    let joined = stream.until("CONVERSATION_PARTICIPANT_CHANGED").await?.payload()?;
    let entry = &joined["entries"][0];
    assert_eq!((&entry["operation"], &entry["displayName"]), (&json!("add"), &json!("Grace")));
    assert_eq!(entry["participant"]["role"], "Agent");
    guest.say(&id(1), "hello").await?;
    let echo = stream.until("CONVERSATION_MESSAGE").await?;
    assert_eq!((&echo.entry()["identifier"], &echo.entry()["sender"]["role"]), (&json!(id(1)), &json!("EndUser")));
    guest.close().await?;
    let closed = stream.until("CONVERSATION_CLOSE_CONVERSATION").await?.payload()?;
    assert_eq!(closed["conversationIdentifier"], CONVERSATION);
    Ok(())
}

#[tokio::test]
async fn typing_receipts_and_the_queue_are_on_the_stream_only() -> Result {
    let guest = Guest::start().await?;
    let mut stream = guest.stream().await?;
    guest.create().await?;
    guest.say(&id(1), "hello").await?;
    guest.handle().play(CLIENT_ID, CONVERSATION, Action::QueuePosition { position: 2 })?;
    assert_eq!(stream.until("CONVERSATION_QUEUE_POSITION").await?.payload()?["position"], 2);
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().agent_typing(CLIENT_ID, CONVERSATION, true)?;
    let typing = stream.until("CONVERSATION_TYPING_STARTED_INDICATOR").await?;
    assert_eq!(typing.entry()["senderDisplayName"], "Grace");
    for (read, name) in [(false, "CONVERSATION_DELIVERY_ACKNOWLEDGEMENT"), (true, "CONVERSATION_READ_ACKNOWLEDGEMENT")]
    {
        guest.handle().play(CLIENT_ID, CONVERSATION, Action::AgentAcknowledges { read })?;
        assert_eq!(stream.until(name).await?.entry()["relatedRecords"], json!([id(1)]));
    }
    let listed = guest.entries("?limit=50").await?;
    assert!(
        listed
            .iter()
            .all(|entry| !["QueuePosition", "TypingStartedIndicator"].iter().any(|kind| entry["entryType"] == *kind))
    );
    Ok(())
}

#[tokio::test]
async fn a_stream_without_a_last_event_is_live_only_or_refused() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let mut stream = EventStream::of(guest.stream_request().send().await?)?;
    guest.say(&id(1), "hello").await?;
    assert_eq!(stream.next().await?.ok_or("an event")?.name, "CONVERSATION_MESSAGE");
    let guest = Guest::uncertain(|uncertain| uncertain.last_event_id_required = true).await?;
    assert_eq!(guest.stream_request().send().await?.status(), 400);
    assert_eq!(guest.stream_request().header("Last-Event-Id", "x").send().await?.status(), 400);
    Ok(())
}

#[tokio::test]
async fn a_stream_needs_the_orgs_id_of_15_characters() -> Result {
    let guest = Guest::start().await?;
    let url = format!("{}/eventrouter/v1/sse", guest.simulator.url());
    let request = || guest.http.get(&url).bearer_auth(&guest.token).header("Accept", "text/event-stream");
    let missing = Answer::of(request().send().await?).await?;
    assert_eq!((missing.status, &missing.body["message"]), (400, &json!("OrgId is required")));
    let long = guest.handle().org(CLIENT_ID).ok_or("the org exists")?.organization_id;
    let answer = Answer::of(request().header("X-Org-Id", &long).send().await?).await?;
    assert_eq!((answer.status, &answer.body["message"]), (400, &json!("OrgId in the header and token must match")));
    guest.handle().change_messaging(CLIENT_ID, |messaging| messaging.uncertain.long_org_id_on_stream = true);
    assert_eq!(request().header("X-Org-Id", &long).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_stream_needs_a_valid_token_and_the_right_media_type() -> Result {
    let guest = Guest::start().await?;
    let url = format!("{}/eventrouter/v1/sse", guest.simulator.url());
    assert_eq!(guest.http.get(&url).bearer_auth(&guest.token).send().await?.status(), 406);
    let unknown = Answer::of(guest.http.get(&url).bearer_auth("x").send().await?).await?;
    assert_eq!((unknown.status, &unknown.body["error"]), (401, &json!("Unauthorized")));
    guest.handle().expire_tokens(CLIENT_ID);
    let expired = Answer::of(guest.stream_request().send().await?).await?;
    assert_eq!((expired.status, expired.body), (401, json!("Jwt is expired")));
    Ok(())
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_breaks_on_demand() -> Result {
    let guest = Guest::start().await?;
    let mut stream = guest.stream().await?;
    guest.handle().break_streams(CLIENT_ID);
    assert!(stream.next().await.is_err());
    let mut stream = guest.stream().await?;
    guest.handle().set_clock_offset(21_601);
    assert!(stream.next().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_stream_may_have_a_longest_life() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.stream_life_ms = 20).await?;
    assert!(guest.stream().await?.next().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_by_pings_without_an_id() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.ping_ms = 5).await?;
    let mut stream = guest.stream().await?;
    for number in 0..2 {
        let ping = stream.next().await?.ok_or("a ping")?;
        assert_eq!((ping.name.as_str(), ping.id, ping.data), ("ping", None, json!(number)));
    }
    Ok(())
}

#[tokio::test]
async fn a_second_stream_may_close_the_first() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.second_stream_evicts = true).await?;
    let mut first = guest.stream().await?;
    let mut second = guest.stream().await?;
    assert!(first.next().await?.is_none());
    guest.create().await?;
    assert!(second.next().await?.is_some());
    assert_eq!(guest.handle().wait_for(|handle| (handle.streams(CLIENT_ID) == 1).then_some(())).await, Ok(()));
    Ok(())
}

#[tokio::test]
async fn events_may_be_doubled_and_mixed_with_unknown_ones() -> Result {
    let guest = Guest::uncertain(|uncertain| {
        (uncertain.duplicate_events, uncertain.unknown_events) = (true, true);
    })
    .await?;
    guest.create().await?;
    let mut stream = guest.stream().await?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let event = stream.next().await?.ok_or("an event")?;
        seen.push((event.id, event.name));
    }
    assert_eq!((&seen[0], &seen[2]), (&seen[1], &seen[3]));
    assert_eq!(
        (seen[0].1.as_str(), seen[2].1.as_str()),
        ("CONVERSATION_OF_THE_FUTURE", "CONVERSATION_SESSION_STATUS_CHANGED")
    );
    Ok(())
}

#[tokio::test]
async fn a_chat_without_a_stream_may_be_abandoned() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.abandonment_seconds = 300).await?;
    guest.create().await?;
    guest.handle().set_clock_offset(200);
    let stream = guest.stream().await?;
    guest.handle().wait_for(|handle| (handle.streams(CLIENT_ID) == 1).then_some(())).await?;
    guest.handle().set_clock_offset(1_000);
    assert_eq!(guest.say(&id(1), "hello").await?.status, 202);
    drop(stream);
    guest.handle().wait_for(|handle| (handle.streams(CLIENT_ID) == 0).then_some(())).await?;
    guest.handle().set_clock_offset(1_400);
    let ended = |conversation: &salesforce_simulator::Conversation| conversation.ended_by() == Some(EndedBy::System);
    guest.handle().wait_for_conversation(CLIENT_ID, ended).await?;
    Ok(())
}

#[tokio::test]
async fn a_script_plays_by_the_simulators_clock() -> Result {
    let script = Script::agent_joins("Grace")
        .then(60_000, Action::AgentSays { text: "Still there?".into() })
        .then(120_000, Action::GoesInactive)
        .then(180_000, Action::SessionEnds { by: EndedBy::Inactivity, with_event: true });
    let guest = Guest::with(|org| org.script = script).await?;
    guest.create().await?;
    let conversation = guest.conversation()?;
    assert_eq!((conversation.agents(), conversation.session_status()), (vec!["Grace"], SessionStatus::Active));
    assert_eq!(conversation.messages().count(), 0);
    guest.handle().set_clock_offset(130);
    let inactive = guest.conversation()?;
    assert_eq!(inactive.session_status(), SessionStatus::Inactive);
    assert_eq!(inactive.texts_of(Role::Agent), ["Still there?"]);
    guest.handle().set_clock_offset(200);
    assert_eq!(guest.conversation()?.ended_by(), Some(EndedBy::Inactivity));
    Ok(())
}

#[tokio::test]
async fn a_script_goes_on_by_itself() -> Result {
    let script = Script::default().then(20, Action::AgentJoins { name: "Grace".into() });
    let guest = Guest::with(|org| org.script = script).await?;
    guest.create().await?;
    guest.handle().wait_for_conversation(CLIENT_ID, |own| own.agents() == ["Grace"]).await?;
    Ok(())
}

#[tokio::test]
async fn an_inactive_session_is_routed_again_by_a_message() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.handle().play(CLIENT_ID, CONVERSATION, Action::GoesInactive)?;
    guest.say(&id(1), "I am back").await?;
    assert_eq!(guest.conversation()?.session_status(), SessionStatus::Waiting);
    Ok(())
}

#[tokio::test]
async fn routing_tells_its_result_its_work_and_its_failure() -> Result {
    let guest = Guest::with(|org| org.script = Script::agent_joins("Grace")).await?;
    let mut stream = guest.stream().await?;
    guest.create().await?;
    let result = stream.until("CONVERSATION_ROUTING_RESULT").await?.payload()?;
    assert_eq!((&result["failureType"], &result["errorMessages"]), (&json!("None"), &json!([])));
    assert_eq!(result["estimatedWaitTime"]["estimatedWaitTimeInSeconds"], 30);
    assert_eq!(stream.until("CONVERSATION_ROUTING_WORK_RESULT").await?.payload()?["workType"], "Assigned");
    guest.handle().refuse_routing(CLIENT_ID, CONVERSATION, &["Nobody is online"])?;
    let failure = stream.until("CONVERSATION_ROUTING_RESULT").await?.payload()?;
    assert_eq!(
        (&failure["failureType"], &failure["errorMessages"]),
        (&json!("RoutingError"), &json!(["Nobody is online"]))
    );
    guest.handle().play(CLIENT_ID, CONVERSATION, Action::RoutingWork { work_type: WorkType::Declined })?;
    Ok(())
}

#[tokio::test]
async fn a_channel_may_show_one_measure_of_the_wait_only() -> Result {
    for (shown, position, wait) in
        [(WaitShown::QueuePosition, true, false), (WaitShown::EstimatedWaitTime, false, true)]
    {
        let guest = Guest::uncertain(|uncertain| {
            (uncertain.wait_shown, uncertain.queue_position_from_zero) = (shown, true);
        })
        .await?;
        guest.create().await?;
        guest.handle().play(CLIENT_ID, CONVERSATION, Action::QueuePosition { position: 1 })?;
        guest.handle().play(CLIENT_ID, CONVERSATION, Action::RoutingResult { estimated_wait_seconds: Some(9) })?;
        let mut stream = guest.stream().await?;
        let mut seen = Value::Null;
        while seen["entryType"] != "RoutingResult" {
            seen = stream.next().await?.ok_or("an event")?.payload()?;
            assert!(seen["entryType"] != "QueuePosition" || (position && seen["position"] == 0));
        }
        assert_eq!(seen["estimatedWaitTime"]["estimatedWaitTimeInSeconds"] == 9, wait);
    }
    Ok(())
}

#[tokio::test]
async fn a_transfer_is_a_leave_a_result_and_perhaps_a_join() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().transfer(CLIENT_ID, CONVERSATION, None)?;
    assert_eq!(guest.routing_status().await?, "TRANSFER");
    assert_eq!(guest.conversation()?.agents().len(), 0);
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().transfer(CLIENT_ID, CONVERSATION, Some("Alan"))?;
    assert_eq!(guest.conversation()?.agents(), ["Alan"]);
    let results = guest.entries("?entryTypeFilter=RoutingResult").await?;
    assert!(results.len() == 2 && results.iter().all(|entry| entry["entryPayload"]["routingType"] == "Transfer"));
    Ok(())
}

#[tokio::test]
async fn a_bot_is_no_agent() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let handle = guest.handle();
    handle.play(CLIENT_ID, CONVERSATION, Action::ChatbotJoins { name: "Helper".into() })?;
    handle.play(CLIENT_ID, CONVERSATION, Action::ChatbotSays { text: "One moment".into() })?;
    handle.play(CLIENT_ID, CONVERSATION, Action::SystemSays { text: "Welcome".into() })?;
    let conversation = guest.conversation()?;
    assert_eq!((conversation.agents().len(), conversation.session_status()), (0, SessionStatus::Waiting));
    assert_eq!(
        (conversation.texts_of(Role::Chatbot), conversation.texts_of(Role::System)),
        (vec!["One moment"], vec!["Welcome"])
    );
    handle.play(CLIENT_ID, CONVERSATION, Action::ChatbotLeaves)?;
    assert_eq!(guest.conversation()?.participants, []);
    assert_eq!(text(&guest.entries("?entryTypeFilter=Message").await?[0]), "Welcome");
    Ok(())
}

#[tokio::test]
async fn times_of_a_session_may_be_seconds() -> Result {
    for (in_seconds, digits) in [(false, 13), (true, 10)] {
        let guest = Guest::uncertain(|uncertain| uncertain.session_times_in_seconds = in_seconds).await?;
        guest.create().await?;
        let entries = guest.entries("?entryTypeFilter=SessionStatusChanged").await?;
        assert_eq!(entries[0]["entryPayload"]["sessionStartTime"].to_string().len(), digits);
    }
    Ok(())
}

#[tokio::test]
async fn the_last_event_may_be_a_number() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.numeric_last_event_id = true).await?;
    assert!(guest.granted["lastEventId"].is_u64());
    guest.create().await?;
    assert!(guest.stream().await?.next().await?.is_some());
    Ok(())
}

#[tokio::test]
async fn faults_strike_messaging_routes() -> Result {
    let guest = Guest::start().await?;
    let strike = |route, effect| guest.handle().add_fault(Fault::once(route, effect));
    for status in [401, 412, 417, 429, 500] {
        strike(Route::CreateConversation, Effect::messaging_error(status));
        let answer = guest.create().await?;
        assert!(answer.status == status && answer.body["message"].is_string());
    }
    strike(Route::CreateConversation, Effect::DropConnection { after_commit: false });
    assert!(guest.create().await.is_err() && guest.conversation().is_err());
    strike(Route::CreateConversation, Effect::CommitLate { after_ms: None });
    assert!(guest.create().await.is_err() && guest.conversation().is_err());
    assert_eq!(guest.handle().release(), 1);
    assert_eq!(guest.conversation()?.creates, 1);
    strike(Route::SendMessage, Effect::DropConnection { after_commit: true });
    assert!(guest.say(&id(1), "hello").await.is_err());
    assert_eq!(guest.conversation()?.texts_of(Role::EndUser), ["hello"]);
    strike(Route::EventStream, Effect::unavailable());
    assert_eq!(guest.stream_request().send().await?.status(), 503);
    strike(Route::ListEntries, Effect::Delay { before_ms: 1, after_ms: 1 });
    assert_eq!(guest.get(&on("entries")).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn an_agent_may_join_in_the_very_moment_of_a_call() -> Result {
    let joins = || Action::AgentJoins { name: "Grace".into() };
    for (after_commit, seen) in [(false, 1), (true, 0)] {
        let guest = Guest::start().await?;
        guest.create().await?;
        let effect = Effect::Meanwhile { action: joins(), after_commit };
        guest.handle().add_fault(Fault::once(Route::ListEntries, effect));
        assert_eq!(guest.entries("?entryTypeFilter=ParticipantChanged").await?.len(), seen);
        assert_eq!(guest.conversation()?.agents(), ["Grace"]);
    }
    let guest = Guest::start().await?;
    guest
        .handle()
        .add_fault(Fault::once(Route::CreateConversation, Effect::Meanwhile { action: joins(), after_commit: true }));
    guest.create().await?;
    assert_eq!(guest.conversation()?.agents(), ["Grace"]);
    Ok(())
}

#[tokio::test]
async fn a_refusal_may_hide_a_commit_and_tell_when_to_come_again() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.retry_after_seconds = 30).await?;
    let effect = Effect::MessagingError { status: 429, after_commit: true };
    guest.handle().add_fault(Fault::once(Route::CreateConversation, effect));
    let answer = guest.create().await?;
    assert_eq!((answer.status, &answer.headers["retry-after"]), (429, &"30".parse()?));
    assert_eq!(guest.conversation()?.creates, 1);
    Ok(())
}

#[tokio::test]
async fn a_stream_may_never_replay() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.no_replay = true).await?;
    guest.create().await?;
    let mut stream = guest.stream().await?;
    guest.say(&id(1), "hello").await?;
    assert_eq!(stream.next().await?.ok_or("an event")?.name, "CONVERSATION_MESSAGE");
    Ok(())
}

#[tokio::test]
async fn every_call_is_remembered_by_its_own_route() -> Result {
    let guest = Guest::start().await?;
    let session = on(&format!("session?esDeveloperName={DEVELOPER_NAME}"));
    guest.create().await?;
    guest.renew_token().await?;
    for path in ["conversation/list".into(), format!("conversation/{CONVERSATION}"), on("entries"), on("transcript")] {
        guest.get(&path).await?;
    }
    for path in ["message", "file", "entry", "acknowledge-entries"] {
        guest.post(&on(path), &json!({})).await?;
    }
    guest.delete(&session).await?;
    guest.close().await?;
    let routes: Vec<Route> = guest.handle().requests(false).iter().map(|request| request.route).collect();
    let expected = [
        Route::MessagingToken,
        Route::CreateConversation,
        Route::ContinuationToken,
        Route::ListConversations,
        Route::ReadConversation,
        Route::ListEntries,
        Route::DownloadTranscript,
        Route::SendMessage,
        Route::SendFile,
        Route::SendTyping,
        Route::AcknowledgeEntries,
        Route::EndMessagingSession,
        Route::CloseConversation,
    ];
    assert_eq!(routes, expected);
    assert!(guest.handle().requests(false).iter().all(|request| request.org.as_deref() == Some(CLIENT_ID)));
    Ok(())
}

#[tokio::test]
async fn a_wait_that_finds_nothing_goes_on_until_something_changes() -> Result {
    let guest = Guest::start().await?;
    let handle = guest.handle().clone();
    let waiting = tokio::spawn(async move { handle.wait_for_conversation(CLIENT_ID, |own| own.creates == 2).await });
    guest.create().await?;
    guest.create().await?;
    let found = tokio::time::timeout(Duration::from_secs(10), waiting).await???;
    assert_eq!(found.id, CONVERSATION);
    Ok(())
}

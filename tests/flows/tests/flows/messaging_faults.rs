//! Faults while a conversation is opened and its agent is told what happened: whatever goes wrong, there is one conversation or
//! one Case, and what the agent reads is there once.

use flows::{System, conversation, details, events};
use salesforce_simulator::{Action, Conversation, Effect, EndedBy, Fault, Role, Route, Script};
use serde_json::{Value, json};

/// A system with an organisation that is always open, and nobody who answers.
async fn live() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    Ok(system)
}

fn messaging_error(status: u16) -> Effect {
    Effect::MessagingError { status, after_commit: false }
}

/// What came of an escalation, with its conversation if there is one.
struct Outcome {
    system: System,
    escalation: Value,
    conversation: Option<Conversation>,
}

impl Outcome {
    async fn of(system: System, id: &str) -> anyhow::Result<Self> {
        let escalation = system.escalation("acme", id).await?;
        let conversation = system.salesforce().conversation("acme", id);
        Ok(Self { system, escalation, conversation })
    }

    /// It waits, and holds the context once.
    async fn waits(self) -> anyhow::Result<Self> {
        assert_eq!(self.escalation["status"], "waiting", "{}", self.escalation);
        let texts = self.conversation.as_ref().map(|conversation| conversation.texts_of(Role::EndUser));
        assert_eq!(texts.unwrap_or_default().len(), 1);
        self.system.nothing_is_left_open_or_doubled("acme").await?;
        Ok(self)
    }

    /// It is our Case, because the conversation could not be started.
    async fn becomes_case_of_failed_start(self) -> anyhow::Result<Self> {
        let Self { escalation, .. } = &self;
        let outcome = ["status", "reason", "by"].map(|member| &escalation[member]);
        assert_eq!(outcome, ["caseCreated", "startFailed", "us"], "{escalation}");
        self.system.nothing_is_left_open_or_doubled("acme").await?;
        Ok(self)
    }
}

/// A fault strikes the next calls of a route, and what follows at once has happened.
async fn struck(route: Route, effect: Effect, times: u32) -> anyhow::Result<Outcome> {
    let system = live().await?;
    system.salesforce().add_fault(Fault { org: None, route: Some(route), times: Some(times), effect });
    let id = system.start_live("acme", &conversation("one")).await?;
    assert_eq!(system.salesforce().faults(), [], "every fault was met");
    Outcome::of(system, &id).await
}

/// A fault strikes all calls of a route for three minutes.
async fn struck_for_three_minutes(route: Route, effect: Effect) -> anyhow::Result<Outcome> {
    let system = live().await?;
    system.fault(route, effect);
    let id = system.start_live("acme", &conversation("one")).await?;
    system.pass_minutes(2).await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "startingMessaging");
    system.pass_minutes(2).await;
    Outcome::of(system, &id).await
}

#[tokio::test]
async fn a_create_that_times_out_after_the_commit_is_one_conversation() -> anyhow::Result<()> {
    let late = Effect::Delay { before_ms: 0, after_ms: 9_000 };
    let outcome = struck(Route::CreateConversation, late, 1).await?.waits().await?;
    assert_eq!(outcome.conversation.map(|conversation| conversation.creates), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_one_conversation() -> anyhow::Result<()> {
    for effect in
        [Effect::DropConnection { after_commit: true }, Effect::MessagingError { status: 500, after_commit: true }]
    {
        let outcome = struck(Route::CreateConversation, effect, 1).await?.waits().await?;
        assert_eq!(outcome.conversation.map(|conversation| conversation.creates), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_create_that_was_lost_is_made_once_after_two_looks_ten_seconds_apart() -> anyhow::Result<()> {
    let dropped = Effect::DropConnection { after_commit: false };
    let Outcome { system, .. } = struck(Route::CreateConversation, dropped, 1).await?.waits().await?;
    let requests = system.salesforce().requests(false);
    let looks: Vec<_> = requests.iter().filter(|request| request.route == Route::ReadConversation).collect();
    let [first, second] = looks[..] else { anyhow::bail!("{} looks", looks.len()) };
    assert_eq!((first.status, second.status), (Some(404), Some(404)));
    assert!((second.at - first.at).num_milliseconds() >= 10_000);
    assert_eq!(system.calls(Route::CreateConversation), 2);
    Ok(())
}

#[tokio::test]
async fn a_create_that_is_committed_late_is_one_conversation() -> anyhow::Result<()> {
    let late = Effect::CommitLate { after_ms: Some(3_000) };
    let outcome = struck(Route::CreateConversation, late, 1).await?.waits().await?;
    assert_eq!(outcome.conversation.map(|conversation| conversation.creates), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_409_is_success() -> anyhow::Result<()> {
    let conflict = Effect::MessagingError { status: 409, after_commit: true };
    struck(Route::CreateConversation, conflict, 1).await?.waits().await.map(drop)
}

#[tokio::test]
async fn a_429_is_waited_for_as_long_as_it_says() -> anyhow::Result<()> {
    let system = live().await?;
    system.salesforce().change_messaging("acme", |messaging| messaging.uncertain.retry_after_seconds = 60);
    system.salesforce().add_fault(Fault::once(Route::CreateConversation, messaging_error(429)));
    let id = system.start_live("acme", &conversation("one")).await?;
    system.pass_time(50);
    system.recover().await;
    assert_eq!(system.calls(Route::CreateConversation), 1, "it said 60 seconds");
    system.pass_time(15);
    system.recover().await;
    Outcome::of(system, &id).await?.waits().await.map(drop)
}

#[tokio::test]
async fn a_412_is_a_case_at_once_and_is_not_tried_again() -> anyhow::Result<()> {
    let outcome =
        struck(Route::CreateConversation, messaging_error(412), 1).await?.becomes_case_of_failed_start().await?;
    outcome.system.pass_minutes(5).await;
    assert_eq!(outcome.system.calls(Route::CreateConversation), 1);
    Ok(())
}

#[tokio::test]
async fn a_refused_create_is_a_case_at_once_and_says_how_it_was_refused() -> anyhow::Result<()> {
    let outcome =
        struck(Route::CreateConversation, messaging_error(400), 1).await?.becomes_case_of_failed_start().await?;
    assert_eq!(details(&outcome.escalation, "rescueStarted"), ["startFailed: not created: refused (400)"]);
    Ok(())
}

#[tokio::test]
async fn a_deployment_that_salesforce_does_not_know_is_a_case_at_once_and_the_timeline_tells_the_cure()
-> anyhow::Result<()> {
    let system = live().await?;
    system.salesforce().change_messaging("acme", |messaging| messaging.published = false);
    let id = system.start_live("acme", &conversation("one")).await?;
    let outcome = Outcome::of(system, &id).await?.becomes_case_of_failed_start().await?;
    let cause = details(&outcome.escalation, "rescueStarted").concat();
    assert!(
        cause.contains("refused (400)") && cause.contains("must be of type Custom Client and published"),
        "{cause}"
    );
    assert_eq!(outcome.system.calls(Route::MessagingToken), 1, "no repetition helps");
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_refused_once_is_replaced() -> anyhow::Result<()> {
    let outcome = struck(Route::CreateConversation, messaging_error(401), 1).await?.waits().await?;
    assert_eq!(outcome.system.calls(Route::MessagingToken), 2);
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_a_case() -> anyhow::Result<()> {
    let outcome =
        struck(Route::CreateConversation, messaging_error(401), 2).await?.becomes_case_of_failed_start().await?;
    assert_eq!(outcome.system.calls(Route::MessagingToken), 2);
    Ok(())
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_a_case_after_three_minutes() -> anyhow::Result<()> {
    for effect in [Effect::unavailable(), Effect::DropConnection { after_commit: false }, messaging_error(429)] {
        let outcome =
            struck_for_three_minutes(Route::MessagingToken, effect).await?.becomes_case_of_failed_start().await?;
        assert!(events(&outcome.escalation).contains(&"retry"));
        assert_eq!(outcome.conversation, None);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_endpoint_that_never_answers_is_a_case_after_three_minutes() -> anyhow::Result<()> {
    let system = live().await?;
    system.fault(Route::MessagingToken, Effect::Delay { before_ms: 60_000, after_ms: 0 });
    let id = system.start_live("acme", &conversation("one")).await?;
    assert_eq!(system.escalation("acme", &id).await?["status"], "startingMessaging");
    system.pass_time(180);
    system.recover().await;
    Outcome::of(system, &id).await?.becomes_case_of_failed_start().await.map(drop)
}

#[tokio::test]
async fn a_messaging_host_that_refuses_connections_is_a_case_after_three_minutes() -> anyhow::Result<()> {
    let system = live().await?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    drop(listener);
    system.update_settings("acme", |settings| settings["messaging"]["url"] = json!(url)).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    assert_eq!(system.escalation("acme", &id).await?["status"], "startingMessaging");
    system.pass_minutes(4).await;
    Outcome::of(system, &id).await?.becomes_case_of_failed_start().await.map(drop)
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_for_a_moment_delays_the_conversation_by_seconds() -> anyhow::Result<()> {
    let outcome = struck(Route::MessagingToken, Effect::unavailable(), 1).await?;
    assert_eq!(outcome.escalation["status"], "startingMessaging");
    let id = outcome.escalation["escalationId"].as_str().unwrap_or_default();
    outcome.system.pass_time(10);
    outcome.system.recover().await;
    Outcome::of(outcome.system, id).await?.waits().await.map(drop)
}

/// A system in which a create arrives late or never, and no look tells whether it did.
async fn of_unknown_create() -> anyhow::Result<(System, String)> {
    let system = live().await?;
    system.fault(Route::CreateConversation, Effect::CommitLate { after_ms: None });
    system.fault(Route::ReadConversation, Effect::unavailable());
    let id = system.start_live("acme", &conversation("one")).await?;
    Ok((system, id))
}

#[tokio::test]
async fn a_create_that_stays_unknown_for_three_minutes_is_a_case_and_its_late_conversation_is_closed()
-> anyhow::Result<()> {
    let (system, id) = of_unknown_create().await?;
    system.pass_minutes(4).await;
    let outcome = Outcome::of(system, &id).await?.becomes_case_of_failed_start().await?;
    assert_eq!(outcome.conversation, None);
    let system = outcome.system;
    system.salesforce().clear_faults();
    assert!(system.salesforce().release() >= 1);
    assert!(system.conversation("acme", &id)?.is_open, "it came late");
    system.nothing_is_left_open_or_doubled("acme").await?;
    assert!(!system.conversation("acme", &id)?.is_open);
    assert!(events(&system.escalation("acme", &id).await?).contains(&"conversationClosed"));
    Ok(())
}

#[tokio::test]
async fn a_404_settles_a_close_only_fifteen_minutes_after_the_last_create() -> anyhow::Result<()> {
    let (system, id) = of_unknown_create().await?;
    system.pass_minutes(10).await;
    let tried = system.calls(Route::CloseConversation);
    assert!(tried >= 5, "{tried} tries in seven minutes");
    assert!(!events(&system.escalation("acme", &id).await?).contains(&"conversationClosed"));
    system.pass_minutes(10).await;
    assert!(events(&system.escalation("acme", &id).await?).contains(&"conversationClosed"));
    let tried = system.calls(Route::CloseConversation);
    system.pass_minutes(3).await;
    assert_eq!(system.calls(Route::CloseConversation), tried, "nothing is owed any more");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_context_message_whose_answer_is_lost_is_not_doubled() -> anyhow::Result<()> {
    let dropped = Effect::DropConnection { after_commit: true };
    let outcome = struck(Route::SendMessage, dropped, 1).await?.waits().await?;
    assert_eq!(outcome.system.calls(Route::SendMessage), 1);
    assert_eq!(details(&outcome.escalation, "contextSent"), ["1 message"]);
    Ok(())
}

#[tokio::test]
async fn a_context_message_that_was_lost_is_sent_again_after_three_looks() -> anyhow::Result<()> {
    let dropped = Effect::DropConnection { after_commit: false };
    let outcome = struck(Route::SendMessage, dropped, 1).await?.waits().await?;
    assert_eq!(outcome.system.calls(Route::SendMessage), 2);
    assert!(outcome.system.calls(Route::ListEntries) >= 3);
    Ok(())
}

#[tokio::test]
async fn a_context_message_that_could_not_be_looked_for_is_not_sent_again() -> anyhow::Result<()> {
    let system = live().await?;
    let error = |status, after_commit| Effect::MessagingError { status, after_commit };
    system.salesforce().add_fault(Fault::once(Route::SendMessage, error(500, true)));
    let blind = Fault { org: None, route: Some(Route::ListEntries), times: Some(3), effect: error(503, false) };
    system.salesforce().add_fault(blind);
    let id = system.start_live("acme", &conversation("one")).await?;
    system.pass_minutes(2).await;
    let outcome = Outcome::of(system, &id).await?.waits().await?;
    assert_eq!(outcome.system.salesforce().faults(), [], "every fault was met");
    assert_eq!(outcome.system.calls(Route::SendMessage), 1);
    assert_eq!(details(&outcome.escalation, "contextSent"), ["1 message"]);
    Ok(())
}

#[tokio::test]
async fn a_context_message_over_the_limit_is_delivered_later_and_once() -> anyhow::Result<()> {
    let outcome = struck(Route::SendMessage, messaging_error(429), 1).await?;
    assert_eq!(outcome.escalation["status"], "waiting", "the conversation is open all the same");
    let id = outcome.escalation["escalationId"].as_str().unwrap_or_default();
    outcome.system.pass_minutes(2).await;
    let outcome = Outcome::of(outcome.system, id).await?.waits().await?;
    assert_eq!(outcome.system.calls(Route::SendMessage), 2);
    assert_eq!(details(&outcome.escalation, "contextSent"), ["1 message"]);
    Ok(())
}

#[tokio::test]
async fn a_context_that_a_new_conversation_does_not_take_yet_is_delivered_later_and_once() -> anyhow::Result<()> {
    for status in [401, 404] {
        let outcome = struck(Route::SendMessage, messaging_error(status), 1).await?;
        let id = outcome.escalation["escalationId"].as_str().unwrap_or_default().to_owned();
        outcome.system.pass_minutes(2).await;
        Outcome::of(outcome.system, &id).await?.waits().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_context_that_is_refused_does_not_end_the_conversation() -> anyhow::Result<()> {
    let outcome = struck(Route::SendMessage, messaging_error(400), 1).await?;
    let Outcome { system, escalation, .. } = &outcome;
    assert_eq!((&escalation["status"], details(escalation, "degraded").len()), (&json!("waiting"), 1));
    let id = escalation["escalationId"].as_str().unwrap_or_default();
    system.salesforce().join_agent("acme", id, "Grace Hopper")?;
    assert_eq!(system.look_after(10, "acme", id).await?["status"], "active");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_session_that_ends_before_the_context_is_there_is_judged_by_the_look_and_never_opened_again()
-> anyhow::Result<()> {
    let ended = Action::SessionEnds { by: EndedBy::System, with_event: true };
    let meanwhile = Effect::Meanwhile { action: ended, after_commit: false };
    let outcome = struck(Route::SendMessage, meanwhile, 1).await?;
    assert_eq!(details(&outcome.escalation, "degraded"), ["context: the messaging session is over"]);
    let id = outcome.escalation["escalationId"].as_str().unwrap_or_default();
    let done = outcome.system.recover_until("acme", id, "caseCreated").await?;
    assert_eq!(done["reason"], "endedUnanswered");
    outcome.system.nothing_is_left_open_or_doubled("acme").await
}

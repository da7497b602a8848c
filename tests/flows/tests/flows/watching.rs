//! A live conversation is watched: who comes and goes, how it ends, its token, and outages.

use flows::{FLIPS, System, conversation, details, events};
use salesforce_simulator::{
    Action, AgentEnd, Effect, EndedBy, Fault, FlowRefusal, Named, RefusalOutcome, Route, Script, Uncertain,
};
use serde_json::{Value, json};

const GRACE: &str = "Grace Hopper";
const ALAN: &str = "Alan Turing";
const LIFETIME_MINUTES: usize = 60;

/// An organisation of this type, and a conversation of it that waits.
async fn waiting(integration_type: &str) -> anyhow::Result<(System, String)> {
    waiting_with(integration_type, |_| ()).await
}

/// The same, in an org that behaves otherwise.
async fn waiting_with(integration_type: &str, change: impl FnOnce(&mut Uncertain)) -> anyhow::Result<(System, String)> {
    let system = System::start().await?;
    let id = waiting_in(&system, "acme", integration_type, change).await?;
    Ok((system, id))
}

async fn waiting_in(
    system: &System,
    organisation: &str,
    integration_type: &str,
    change: impl FnOnce(&mut Uncertain),
) -> anyhow::Result<String> {
    system.live_organisation(organisation, integration_type, Script::default()).await?;
    system.salesforce().change_org(organisation, |org| org.users.extend([GRACE, ALAN].map(Named::new)));
    system.salesforce().change_messaging(organisation, |messaging| {
        messaging.token_lifetime_seconds = 3_600;
        change(&mut messaging.uncertain);
    });
    let id = system.start_live(organisation, &conversation("one")).await?;
    let escalation = system.escalation(organisation, &id).await?;
    anyhow::ensure!(escalation["status"] == "waiting", "{escalation}");
    Ok(id)
}

/// A conversation with an agent in it.
async fn active(change: impl FnOnce(&mut Uncertain)) -> anyhow::Result<(System, String)> {
    let (system, id) = waiting_with("fullviewFlow", change).await?;
    system.salesforce().join_agent("acme", &id, GRACE)?;
    let escalation = system.look_after(5, "acme", &id).await?;
    assert_eq!(escalation["status"], "active", "{escalation}");
    Ok((system, id))
}

/// How it came out: the status, and by whom or why.
fn outcome<'a>(escalation: &'a Value, by_or_reason: &str) -> (&'a str, &'a str) {
    (escalation["status"].as_str().unwrap_or_default(), escalation[by_or_reason].as_str().unwrap_or_default())
}

fn description(system: &System) -> String {
    let cases = system.salesforce().cases("acme");
    cases.last().and_then(|case| case["Description"].as_str()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_agent_who_gives_it_back_to_the_queue_makes_it_wait_as_long_again() -> anyhow::Result<()> {
    let (system, id) = waiting("fullviewFlow").await?;
    system.pass_minutes(10).await;
    system.salesforce().join_agent("acme", &id, GRACE)?;
    assert_eq!(system.look_after(60, "acme", &id).await?["status"], "active");
    system.pass_minutes(4).await;
    system.salesforce().leave_agent("acme", &id, true)?;
    system.look_after(5, "acme", &id).await?;
    let requeued = system.look_after(15, "acme", &id).await?;
    assert_eq!(events(&requeued)[4..], ["agentJoined", "agentLeft", "requeued"], "{requeued}");
    system.pass_minutes(19).await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "waiting", "counted afresh");
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!(outcome(&done, "reason"), ("caseCreated", "longestWait"));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_transfer_to_another_agent_stays_active() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?;
    system.salesforce().transfer("acme", &id, Some(ALAN))?;
    let escalation = system.look_after(30, "acme", &id).await?;
    assert_eq!(escalation["status"], "active");
    assert_eq!(events(&escalation)[4..], ["agentJoined", "agentLeft", "agentJoined"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_transfer_to_a_queue_waits_until_the_next_agent_takes_it() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?;
    system.salesforce().transfer("acme", &id, None)?;
    assert_eq!(system.look_after(30, "acme", &id).await?["status"], "waiting");
    system.salesforce().join_agent("acme", &id, ALAN)?;
    assert_eq!(system.look_after(30, "acme", &id).await?["status"], "active");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_agent_s_end_is_the_outcome_however_salesforce_tells_it_and_we_close_the_conversation() -> anyhow::Result<()>
{
    for agent_end in [AgentEnd::ParticipantAndStatus, AgentEnd::ParticipantOnly, AgentEnd::StatusOnly] {
        let (system, id) = active(|uncertain| uncertain.agent_end = agent_end).await?;
        system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
        system.look_after(5, "acme", &id).await?;
        let ended = system.look_after(15, "acme", &id).await?;
        assert_eq!(outcome(&ended, "by"), ("ended", "agent"), "{agent_end:?}: {ended}");
        assert!(!system.conversation("acme", &id)?.is_open, "{agent_end:?}");
        assert!(events(&ended).contains(&"conversationClosed"), "{agent_end:?}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_s_end_of_which_nothing_tells_is_found_out_by_the_routing_status() -> anyhow::Result<()> {
    let (system, id) = active(|uncertain| uncertain.agent_end = AgentEnd::Silent).await?;
    system.pass_minutes(10).await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "active", "nothing has happened yet");
    system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
    let ended = system.recover_until("acme", &id, "ended").await?;
    assert_eq!(outcome(&ended, "by"), ("ended", "agent"), "{ended}");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_chatbot_is_not_a_human() -> anyhow::Result<()> {
    let (system, id) = waiting("fullviewFlow").await?;
    system.salesforce().play("acme", &id, Action::ChatbotJoins { name: "Einstein".into() })?;
    system.salesforce().play("acme", &id, Action::ChatbotSays { text: "How can I help?".into() })?;
    assert_eq!(system.look_after(10, "acme", &id).await?["status"], "waiting");
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!(outcome(&done, "reason"), ("caseCreated", "longestWait"));
    assert!(description(&system).contains("How can I help?"));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_customer_who_stops_answering_ends_it_by_inactivity() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?;
    system.salesforce().play("acme", &id, Action::GoesInactive)?;
    assert_eq!(system.look_after(30, "acme", &id).await?["status"], "active", "inactive is not over");
    system.salesforce().end_session("acme", &id, EndedBy::Inactivity, true)?;
    let ended = system.look_after(30, "acme", &id).await?;
    assert_eq!(outcome(&ended, "by"), ("ended", "inactivity"));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn our_own_flow_makes_a_refused_conversation_a_case_at_once() -> anyhow::Result<()> {
    for ends in [false, true] {
        let (system, id) = waiting("fullviewFlow").await?;
        if ends {
            system.salesforce().end_session("acme", &id, EndedBy::System, true)?;
        } else {
            system.salesforce().refuse_routing("acme", &id, &["Nobody is available"])?;
        }
        let done = system.look_after(5, "acme", &id).await?;
        assert_eq!(outcome(&done, "reason"), ("caseCreated", "endedUnanswered"), "{done}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_org_s_flow_has_two_minutes_to_call_back_before_a_refused_conversation_is_our_case() -> anyhow::Result<()> {
    for outcome_of_refusal in [RefusalOutcome::RoutingFailure, RefusalOutcome::SessionEnd] {
        let (system, id) = waiting("omniChannelFlow").await?;
        let refusal =
            FlowRefusal { make_case: false, callback: vec![], outcome: outcome_of_refusal, ..FlowRefusal::default() };
        system.salesforce().play("acme", &id, Action::FlowRefuses(refusal))?;
        assert_eq!(system.look_after(5, "acme", &id).await?["status"], "waiting");
        assert_eq!(system.look_after(100, "acme", &id).await?["status"], "waiting");
        let done = system.look_after(30, "acme", &id).await?;
        assert_eq!(outcome(&done, "reason"), ("caseCreated", "endedUnanswered"), "{done}");
        assert_eq!(done["by"], "us");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_case_that_the_flow_gave_to_the_session_is_the_outcome_if_we_may_read_it() -> anyhow::Result<()> {
    for (is_readable, by) in [(true, "salesforceFlow"), (false, "us")] {
        let (system, id) = waiting("omniChannelFlow").await?;
        system.salesforce().change_messaging("acme", |messaging| messaging.readable_sessions = is_readable);
        let refusal = FlowRefusal { callback: vec![], ..FlowRefusal::default() };
        system.salesforce().play("acme", &id, Action::FlowRefuses(refusal))?;
        let of_flow = system.salesforce().cases("acme")[0]["Id"].clone();
        system.look_after(5, "acme", &id).await?;
        let done = system.look_after(130, "acme", &id).await?;
        assert_eq!(outcome(&done, "by"), ("caseCreated", by), "{done}");
        assert_eq!(done["case"]["id"] == of_flow, is_readable);
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_as_often_as_need_be() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?; // a token lives for an hour
    for _ in 0..36 {
        system.pass_time(5 * 60);
        system.recover().await;
    }
    assert_eq!(system.escalation("acme", &id).await?["status"], "active");
    assert!((3..=8).contains(&system.calls(Route::ContinuationToken)), "{}", system.calls(Route::ContinuationToken));
    let refused = system.salesforce().requests(false).into_iter().find(|request| request.status == Some(401));
    assert!(refused.is_none(), "{refused:?}");
    system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
    assert_eq!(outcome(&system.look_after(15, "acme", &id).await?, "by"), ("ended", "agent"));
    system.nothing_is_left_open_or_doubled("acme").await
}

/// Nobody could renew the token: everything that was said is in a Case and the conversation is closed, before the token ends.
async fn is_case_before_the_token_ends(system: &System, id: &str) -> anyhow::Result<()> {
    system.salesforce().agent_says("acme", id, "I am looking into it.")?;
    system.pass_minutes(LIFETIME_MINUTES - 10).await;
    assert_eq!(system.escalation("acme", id).await?["status"], "active", "it goes on as long as it can");
    system.salesforce().agent_says("acme", id, "Still looking.")?;
    system.pass_minutes(9).await;
    let done = system.escalation("acme", id).await?;
    assert_eq!(outcome(&done, "reason"), ("caseCreated", "tokenExpired"), "{done}");
    assert!(!system.conversation("acme", id)?.is_open);
    let description = description(system);
    assert!(description.contains("I am looking into it.") && description.contains("Still looking."), "{description}");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_token_whose_renewal_keeps_its_end_makes_a_case_before_that() -> anyhow::Result<()> {
    let (system, id) = active(|uncertain| uncertain.continuation_keeps_expiry = true).await?;
    is_case_before_the_token_ends(&system, &id).await
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_makes_a_case_before_its_end() -> anyhow::Result<()> {
    for effect in [Effect::unavailable(), Effect::MessagingError { status: 404, after_commit: false }] {
        let (system, id) = active(|_| ()).await?;
        system.fault(Route::ContinuationToken, effect);
        is_case_before_the_token_ends(&system, &id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_refused_in_the_middle_makes_a_case_and_the_close_is_tried_until_its_end() -> anyhow::Result<()>
{
    let (system, id) = active(|_| ()).await?;
    system.salesforce().agent_says("acme", &id, "Let me see.")?;
    system.look_after(10, "acme", &id).await?;
    system.salesforce().expire_tokens("acme");
    let done = system.look_after(10, "acme", &id).await?;
    assert_eq!(outcome(&done, "reason"), ("caseCreated", "tokenExpired"), "{done}");
    assert!(description(&system).contains("Let me see."), "what had been read");
    assert!(!events(&done).contains(&"conversationNotClosed"));
    system.pass_minutes(LIFETIME_MINUTES + 10).await;
    assert!(events(&system.escalation("acme", &id).await?).contains(&"conversationNotClosed"));
    system.nothing_is_left_open_or_doubled("acme").await
}

/// The Messaging API is down for so many minutes; then one more passes.
async fn outage_of(minutes: usize) -> anyhow::Result<(System, String, Value)> {
    let (system, id) = active(|_| ()).await?;
    system.salesforce().agent_says("acme", &id, "Before the outage.")?;
    system.look_after(5, "acme", &id).await?;
    for route in [Route::ListEntries, Route::ReadConversation, Route::CloseConversation, Route::ContinuationToken] {
        system.fault(route, Effect::unavailable());
    }
    system.look_after(5, "acme", &id).await?;
    system.pass_minutes(minutes).await;
    let during = system.escalation("acme", &id).await?;
    system.salesforce().clear_faults();
    system.pass_minutes(1).await;
    Ok((system, id, during))
}

#[tokio::test]
async fn an_outage_of_more_than_ten_minutes_makes_a_case_of_what_had_been_read() -> anyhow::Result<()> {
    let (system, id, during) = outage_of(11).await?;
    assert_eq!(outcome(&during, "reason"), ("caseCreated", "outage"), "{during}");
    assert!(description(&system).contains("Before the outage."));
    assert!(details(&during, "degraded").concat().contains("live conversation: not read to its end"), "{during}");
    system.nothing_is_left_open_or_doubled("acme").await?;
    assert!(!system.conversation("acme", &id)?.is_open);
    Ok(())
}

#[tokio::test]
async fn a_404_after_an_outage_ends_no_conversation() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?;
    system.fault(Route::ListEntries, Effect::messaging_error(500));
    for _ in 0..4 {
        system.look_after(20, "acme", &id).await?;
    }
    system.salesforce().clear_faults();
    let missing = Fault::once(Route::ListEntries, Effect::messaging_error(404));
    system.salesforce().add_fault(missing);
    system.look_after(20, "acme", &id).await?;
    assert_eq!(system.look_after(20, "acme", &id).await?["status"], "active");
    assert!(system.conversation("acme", &id)?.is_open);
    Ok(())
}

#[tokio::test]
async fn what_no_person_writes_blinds_no_look() -> anyhow::Result<()> {
    let (system, id) = active(|_| ()).await?;
    system.salesforce().agent_says("acme", &id, &"x".repeat(600_000))?;
    system.look_after(20, "acme", &id).await?;
    system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
    let ended = system.recover_until("acme", &id, "ended").await?;
    assert_eq!(outcome(&ended, "by"), ("ended", "agent"), "{ended}");
    Ok(())
}

#[tokio::test]
async fn a_shorter_outage_changes_nothing() -> anyhow::Result<()> {
    let (system, id, during) = outage_of(9).await?;
    let after = system.escalation("acme", &id).await?;
    assert_eq!((&during["status"], &after["timeline"]), (&json!("active"), &during["timeline"]));
    system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
    assert_eq!(outcome(&system.look_after(15, "acme", &id).await?, "by"), ("ended", "agent"));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn an_org_that_is_left_alone_for_its_daily_limit_is_looked_at_and_closed_all_the_same() -> anyhow::Result<()> {
    let (system, live) = waiting("fullviewFlow").await?;
    system.fault(Route::Composite, Effect::daily_limit());
    let refused = system.start_live("acme", &conversation("two")).await?;
    system.salesforce().refuse_routing("acme", &refused, &["Nobody is available"])?;
    system.look_after(5, "acme", &refused).await?;
    let parked = system.start_live("acme", &conversation("three")).await?;
    system.salesforce().refuse_routing("acme", &parked, &["Nobody is available"])?;
    system.salesforce().join_agent("acme", &live, GRACE)?;
    system.pass_minutes(2).await;
    for id in [&refused, &parked] {
        assert_eq!(system.escalation("acme", id).await?["status"], "creatingCase");
        assert!(!system.conversation("acme", id)?.is_open, "closed although its Case must wait");
    }
    assert_eq!(system.escalation("acme", &live).await?["status"], "active");
    system.salesforce().end_session("acme", &live, EndedBy::Agent, true)?;
    system.pass_minutes(11).await;
    assert_eq!(outcome(&system.escalation("acme", &live).await?, "by"), ("ended", "agent"));
    assert!(!system.conversation("acme", &live)?.is_open);
    system.salesforce().clear_faults();
    system.pass_time(3_600);
    for id in [&refused, &parked] {
        system.recover_until("acme", id, "caseCreated").await?;
    }
    system.nothing_is_left_open_or_doubled("acme").await
}

/// An agent takes it, its token is renewed, the agent speaks and ends it.
async fn taken_spoken_in_and_ended(
    system: &System,
    organisation: &str,
    change: fn(&mut Uncertain),
) -> anyhow::Result<Value> {
    let id = waiting_in(system, organisation, "fullviewFlow", change).await?;
    system.salesforce().join_agent(organisation, &id, GRACE)?;
    system.look_after(10, organisation, &id).await?;
    system.salesforce().agent_says(organisation, &id, "https://example.com/help")?;
    system.look_after(45 * 60, organisation, &id).await?;
    system.salesforce().end_session(organisation, &id, EndedBy::Agent, true)?;
    system.look_after(10, organisation, &id).await?;
    let ended = system.look_after(15, organisation, &id).await?;
    system.nothing_is_left_open_or_doubled(organisation).await?;
    Ok(json!([ended["status"], ended["by"], events(&ended)]))
}

#[tokio::test]
async fn whatever_is_unsure_about_salesforce_an_agent_who_comes_speaks_and_ends_it_is_the_same_outcome()
-> anyhow::Result<()> {
    let begun = ["accepted", "routed", "messagingStarted", "contextSent"];
    let story = [&begun[..], &["agentJoined", "agentLeft", "ended", "conversationClosed"]].concat();
    let system = System::start().await?;
    let mut failures = Vec::new();
    for (number, (name, change)) in FLIPS.into_iter().enumerate() {
        let told = taken_spoken_in_and_ended(&system, &format!("org-{number}"), change).await;
        let mut told = told.unwrap_or_else(|error| json!(error.to_string()));
        if let Some(events) = told[2].as_array_mut().filter(|_| name == "only the session's end is told") {
            events.insert(5, json!("agentLeft"));
        }
        if told != json!(["ended", "agent", story]) {
            failures.push(format!("{name}: {told}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

//! The org calls back: whatever the escalation's status, whoever works on it, early, late, twice or never.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use flows::{Answer, Cut, Gate, Steps, System, Watched, conversation, send, with};
use reqwest::Method;
use salesforce_simulator::{CallbackSettings, Effect, Fault, FlowRefusal, RefusalOutcome, Route, Script};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kills;

/// An organisation with a token, and a Case that its flow made.
struct Org {
    system: System,
    token: String,
    case_id: String,
    case_number: String,
}

impl Org {
    async fn start() -> anyhow::Result<Self> {
        let system = System::start().await?;
        system.organisation("acme").await?;
        Self::of(system).await
    }

    /// The simulated org's only way to a Case is ours: it stands for the one that the flow made.
    async fn of(system: System) -> anyhow::Result<Self> {
        let token = system.escalations_token("acme").await?;
        let made = system.escalate_and_settle("acme", &conversation("made by the flow")).await?;
        let member = |name: &str| made["case"][name].as_str().map(str::to_owned).context("no Case");
        Ok(Self { case_id: member("id")?, case_number: member("number")?, system, token })
    }

    /// An escalation that waits for this function, whose hint is lost.
    async fn waiting_for(&self, function: &str, id: &str) -> anyhow::Result<String> {
        self.system.stack.lambda().lose_events(Some(function), 1);
        let id = self.system.accept("acme", &conversation(id)).await?;
        self.system.settle().await;
        Ok(id)
    }

    async fn received(&self, id: &str) -> anyhow::Result<String> {
        self.waiting_for("business-hours-router", id).await
    }

    /// What the package sends if the flow names the Case.
    fn with_case(&self, id: &str) -> Value {
        json!({ "conversationId": id, "messagingSessionId": "0Mw000000000001AAA", "caseId": self.case_id,
                "caseNumber": self.case_number, "packageVersion": "1.0" })
    }

    fn without_case(&self, id: &str) -> Value {
        with(with(self.with_case(id), "/caseId", Value::Null), "/caseNumber", Value::Null)
    }

    fn without_number(&self, id: &str) -> Value {
        with(self.with_case(id), "/caseNumber", Value::Null)
    }

    async fn send(&self, body: &Value) -> anyhow::Result<Answer> {
        self.system.callback("acme", &self.token, body).await
    }

    /// Calls back, waits for what follows, and returns the escalation.
    async fn call_back(&self, body: &Value) -> anyhow::Result<Value> {
        let answer = self.send(body).await?.expect_status(204)?;
        ensure!(answer.body.is_null(), "{}", answer.body);
        self.system.settle().await;
        self.system.escalation("acme", body["conversationId"].as_str().unwrap_or_default()).await
    }

    /// The Case as the outcome of an escalation, or beside it.
    fn reference(&self, number: Option<&str>) -> Value {
        json!({ "id": self.case_id, "number": number, "by": "salesforceFlow" })
    }

    fn assert_flow_made_the_case(&self, escalation: &Value) {
        assert_eq!((&escalation["status"], &escalation["by"]), (&json!("caseCreated"), &json!("salesforceFlow")));
        assert_eq!(escalation["case"], self.reference(Some(&self.case_number)));
    }

    /// Waits until Salesforce has got a call.
    async fn is_asked(&self, route: Route) {
        while self.system.salesforce().requests(false).iter().all(|request| request.route != route) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Cases of ours beside the one that stands for the flow's, now and after a while.
    async fn our_cases(&self) -> usize {
        for _ in 0..3 {
            self.system.pass_time(60);
            self.system.recover().await;
        }
        self.system.salesforce().cases("acme").len() - 1
    }
}

fn events(escalation: &Value) -> Vec<&str> {
    let timeline = escalation["timeline"].as_array().into_iter().flatten();
    timeline.filter_map(|entry| entry["event"].as_str()).collect()
}

fn count(escalation: &Value, event: &str) -> usize {
    events(escalation).into_iter().filter(|other| *other == event).count()
}

#[tokio::test]
async fn the_flows_case_is_the_outcome_of_one_that_is_not_routed_yet() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let escalation = org.call_back(&org.with_case(&id)).await?;
    org.assert_flow_made_the_case(&escalation);
    assert_eq!(events(&escalation), ["accepted", "callback", "caseCreated"]);
    assert_eq!(escalation["timeline"][1]["detail"], format!("case {}", org.case_id));
    assert_eq!(org.our_cases().await, 0);
    Ok(())
}

#[tokio::test]
async fn without_a_case_the_conversation_ends_silently() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let escalation = org.call_back(&org.without_case(&id)).await?;
    assert_eq!((&escalation["status"], &escalation["by"]), (&json!("ended"), &json!("salesforceFlow")));
    assert_eq!((&escalation["case"], events(&escalation)), (&Value::Null, vec!["accepted", "callback", "ended"]));
    assert_eq!(escalation["timeline"][1]["detail"], "no Case");
    assert_eq!(org.our_cases().await, 0);
    Ok(())
}

#[tokio::test]
async fn a_case_that_the_flow_made_before_our_first_insert_is_the_only_one() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.waiting_for("case-creation", "c1").await?;
    org.assert_flow_made_the_case(&org.call_back(&org.with_case(&id)).await?);
    assert_eq!(org.our_cases().await, 0);
    Ok(())
}

#[tokio::test]
async fn a_silent_end_does_not_keep_our_case_away_once_it_was_chosen() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.waiting_for("case-creation", "c1").await?;
    let escalation = org.call_back(&org.without_case(&id)).await?;
    assert_eq!((&escalation["status"], count(&escalation, "callback")), (&json!("creatingCase"), 1));
    let escalation = org.system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!((&escalation["by"], org.our_cases().await), (&json!("us"), 1));
    Ok(())
}

#[tokio::test]
async fn a_case_of_the_flow_beside_an_insert_of_unknown_outcome_is_kept() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let late = Effect::CommitLate { after_ms: None };
    org.system.salesforce().add_fault(Fault::once(Route::Composite, late));
    let escalation = org.system.escalate_and_settle("acme", &conversation("c1")).await?;
    let id = escalation["escalationId"].as_str().context("no escalationId")?;
    org.system.pass_time(10);
    let escalation = org.call_back(&org.without_number(id)).await?;
    assert_eq!((&escalation["status"], &escalation["case"]), (&json!("creatingCase"), &Value::Null));
    assert_eq!(escalation["flowCase"], org.reference(Some(&org.case_number)), "its number is looked up too");
    let other = with(org.with_case(id), "/caseId", json!("500000000000999AAA"));
    assert_eq!(org.call_back(&other).await?["flowCase"]["id"], org.case_id, "the first stays");
    assert_eq!(org.system.salesforce().release(), 1);
    let escalation = org.system.recover_until("acme", id, "caseCreated").await?;
    assert_eq!((&escalation["by"], &escalation["flowCase"]["id"]), (&json!("us"), &json!(org.case_id)));
    assert_eq!(org.our_cases().await, 1);
    Ok(())
}

#[tokio::test]
async fn case_creation_at_work_makes_no_case_after_the_flows_was_told() -> anyhow::Result<()> {
    let org = Org::start().await?;
    org.system.salesforce().clear_requests();
    let slow = Effect::Delay { before_ms: 5_000, after_ms: 0 };
    org.system.salesforce().add_fault(Fault::once(Route::Query, slow));
    let id = org.system.accept("acme", &conversation("c1")).await?;
    tokio::time::timeout(Duration::from_secs(20), org.is_asked(Route::Query)).await?;
    let escalation = org.call_back(&org.with_case(&id)).await?;
    org.assert_flow_made_the_case(&escalation);
    assert_eq!(org.our_cases().await, 0);
    Ok(())
}

#[tokio::test]
async fn one_that_needs_a_person_needs_none_any_more() -> anyhow::Result<()> {
    let org = Org::start().await?;
    org.system.salesforce().change_org("acme", |org| org.validation_rule = Some("Say please".into()));
    for (name, status) in [("with a Case", "caseCreated"), ("without", "ended")] {
        let stuck = org.system.escalate_and_settle("acme", &conversation(name)).await?;
        assert_eq!(stuck["status"], "stuck");
        let id = stuck["escalationId"].as_str().context("no escalationId")?;
        let body = if status == "ended" { org.without_case(id) } else { org.with_case(id) };
        let escalation = org.call_back(&body).await?;
        assert_eq!((&escalation["status"], &escalation["stuck"]), (&json!(status), &Value::Null));
        assert_eq!(escalation["by"], "salesforceFlow");
    }
    let open = org.system.request(Method::GET, "/v1/organisations/acme/escalations?status=open");
    assert_eq!(send(open).await?.expect_status(200)?.body["escalations"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_callback_that_comes_after_the_outcome_is_only_recorded() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let ours = org.system.escalate_and_settle("acme", &conversation("c1")).await?;
    let id = ours["escalationId"].as_str().context("no escalationId")?;
    for body in [org.with_case(id), org.without_case(id)] {
        let escalation = org.call_back(&body).await?;
        for member in ["status", "by", "case", "flowCase"] {
            assert_eq!(escalation[member], ours[member]);
        }
    }
    assert_eq!(count(&org.system.escalation("acme", id).await?, "callback"), 2);
    Ok(())
}

#[tokio::test]
async fn a_repeated_callback_is_answered_alike_and_leaves_no_trace() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let first = org.call_back(&org.with_case(&id)).await?;
    for _ in 0..3 {
        assert_eq!(org.call_back(&org.with_case(&id)).await?, first);
    }
    let later = org.call_back(&org.without_case(&id)).await?;
    org.assert_flow_made_the_case(&later);
    assert_eq!(count(&later, "callback"), 2);
    Ok(())
}

#[tokio::test]
async fn callbacks_that_come_at_once_have_one_outcome() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let (with_case, without) = (org.with_case(&id), org.without_case(&id));
    let answers = tokio::try_join!(org.send(&with_case), org.send(&without), org.send(&with_case), org.send(&without))?;
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        answer.expect_status(204)?;
    }
    let escalation = org.system.escalation("acme", &id).await?;
    assert_eq!(count(&escalation, "caseCreated") + count(&escalation, "ended"), 1, "{escalation}");
    assert_eq!(escalation["case"].is_null(), escalation["status"] == "ended");
    Ok(())
}

#[tokio::test]
async fn a_missing_number_is_looked_up_once() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let short = with(org.without_number(&id), "/caseId", json!(org.case_id[..15]));
    org.system.salesforce().clear_requests();
    org.assert_flow_made_the_case(&org.call_back(&short).await?);
    org.call_back(&short).await?;
    let reads = org.system.salesforce().requests(false);
    assert_eq!(reads.iter().filter(|request| request.route == Route::ReadCase).count(), 1, "{reads:?}");
    Ok(())
}

#[tokio::test]
async fn a_number_that_cannot_be_had_changes_nothing_and_a_repetition_adds_it() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let hidden = Effect::Refuse {
        status: 404,
        error_code: "NOT_FOUND".into(),
        message: "The requested resource does not exist".into(),
        fields: None,
    };
    let dropped = Effect::DropConnection { after_commit: false };
    for (name, effect) in [("down", Effect::unavailable()), ("hidden", hidden), ("dropped", dropped)] {
        let id = org.received(name).await?;
        org.system.salesforce().add_fault(Fault::once(Route::ReadCase, effect));
        let escalation = org.call_back(&org.without_number(&id)).await?;
        assert_eq!(escalation["case"], org.reference(None), "{name}");
        assert_eq!(escalation["status"], "caseCreated");
        let again = org.call_back(&org.without_number(&id)).await?;
        org.assert_flow_made_the_case(&again);
        assert_eq!(count(&again, "callback"), 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_org_that_does_not_answer_is_not_waited_for() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let id = org.received("c1").await?;
    let silent = Effect::Delay { before_ms: 15_000, after_ms: 0 };
    org.system.salesforce().add_fault(Fault::once(Route::ReadCase, silent));
    let started = Instant::now();
    org.send(&org.without_number(&id)).await?.expect_status(204)?;
    assert!(started.elapsed() < Duration::from_secs(10), "Apex waits ten seconds for an answer");
    assert_eq!(org.system.escalation("acme", &id).await?["case"], org.reference(None));
    Ok(())
}

#[tokio::test]
async fn an_org_that_is_left_alone_is_not_asked_for_a_number() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let down = Fault { org: None, route: Some(Route::Composite), times: Some(1), effect: Effect::unavailable() };
    org.system.salesforce().add_fault(down);
    org.system.escalate_and_settle("acme", &conversation("outage")).await?;
    let id = org.received("c1").await?;
    org.system.salesforce().clear_requests();
    assert_eq!(org.call_back(&org.without_number(&id)).await?["case"], org.reference(None));
    assert!(org.system.salesforce().requests(false).is_empty());
    Ok(())
}

#[tokio::test]
async fn size_token_form_and_existence_are_checked_in_this_order() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let unknown = org.with_case(&Uuid::nil().to_string());
    let wrong = with(unknown.clone(), "/caseId", json!("conv_1"));
    let large = with(wrong.clone(), "/padding", json!("x".repeat(16 * 1024)));
    org.system.callback("acme", "unknown", &large).await?.expect_problem(413, "bodyTooLarge")?;
    let refused = org.system.callback("acme", "unknown", &wrong).await?.expect_problem(401, "unauthenticated")?;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    let refused = org.send(&wrong).await?.expect_problem(400, "invalidRequest")?;
    assert_eq!(refused.pointers(), ["/caseId"]);
    org.send(&unknown).await?.expect_problem(404, "notFound")?;
    let broken = org.system.request_with_key(Method::POST, "/v1/callbacks/apex/acme", &org.token).body("{");
    send(broken).await?.expect_problem(400, "malformedJson")?;
    let test = org.send(&json!({ "nonce": "n1" })).await?.expect_problem(404, "notFound")?;
    assert_eq!(test.body["detail"], "it is not the nonce of the last callback test");
    Ok(())
}

#[tokio::test]
async fn only_a_token_of_the_organisation_itself_is_let_in() -> anyhow::Result<()> {
    let org = Org::start().await?;
    let (system, id) = (&org.system, org.received("c1").await?);
    system.organisation("other").await?;
    let others = [system.escalations_token("other").await?, system.key("acme").await?, local::PLATFORM_KEY.to_owned()];
    for token in others {
        system.callback("acme", &token, &org.with_case(&id)).await?.expect_problem(401, "unauthenticated")?;
    }
    for organisation in ["other", "nobody"] {
        let answer = system.callback(organisation, &org.token, &org.with_case(&id)).await?;
        answer.expect_problem(401, "unauthenticated")?;
    }
    assert_eq!(system.escalation("acme", &id).await?["status"], "received");
    Ok(())
}

#[tokio::test]
async fn an_escalation_of_another_organisation_is_not_found() -> anyhow::Result<()> {
    let org = Org::start().await?;
    org.system.organisation("other").await?;
    let token = org.system.escalations_token("other").await?;
    let id = org.received("c1").await?;
    let foreign = org.system.callback("other", &token, &org.with_case(&id)).await?.expect_problem(404, "notFound")?;
    let missing = org.with_case(&Uuid::nil().to_string());
    let missing = org.system.callback("other", &token, &missing).await?.expect_problem(404, "notFound")?;
    assert_eq!(foreign.body, missing.body);
    assert_eq!(org.system.escalation("acme", &id).await?["status"], "received");
    Ok(())
}

/// An organisation in which all outside calls of apex-callback go through gates.
async fn watched() -> anyhow::Result<(Org, Steps, Vec<Gate>)> {
    let Watched { system, steps, gates, .. } = kills::watched("apex-callback").await?;
    Ok((Org::of(system).await?, steps, gates))
}

/// The package calls again after an answer that never came.
async fn called_back_at_last(org: &Org, id: &str) -> anyhow::Result<Value> {
    for _ in 0..3 {
        let answer = org.send(&org.without_number(id)).await?;
        if answer.status == 204 {
            org.system.settle().await;
            return org.system.escalation("acme", id).await;
        }
    }
    anyhow::bail!("apex-callback never answered")
}

#[tokio::test]
async fn apex_callback_may_be_killed_anywhere() -> anyhow::Result<()> {
    let (org, steps, _gates) = watched().await?;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let id = org.received(&format!("{call}-{cut:?}")).await?;
            org.system.salesforce().expire_sessions("acme");
            steps.kill_at(call, cut, "apex-callback", org.system.stack.lambda());
            let escalation = called_back_at_last(&org, &id).await?;
            was_made |= steps.spare() >= call;
            assert_eq!(escalation["status"], "caseCreated", "killed {cut:?} call {call}");
            assert_eq!(escalation["case"]["id"], org.case_id);
            assert_eq!(events(&escalation), ["accepted", "callback", "caseCreated"], "killed {cut:?} call {call}");
            org.system.pass_time(60);
        }
        if !was_made {
            assert!(call > 15, "apex-callback made only {} calls", call - 1);
            break;
        }
    }
    assert_eq!(org.our_cases().await, 0);
    Ok(())
}

/// An organisation whose org plays this script with each conversation, and calls back with a token.
async fn live(script: Script) -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", script).await?;
    let settings = CallbackSettings {
        endpoint: system.stack.api_url().to_owned(),
        organisation_id: "acme".into(),
        escalations_token: system.escalations_token("acme").await?,
    };
    system.salesforce().change_messaging("acme", |messaging| messaging.callback = Some(settings));
    Ok(system)
}

/// An escalation that has come to this status.
async fn escalated(system: &System, status: &str) -> anyhow::Result<String> {
    let id = system.accept("acme", &conversation("live")).await?;
    system.recover_until("acme", &id, status).await?;
    Ok(id)
}

#[tokio::test]
async fn a_conversation_that_waits_is_closed_at_once_with_the_flows_outcome() -> anyhow::Result<()> {
    for status in ["caseCreated", "ended"] {
        let system = live(Script::default()).await?;
        let id = escalated(&system, "waiting").await?;
        let flow_case = system.salesforce().make_flow_case("acme", &id)?;
        let case = (status == "caseCreated").then_some(&flow_case);
        assert_eq!(system.salesforce().callback("acme", &id, case).await?, Some(204));
        system.settle().await;
        let escalation = system.escalation("acme", &id).await?;
        assert_eq!((&escalation["status"], &escalation["by"]), (&json!(status), &json!("salesforceFlow")));
        assert_eq!(escalation["case"]["id"].as_str(), case.map(|case| case.id.as_str()));
        assert_eq!(count(&escalation, "conversationClosed"), 1, "without the next minute: {escalation}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_who_is_there_stays() -> anyhow::Result<()> {
    let system = live(Script::agent_joins("Grace Hopper")).await?;
    let id = escalated(&system, "active").await?;
    let case = system.salesforce().make_flow_case("acme", &id)?;
    for case in [Some(&case), None] {
        assert_eq!(system.salesforce().callback("acme", &id, case).await?, Some(204));
    }
    system.settle().await;
    let escalation = system.escalation("acme", &id).await?;
    assert_eq!((&escalation["status"], count(&escalation, "callback")), (&json!("active"), 2));
    assert!(system.conversation("acme", &id)?.is_open);
    Ok(())
}

#[tokio::test]
async fn a_callback_that_overtakes_the_answer_to_the_create_wins_and_leaves_nothing_open() -> anyhow::Result<()> {
    for make_case in [true, false] {
        let refusal = FlowRefusal {
            make_case,
            callback: vec![0],
            case_number: false,
            before_create_answer: true,
            outcome: RefusalOutcome::Silent,
        };
        let system = live(Script::flow_refuses(refusal)).await?;
        let id = system.accept("acme", &conversation("live")).await?;
        let status = if make_case { "caseCreated" } else { "ended" };
        let escalation = system.recover_until("acme", &id, status).await?;
        assert_eq!(escalation["by"], "salesforceFlow", "{escalation}");
        assert_eq!(escalation["case"]["number"].is_string(), make_case, "its number is looked up");
        let sent: Vec<_> = system.salesforce().callbacks("acme").iter().map(|callback| callback.status).collect();
        assert_eq!(sent, [Some(204)]);
        system.recover().await;
        system.nothing_is_left_open_or_doubled("acme").await?;
        assert_eq!(system.salesforce().cases("acme").len(), usize::from(make_case));
    }
    Ok(())
}

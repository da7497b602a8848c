//! Faults over real HTTP: whatever goes wrong, there is one Case.

use flows::{Gate, Steps, System, conversation, long_conversation};
use local::Reply;
use salesforce_simulator::{Effect, ExternalIdField, Fault, Route};
use serde_json::{Value, json};

fn status(escalation: &Value) -> &str {
    escalation["status"].as_str().unwrap_or_default()
}

fn id(escalation: &Value) -> &str {
    escalation["escalationId"].as_str().unwrap_or_default()
}

/// A fault strikes the composite request; then there is one Case all the same.
async fn one_case_after(effect: Effect) -> anyhow::Result<(System, Value)> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault::once(Route::Composite, effect));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    let escalation = system.recover_until("acme", id(&escalation), "caseCreated").await?;
    let cases = system.salesforce().cases("acme");
    assert_eq!(cases.len(), 1);
    assert_eq!(escalation["case"]["number"], cases[0]["CaseNumber"]);
    Ok((system, escalation))
}

#[tokio::test]
async fn committed_and_then_dropped_is_one_case() -> anyhow::Result<()> {
    one_case_after(Effect::DropConnection { after_commit: true }).await.map(drop)
}

#[tokio::test]
async fn dropped_before_the_commit_is_one_case() -> anyhow::Result<()> {
    one_case_after(Effect::DropConnection { after_commit: false }).await.map(drop)
}

#[tokio::test]
async fn a_500_after_the_commit_is_one_case() -> anyhow::Result<()> {
    one_case_after(Effect::unknown_exception_after_commit()).await.map(drop)
}

#[tokio::test]
async fn a_locked_row_is_tried_again() -> anyhow::Result<()> {
    let (_, escalation) = one_case_after(Effect::unable_to_lock_row()).await?;
    let events: Vec<_> =
        escalation["timeline"].as_array().unwrap().iter().map(|entry| entry["event"].clone()).collect();
    assert!(events.contains(&json!("retry")));
    Ok(())
}

#[tokio::test]
async fn a_commit_that_comes_late_is_one_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::CommitLate { after_ms: None }));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(status(&escalation), "creatingCase");
    assert_eq!(system.salesforce().release(), 1);
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_commit_that_comes_after_ours_is_refused_by_the_field() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::CommitLate { after_ms: None }));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().release(), 1);
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_duplicate_that_is_not_to_be_seen_yet_is_looked_for_again() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.hidden_reads_after_duplicate = 2);
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::DropConnection { after_commit: true }));
    system.salesforce().add_fault(Fault::once(Route::ReadCaseByExternalId, Effect::unavailable()));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn without_the_field_there_is_no_second_insert_for_eleven_minutes_and_still_one_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.external_id_field = ExternalIdField::Missing);
    let first = system.escalate_and_settle("acme", &conversation("c0")).await?;
    assert_eq!(status(&first), "caseCreated");
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::CommitLate { after_ms: None }));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.salesforce().clear_requests();
    for _ in 0..9 {
        system.pass_time(60);
        system.recover().await;
    }
    let inserts =
        system.salesforce().requests(false).into_iter().filter(|request| request.path.ends_with("/composite")).count();
    assert_eq!(inserts, 0, "no insert in nine minutes");
    assert_eq!(status(&system.escalation("acme", id(&escalation)).await?), "creatingCase");
    assert_eq!(system.salesforce().release(), 1);
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 2, "one for each escalation");
    Ok(())
}

#[tokio::test]
async fn without_the_field_an_insert_that_never_came_is_made_after_eleven_minutes() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.external_id_field = ExternalIdField::Missing);
    system.escalate_and_settle("acme", &conversation("c0")).await?;
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::DropConnection { after_commit: false }));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 2);
    Ok(())
}

#[tokio::test]
async fn without_the_field_a_server_error_after_the_commit_is_one_case() -> anyhow::Result<()> {
    for status in [500, 502, 503, 504] {
        let system = System::start().await?;
        system.organisation("acme").await?;
        system.salesforce().change_org("acme", |org| org.external_id_field = ExternalIdField::Missing);
        system.escalate_and_settle("acme", &conversation("c0")).await?;
        let page =
            Effect::Answer { status, body: "<html>".into(), content_type: "text/html".into(), after_commit: true };
        system.salesforce().add_fault(Fault::once(Route::Composite, page));
        let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
        system.recover_until("acme", id(&escalation), "caseCreated").await?;
        assert_eq!(system.salesforce().cases("acme").len(), 2, "one for each escalation, {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_field_that_vanishes_after_an_unknown_outcome_leads_to_no_hasty_second_insert() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault::once(Route::Composite, Effect::DropConnection { after_commit: true }));
    system.salesforce().add_fault(Fault::once(Route::ReadCaseByExternalId, Effect::unavailable()));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.salesforce().change_org("acme", |org| org.external_id_field = ExternalIdField::Missing);
    for _ in 0..9 {
        system.pass_time(60);
        system.recover().await;
    }
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    system.salesforce().change_org("acme", |org| org.external_id_field = ExternalIdField::Editable);
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_short_outage_under_load_delays_the_cases_by_seconds_not_minutes() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault { org: None, route: None, times: None, effect: Effect::unavailable() });
    for index in 0..30 {
        system.accept("acme", &conversation(&format!("c{index}"))).await?;
    }
    system.settle().await;
    system.salesforce().clear_faults();
    for _ in 0..3 {
        system.pass_time(10);
        system.recover().await;
    }
    assert_eq!(system.salesforce().cases("acme").len(), 30);
    Ok(())
}

#[tokio::test]
async fn a_maintenance_window_delays_the_case_and_nothing_else() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault { org: None, route: None, times: None, effect: Effect::unavailable() });
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    for _ in 0..10 {
        system.pass_time(60);
        system.recover().await;
    }
    let waiting = system.escalation("acme", id(&escalation)).await?;
    assert_eq!(status(&waiting), "creatingCase");
    system.salesforce().clear_faults();
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &conversation("c0")).await?;
    assert_eq!(system.salesforce().counters("acme").logins, 1, "the session is shared");
    system.salesforce().expire_sessions("acme");
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(status(&escalation), "caseCreated");
    assert_eq!(system.salesforce().counters("acme").logins, 2);
    Ok(())
}

#[tokio::test]
async fn many_at_once_share_one_session() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    for index in 0..8 {
        system.accept("acme", &conversation(&format!("c{index}"))).await?;
    }
    system.settle().await;
    assert_eq!(system.salesforce().cases("acme").len(), 8);
    assert_eq!(system.salesforce().counters("acme").logins, 1);
    Ok(())
}

#[tokio::test]
async fn the_daily_limit_parks_the_organisation_for_a_while() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault {
        org: None,
        route: Some(Route::Composite),
        times: None,
        effect: Effect::daily_limit(),
    });
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.salesforce().clear_requests();
    for _ in 0..20 {
        system.pass_time(60);
        system.recover().await;
    }
    assert_eq!(system.salesforce().requests(false).len(), 0, "no call while it is parked");
    system.salesforce().clear_faults();
    system.pass_time(3600);
    system.recover_until("acme", id(&escalation), "caseCreated").await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_hint_is_found_by_recovery() -> anyhow::Result<()> {
    for function in ["business-hours-router", "case-creation"] {
        let system = System::start().await?;
        system.organisation("acme").await?;
        system.stack.lambda().lose_events(Some(function), 1);
        let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
        assert_ne!(status(&escalation), "caseCreated");
        system.recover_until("acme", id(&escalation), "caseCreated").await?;
        assert_eq!(system.salesforce().cases("acme").len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_doubled_hint_makes_no_second_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(Some("case-creation"), 1);
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    let hint = json!({ "escalationId": id(&escalation) }).to_string();
    for _ in 0..6 {
        system.stack.lambda().invoke_event("case-creation", hint.clone().into())?;
        system.stack.lambda().invoke_event("business-hours-router", hint.clone().into())?;
    }
    system.settle().await;
    assert_eq!(status(&system.escalation("acme", id(&escalation)).await?), "caseCreated");
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_nobody_heard_of_is_driven_on_after_everything_was_lost() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(None, 1);
    let id = system.accept("acme", &long_conversation("c1", 2000, 500)).await?;
    system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!(system.salesforce().files("acme").len(), 1);
    Ok(())
}

const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
const TRANSACTION_CONFLICT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"conflict",
    "CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"},{"Code":"None"},{"Code":"None"}]}"#;
const ITEM_CONFLICT: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"conflict"}"#;

#[tokio::test]
async fn throttling_and_transaction_conflicts_lose_nothing() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
    for function in ["escalation-intake", "business-hours-router", "case-creation", "escalation-recovery"] {
        system.stack.lambda().set_variable(function, "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
    }
    gate.refuse("TransactWriteItems", 3, TRANSACTION_CONFLICT);
    gate.refuse("TransactWriteItems", 1, THROTTLED);
    gate.refuse("PutItem", 2, ITEM_CONFLICT);
    gate.refuse("PutItem", 4, THROTTLED);
    gate.refuse("GetItem", 4, THROTTLED);
    gate.refuse("Query", 1, THROTTLED);
    let answer = system.escalate("acme", &conversation("c1")).await?.expect_status(202)?;
    let id = id(&answer.body).to_owned();
    system.recover_until("acme", &id, "caseCreated").await?;
    system.recover().await;
    assert_eq!(gate.refusals_left(), 0, "every fault was met");
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_down_is_told_as_503_and_a_repetition_succeeds() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
    system.stack.lambda().set_variable("escalation-intake", "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
    gate.refuse("TransactWriteItems", 200, TRANSACTION_CONFLICT);
    let refused = system.escalate("acme", &conversation("c1")).await?.expect_status(503)?;
    assert_eq!((&refused.body["code"], refused.header("retry-after").is_empty()), (&json!("unavailable"), false));
    system.stack.lambda().set_variable(
        "escalation-intake",
        "AWS_ENDPOINT_URL_DYNAMODB",
        system.stack.dynamodb_url(),
    )?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(status(&escalation), "caseCreated");
    Ok(())
}

#[tokio::test]
async fn one_organisation_s_outage_does_not_delay_another_s_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    for organisation in ["down", "well"] {
        system.organisation(organisation).await?;
    }
    system.salesforce().add_fault(Fault {
        org: Some("down".into()),
        route: None,
        times: None,
        effect: Effect::unavailable(),
    });
    let mut down = Vec::new();
    for index in 0..60 {
        down.push(system.accept("down", &conversation(&format!("c{index}"))).await?);
    }
    system.settle().await;
    system.stack.lambda().lose_events(None, 1);
    let well = system.accept("well", &conversation("c")).await?;
    system.settle().await;
    system.pass_time(60);
    system.recover().await;
    assert_eq!(status(&system.escalation("well", &well).await?), "caseCreated", "one run of recovery is enough");
    system.salesforce().clear_faults();
    for id in &down {
        system.recover_until("down", id, "caseCreated").await?;
    }
    assert_eq!(system.salesforce().cases("down").len(), 60);
    Ok(())
}

#[tokio::test]
async fn after_72_hours_without_success_a_person_is_asked() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault {
        org: None,
        route: Some(Route::Token),
        times: None,
        effect: Effect::unavailable(),
    });
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.pass_time(72 * 3600);
    let escalation = system.recover_until("acme", id(&escalation), "stuck").await?;
    assert_eq!(escalation["stuck"]["code"], "gaveUp");
    Ok(())
}

#[tokio::test]
async fn one_run_of_recovery_gives_each_organisation_its_share_and_keeps_none_waiting() -> anyhow::Result<()> {
    let system = System::start().await?;
    for organisation in ["big", "small"] {
        system.organisation(organisation).await?;
    }
    system.pass_time(200);
    system.recover().await; // what the new settings owed to stuck escalations is over
    system.stack.lambda().lose_events(Some("business-hours-router"), 61);
    let mut big = Vec::new();
    for index in 0..60 {
        big.push(system.accept("big", &conversation(&format!("c{index}"))).await?);
    }
    let small = system.accept("small", &conversation("c")).await?;
    system.pass_time(60);
    let Ok(Reply::Payload(run)) = system.stack.lambda().invoke("escalation-recovery", "{}".into()).await else {
        anyhow::bail!("recovery failed")
    };
    assert_eq!(serde_json::from_slice::<Value>(&run)?, json!({ "driven": 51, "heldBack": 10 }));
    system.recover_until("small", &small, "caseCreated").await?;
    for id in &big {
        system.recover_until("big", id, "caseCreated").await?;
    }
    assert_eq!(system.salesforce().cases("big").len(), 60);
    Ok(())
}

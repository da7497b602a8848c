//! The figures that `CloudWatch` reads from the functions' logs are what has happened.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context as _, ensure};
use flows::{FUNCTIONS, Gate, Steps, System, conversation};
use reqwest::Method;
use salesforce_simulator::{Effect, Fault, Route, Script};
use serde_json::{Value, json};

const NAMESPACE: &str = "Fullview/Escalations";
/// The units that our figures have, of those that `CloudWatch` knows.
const UNITS: [&str; 3] = ["Count", "Percent", "Seconds"];
const MAX_DIMENSIONS: usize = 30;
const MAX_METRICS: usize = 100;
/// Of figures that tell how things stand just now.
const GAUGES: [&str; 4] = ["StuckNow", "OldestOpenSeconds", "OverdueSeconds", "SalesforceApiUsedPercent"];

/// The figures of a document in the embedded metric format, each with its dimension's value. Fails if it breaks the specification.
fn read(line: &Value) -> anyhow::Result<Vec<(String, f64)>> {
    let timestamp = line["_aws"]["Timestamp"].as_i64().context("no Timestamp of milliseconds")?;
    ensure!(timestamp > 1_700_000_000_000, "{timestamp} are no milliseconds");
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().context("no CloudWatchMetrics")?;
    let mut figures = Vec::new();
    for directive in directives {
        ensure!(directive["Namespace"] == NAMESPACE, "another Namespace");
        let dimension_sets = directive["Dimensions"].as_array().context("no Dimensions")?;
        ensure!(dimension_sets.len() == 1, "a figure must not count twice");
        let of = dimension_values(line, &dimension_sets[0])?;
        let metrics = directive["Metrics"].as_array().context("no Metrics")?;
        ensure!((1..=MAX_METRICS).contains(&metrics.len()), "too many or no Metrics");
        for metric in metrics {
            let name = metric["Name"].as_str().filter(|name| !name.is_empty()).context("no Name")?;
            ensure!(UNITS.iter().any(|unit| metric["Unit"] == *unit), "an unknown Unit");
            figures.push((format!("{name}{of}"), line[name].as_f64().context("no number of that name")?));
        }
    }
    Ok(figures)
}

fn dimension_values(line: &Value, dimension_set: &Value) -> anyhow::Result<String> {
    let names = dimension_set.as_array().context("no set of dimensions")?;
    ensure!(names.len() <= MAX_DIMENSIONS, "too many dimensions");
    let value = |name: &Value| line[name.as_str()?].as_str().filter(|value| !value.is_empty());
    let values =
        names.iter().map(|name| value(name).map(|value| format!(" {value}")).context("a dimension without value"));
    values.collect()
}

/// All figures that were told, in order.
fn told(system: &System) -> anyhow::Result<Vec<(String, f64)>> {
    let figures = system.figures()?;
    let read =
        figures.iter().map(|line| read(line).with_context(|| line.to_string())).collect::<Result<Vec<_>, _>>()?;
    Ok(read.into_iter().flatten().collect())
}

/// The sums of what is counted, runs of recovery aside.
fn counted(system: &System) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut sums = BTreeMap::new();
    let is_counted = |name: &str| name != "RecoveryRuns" && !GAUGES.contains(&name);
    for (name, value) in told(system)?.into_iter().filter(|(name, _)| is_counted(name)) {
        *sums.entry(name).or_default() += value;
    }
    Ok(sums)
}

async fn expect_counted(system: &System, expected: &[(&str, f64)]) -> anyhow::Result<()> {
    let expected: BTreeMap<_, _> = expected.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect();
    system
        .until_logged(|system| {
            let counted = counted(system)?;
            ensure!(counted == expected, "{counted:?} and not {expected:?}");
            Ok(())
        })
        .await
}

/// What one more run of recovery tells of how things stand.
async fn gauges(system: &System) -> anyhow::Result<BTreeMap<String, Value>> {
    let runs = |figures: &[(String, f64)]| figures.iter().filter(|(name, _)| name == "RecoveryRuns").count();
    let before = runs(&told(system)?);
    system.recover().await;
    system
        .until_logged(|system| {
            let figures = told(system)?;
            ensure!(runs(&figures) == before + 1, "no run of recovery, or more than one");
            ensure!(
                figures.iter().filter(|(name, _)| name == "OverdueSeconds").count() == before + 1,
                "not all is told"
            );
            let gauges = figures.into_iter().filter(|(name, _)| GAUGES.contains(&name.as_str()));
            Ok(gauges.map(|(name, value)| (name, json!(value))).collect())
        })
        .await
}

#[tokio::test]
async fn each_escalation_and_each_outcome_counts_once() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.live_organisation("live", "fullviewFlow", Script::default()).await?;
    let case = system.accept("acme", &conversation("case")).await?;
    system.settle().await;
    system.escalate("acme", &conversation("case")).await?.expect_status(200)?;
    for function in ["business-hours-router", "case-creation", "escalation-recovery"] {
        system
            .stack
            .lambda()
            .invoke(function, json!({ "escalationId": case }).to_string().into())
            .await
            .ok()
            .context(function)?;
    }
    let chat = system.open_chat("live", &conversation("live")).await?;
    system.settle().await;
    chat.end().await?.expect_status(204)?;
    chat.end().await?.expect_status(409)?;
    system.settle().await;
    expect_counted(&system, &[("Accepted", 2.0), ("Outcomes caseCreated", 1.0), ("Outcomes ended", 1.0)]).await?;
    let outcomes: Vec<_> = system.figures()?.into_iter().filter(|line| line.get("Outcomes").is_some()).collect();
    let naming = |line: &Value| ["organisationId", "escalationId", "Status"].map(|name| line[name].clone());
    let mut named: Vec<_> = outcomes.iter().map(naming).collect();
    named.sort_by_key(|names| names[0].to_string());
    assert_eq!(
        named,
        [[json!("acme"), json!(case), json!("caseCreated")], [json!("live"), json!(chat.id), json!("ended")]]
    );
    Ok(())
}

#[tokio::test]
async fn what_is_stuck_counts_when_it_becomes_so_and_as_long_as_it_is() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let refusal = Effect::Refuse {
        status: 400,
        error_code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".into(),
        message: "no".into(),
        fields: None,
    };
    system.salesforce().add_fault(Fault { org: None, route: Some(Route::InsertCase), times: None, effect: refusal });
    let mut ids = Vec::new();
    for id in ["one", "two"] {
        ids.push(system.accept("acme", &conversation(id)).await?);
        system.settle().await;
    }
    assert_eq!(gauges(&system).await?["StuckNow"], json!(2.0));
    let refused = f64::from(u32::try_from(system.calls(Route::Composite))?);
    system.salesforce().clear_faults();
    let redrive = format!("/v1/organisations/acme/escalations/{}/redrive", ids[0]);
    flows::send(system.request(Method::POST, &redrive)).await?.expect_status(202)?;
    system.settle().await;
    assert_eq!(gauges(&system).await?["StuckNow"], json!(1.0));
    expect_counted(
        &system,
        &[("Accepted", 2.0), ("Outcomes caseCreated", 1.0), ("SalesforceFailures refused", refused), ("Stuck", 2.0)],
    )
    .await
}

#[tokio::test]
async fn the_use_of_an_org_s_calls_is_what_the_org_tells() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.daily_api_requests = 40);
    system.accept("acme", &conversation("one")).await?;
    system.settle().await;
    let calls = u32::try_from(system.salesforce().counters("acme").api_calls)?;
    let expected = f64::from(calls) / 40.0 * 100.0;
    assert!(expected > 0.0);
    system
        .until_logged(|system| {
            let used: Vec<_> =
                told(system)?.into_iter().filter(|(name, _)| name == "SalesforceApiUsedPercent").collect();
            ensure!(
                used.last().is_some_and(|(_, percent)| (percent - expected).abs() < 0.01),
                "{used:?}, not {expected}"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_limit_an_outage_and_a_refused_sign_in_are_told_apart() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let denied = r#"{"error":"invalid_client","error_description":"invalid client credentials"}"#.to_owned();
    let denied =
        Effect::Answer { status: 400, body: denied, content_type: "application/json".into(), after_commit: false };
    for (route, effect) in [
        (Route::Token, denied),
        (Route::Composite, Effect::DropConnection { after_commit: false }),
        (Route::Composite, Effect::daily_limit()),
    ] {
        system.salesforce().add_fault(Fault::once(route, effect));
    }
    let id = system.accept("acme", &conversation("one")).await?;
    system.settle().await;
    let redrive = format!("/v1/organisations/acme/escalations/{id}/redrive");
    flows::send(system.request(Method::POST, &redrive)).await?.expect_status(202)?;
    for _ in 0..5 {
        system.settle().await;
        system.pass_time(3_700);
        system.recover().await;
    }
    assert_eq!(system.escalation("acme", &id).await?["status"], "caseCreated");
    expect_counted(
        &system,
        &[
            ("Accepted", 1.0),
            ("Outcomes caseCreated", 1.0),
            ("SalesforceFailures limited", 1.0),
            ("SalesforceFailures loginRefused", 1.0),
            ("SalesforceFailures unknownOutcome", 1.0),
            ("Stuck", 1.0),
        ],
    )
    .await
}

#[tokio::test]
async fn a_lost_hint_counts_and_recovery_tells_how_late_it_is_and_how_old_what_waits() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let idle = gauges(&system).await?;
    let zero = json!(0.0);
    assert_eq!([&idle["StuckNow"], &idle["OldestOpenSeconds"], &idle["OverdueSeconds"]], [&zero; 3]);
    system.stack.lambda().set_variable("escalation-intake", "AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")?;
    let id = system.accept("acme", &conversation("one")).await?;
    system.settle().await;
    system.pass_time(300);
    let late = gauges(&system).await?;
    let is_within = |name: &str, range: Range<f64>| late[name].as_f64().is_some_and(|seconds| range.contains(&seconds));
    assert!(is_within("OldestOpenSeconds", 300.0..360.0), "{late:?}");
    assert!(is_within("OverdueSeconds", 280.0..340.0), "what is hinted is due again after 20 seconds: {late:?}");
    assert_eq!(system.escalation("acme", &id).await?["status"], "caseCreated");
    expect_counted(&system, &[("Accepted", 1.0), ("HintsLost", 1.0), ("Outcomes caseCreated", 1.0)]).await?;
    let after = gauges(&system).await?;
    assert_eq!([&after["OldestOpenSeconds"], &after["OverdueSeconds"]], [&zero; 2]);
    Ok(())
}

#[tokio::test]
async fn a_run_that_does_not_find_all_tells_nothing() -> anyhow::Result<()> {
    let system = System::start().await?;
    let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
    system.stack.lambda().set_variable("escalation-recovery", "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
    let error = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no" });
    gate.refuse("Query", 1, &error.to_string());
    system.recover().await;
    let has_failed = |system: &System| {
        let lines = system.lines("escalation-recovery")?;
        ensure!(lines.iter().any(|line| line["level"] == "ERROR"), "{lines:?}");
        Ok(lines)
    };
    let lines = system.until_logged(has_failed).await?;
    assert!(lines.iter().all(|line| line.get("_aws").is_none()), "{lines:?}");
    gauges(&system).await.map(drop)
}

#[tokio::test]
async fn no_function_tells_a_figure_as_text() -> anyhow::Result<()> {
    let system = System::start().await?;
    for function in FUNCTIONS {
        system.stack.lambda().set_variable(function, "AWS_LAMBDA_LOG_FORMAT", "Text")?;
    }
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &conversation("one")).await?;
    system.recover().await;
    let logs: Vec<_> = FUNCTIONS.iter().flat_map(|function| system.stack.lambda().logs(function)).collect();
    assert!(logs.iter().all(|line| !line.contains("_aws") && !line.contains("Accepted")), "{logs:?}");
    Ok(())
}

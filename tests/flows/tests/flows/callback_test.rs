//! The callback test: green only if the nonce has come back through the org's own action, and each step that fails is named.

use std::time::Duration;

use flows::{Answer, System, send};
use reqwest::Method;
use salesforce_simulator::{CallbackSettings, Effect, Package, Route, TestAction};
use serde_json::{Value, json};

const TEST: &str = "/v1/organisations/acme/settings/callback-test";

/// An organisation in whose org the package is configured.
async fn configured() -> anyhow::Result<(System, String)> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let token = system.escalations_token("acme").await?;
    let callback = CallbackSettings {
        endpoint: system.stack.api_url().to_owned(),
        organisation_id: "acme".into(),
        escalations_token: token.clone(),
    };
    system.salesforce().change_messaging("acme", |messaging| messaging.callback = Some(callback));
    Ok((system, token))
}

fn package(system: &System, package: Package) {
    system.salesforce().change_org("acme", |org| org.package = package);
}

fn change_callback(system: &System, change: impl Fn(&mut CallbackSettings)) {
    system.salesforce().change_messaging("acme", |messaging| {
        messaging.callback.iter_mut().for_each(change);
    });
}

/// The nonce of a test that is started.
async fn start(system: &System) -> anyhow::Result<String> {
    let answer = send(system.request(Method::POST, TEST)).await?.expect_status(202)?;
    assert_eq!(answer.body["state"], "pending");
    Ok(answer.body["nonce"].as_str().unwrap_or_default().to_owned())
}

async fn show(system: &System) -> anyhow::Result<Value> {
    Ok(send(system.request(Method::GET, TEST)).await?.expect_status(200)?.body)
}

/// How the last test ends, if it does within a minute of the functions' clock.
async fn end(system: &System) -> anyhow::Result<Value> {
    for _ in 0..60 {
        let shown = show(system).await?;
        if shown["state"] != "pending" {
            return Ok(shown);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        system.pass_time(1);
    }
    anyhow::bail!("it is pending")
}

async fn return_nonce(system: &System, token: &str, nonce: &str) -> anyhow::Result<Answer> {
    system.callback("acme", token, &json!({ "nonce": nonce })).await
}

/// A test of which nothing comes back by itself.
async fn started_in_vain(system: &System) -> anyhow::Result<String> {
    change_callback(system, |callback| callback.endpoint = "http://127.0.0.1:9".into());
    start(system).await
}

#[tokio::test]
async fn the_nonce_that_comes_back_through_the_org_passes_the_test() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    send(system.request(Method::GET, TEST)).await?.expect_problem(404, "notFound")?;
    let nonce = start(&system).await?;
    assert_eq!(end(&system).await?, json!({ "state": "passed", "step": null, "detail": null }));
    let sent = system.salesforce().wait_for(|salesforce| salesforce.callbacks("acme").pop()).await?;
    assert_eq!((&sent.body, sent.status), (&json!({ "nonce": nonce }), Some(204)));
    system.pass_time(86_400);
    assert_eq!(show(&system).await?["state"], "passed", "it stays so");
    Ok(())
}

#[tokio::test]
async fn a_test_tells_nothing_of_another_org_or_with_another_token() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    let tokens = "/v1/organisations/acme/settings/escalations-tokens";
    start(&system).await?;
    assert_eq!(end(&system).await?["state"], "passed");
    let settings = system.request(Method::GET, "/v1/organisations/acme/settings");
    let mut document = send(settings).await?.expect_status(200)?.body;
    let version = document["version"].as_u64().unwrap_or_default();
    let domain = document["salesforce"]["domain"].take();
    document["salesforce"]["domain"] = json!("127.0.0.1:1");
    system.put_settings("acme", version, &document).await?.expect_status(200)?;
    send(system.request(Method::GET, TEST)).await?.expect_problem(404, "notFound")?;
    document["salesforce"]["domain"] = domain;
    system.put_settings("acme", version + 1, &document).await?.expect_status(200)?;
    assert_eq!(show(&system).await?["state"], "passed");
    send(system.request(Method::POST, tokens).json(&json!({ "overlapHours": 0 }))).await?.expect_status(201)?;
    send(system.request(Method::GET, TEST)).await?.expect_problem(404, "notFound")?;
    Ok(())
}

#[tokio::test]
async fn each_step_that_fails_is_named() -> anyhow::Result<()> {
    type Mistake = fn(&System);
    let mistakes: [(&str, Mistake, &str); 8] = [
        (
            "package",
            |system| package(system, Package { test_action: TestAction::Missing, ..Package::new() }),
            "no action",
        ),
        (
            "permission",
            |system| package(system, Package { test_action: TestAction::Forbidden, ..Package::new() }),
            "Fullview Callback Runner",
        ),
        (
            "signIn",
            |system| drop(system.salesforce().change_org("acme", |org| org.client_secret = "changed".into())),
            "Client Secret",
        ),
        ("remoteSite", |system| package(system, Package { remote_site: false, ..Package::new() }), "FV Api Endpoint"),
        ("token", |system| change_callback(system, |callback| callback.escalations_token = "old".into()), "not valid"),
        (
            "token",
            |system| change_callback(system, |callback| callback.organisation_id = "another".into()),
            "not valid",
        ),
        (
            "token",
            |system| system.salesforce().change_messaging("acme", |messaging| messaging.callback = None),
            "Fullview Settings",
        ),
        ("unavailable", |system| system.fault(Route::Token, Effect::unavailable()), "not started"),
    ];
    let (system, _) = configured().await?;
    let sound = system.salesforce().org("acme").unwrap_or_default();
    for (step, make, word) in mistakes {
        system.salesforce().expire_sessions("acme");
        make(&system);
        start(&system).await?;
        let failed = end(&system).await?;
        assert_eq!((&failed["state"], &failed["step"]), (&json!("failed"), &json!(step)), "{failed}");
        assert!(failed["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{step}: {failed}");
        system.salesforce().clear_faults();
        system.salesforce().put_org(sound.clone());
        system.pass_time(10);
    }
    start(&system).await?;
    assert_eq!(end(&system).await?["state"], "passed", "once all is put right");
    Ok(())
}

#[tokio::test]
async fn a_failure_that_the_run_as_user_may_not_read_is_a_time_out() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    package(&system, Package { remote_site: false, readable_failures: false, ..Package::new() });
    start(&system).await?;
    system.pass_time(119);
    assert_eq!(show(&system).await?["state"], "pending");
    system.pass_time(1);
    let failed = show(&system).await?;
    assert_eq!((&failed["state"], &failed["step"]), (&json!("failed"), &json!("timeout")));
    assert!(failed["detail"].as_str().is_some_and(|detail| detail.contains("Failed Fullview Callbacks")), "{failed}");
    Ok(())
}

#[tokio::test]
async fn the_org_is_not_asked_whenever_somebody_looks() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    started_in_vain(&system).await?;
    system.pass_time(5);
    for _ in 0..5 {
        show(&system).await?;
    }
    assert_eq!(system.calls(Route::Query), 1);
    Ok(())
}

#[tokio::test]
async fn a_nonce_counts_once_and_may_be_repeated_but_not_be_another_one() -> anyhow::Result<()> {
    let (system, token) = configured().await?;
    let older = started_in_vain(&system).await?;
    let nonce = start(&system).await?;
    for unknown in [older.as_str(), "3f6c1d0a9b7e4825"] {
        return_nonce(&system, &token, unknown).await?.expect_problem(404, "notFound")?;
    }
    assert_eq!(show(&system).await?["state"], "pending");
    return_nonce(&system, &token, &nonce).await?.expect_status(204)?;
    assert_eq!(show(&system).await?["state"], "passed");
    system.pass_time(500);
    return_nonce(&system, &token, &nonce).await?.expect_status(204)?;
    assert_eq!(show(&system).await?["state"], "passed", "the first return counts");
    Ok(())
}

#[tokio::test]
async fn a_nonce_that_comes_late_has_failed_and_says_so() -> anyhow::Result<()> {
    let (system, token) = configured().await?;
    let nonce = started_in_vain(&system).await?;
    system.pass_time(130);
    return_nonce(&system, &token, &nonce).await?.expect_status(204)?;
    let late = show(&system).await?;
    assert_eq!((&late["state"], &late["step"]), (&json!("failed"), &json!("timeout")));
    assert!(late["detail"].as_str().is_some_and(|detail| detail.contains("the way is open")), "{late}");
    Ok(())
}

#[tokio::test]
async fn only_who_knows_the_nonce_can_make_a_test_fail_by_a_wrong_token() -> anyhow::Result<()> {
    let (system, token) = configured().await?;
    let nonce = started_in_vain(&system).await?;
    let guessed = return_nonce(&system, "wrong", "3f6c1d0a9b7e4825").await?.expect_problem(401, "unauthenticated")?;
    assert_eq!(show(&system).await?["state"], "pending");
    let known = return_nonce(&system, "wrong", &nonce).await?.expect_problem(401, "unauthenticated")?;
    assert_eq!(known.body, guessed.body, "the answer does not tell whether it was known");
    assert_eq!(show(&system).await?["step"], "token");
    return_nonce(&system, &token, &nonce).await?.expect_status(204)?;
    assert_eq!(show(&system).await?["state"], "passed", "the right token is there after all");
    return_nonce(&system, "wrong", &nonce).await?.expect_status(401)?;
    assert_eq!(show(&system).await?["state"], "passed");
    Ok(())
}

#[tokio::test]
async fn a_nonce_of_another_organisation_is_not_known() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    let nonce = started_in_vain(&system).await?;
    system.put_organisation("stranger").await?;
    let token = system.escalations_token("stranger").await?;
    let body = json!({ "nonce": nonce });
    system.callback("stranger", &token, &body).await?.expect_problem(404, "notFound")?;
    system.callback("acme", &token, &body).await?.expect_problem(401, "unauthenticated")?;
    assert_ne!(show(&system).await?["state"], "passed");
    Ok(())
}

#[tokio::test]
async fn an_organisation_without_settings_has_no_org_to_test() -> anyhow::Result<()> {
    let (system, _) = configured().await?;
    system.put_organisation("new").await?;
    let path = TEST.replace("acme", "new");
    send(system.request(Method::POST, &path)).await?.expect_problem(409, "organisationNotConfigured")?;
    send(system.request(Method::GET, &path)).await?.expect_problem(404, "notFound")?;
    Ok(())
}

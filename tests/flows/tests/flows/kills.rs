//! The process of each function is killed before and after each of its outside calls; the outcome is the same.

use flows::{Cut, System, Watched, conversation};
use reqwest::{Method, StatusCode};
use salesforce_simulator::OrgSettings;
use serde_json::Value;

/// A system whose organisation has its org behind the function's gate.
pub(crate) async fn watched(function: &'static str) -> anyhow::Result<Watched> {
    let watched = Watched::start(function).await?;
    let host = watched.salesforce_host().to_owned();
    let instance_url = format!("http://{host}");
    watched.system.organisation_with("acme", |settings| settings["salesforce"]["domain"] = host.into()).await?;
    watched.system.salesforce().change_org("acme", |org| org.instance_url = Some(instance_url));
    Ok(watched)
}

/// Kills the function at its n-th outside call. Whether it made so many calls.
async fn killed_at(watched: &Watched, call: usize, cut: Cut) -> anyhow::Result<bool> {
    let Watched { system, steps, function, .. } = watched;
    let before = system.salesforce().cases("acme").len();
    let conversation = conversation(&format!("{call}-{cut:?}"));
    if *function == "escalation-recovery" {
        system.stack.lambda().lose_events(None, 1);
    }
    watched.kill_at(call, cut);
    let id = accepted(system, &conversation).await?;
    let calls_of_intake = if *function == "escalation-intake" { Some(steps.spare()) } else { None };
    let escalation = system.recover_until("acme", &id, "caseCreated").await?;
    let cases = system.salesforce().cases("acme");
    assert_eq!(cases.len() - before, 1, "killed {cut:?} call {call} of {function}");
    assert_eq!(escalation["case"]["id"], cases[before]["Id"]);
    Ok(calls_of_intake.unwrap_or_else(|| steps.spare()) >= call)
}

/// The caller repeats its request, as it does after an answer that never came.
async fn accepted(system: &System, conversation: &Value) -> anyhow::Result<String> {
    for _ in 0..3 {
        let answer = system.escalate("acme", conversation).await?;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(answer.body["escalationId"].as_str().unwrap_or_default().to_owned());
        }
    }
    anyhow::bail!("intake never answered")
}

/// Kills a function at every call it makes, from the first until it makes no more. Fails if these are fewer than `at_least`.
async fn survives_every_kill(function: &'static str, at_least: usize) -> anyhow::Result<()> {
    let watched = watched(function).await?;
    let mut call = 1;
    loop {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            was_made |= killed_at(&watched, call, cut).await?;
        }
        if !was_made {
            break;
        }
        call += 1;
    }
    assert!(call > at_least, "{function} made only {} calls", call - 1);
    Ok(())
}

#[tokio::test]
async fn escalation_intake_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("escalation-intake", 2).await
}

#[tokio::test]
async fn business_hours_router_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("business-hours-router", 2).await
}

#[tokio::test]
async fn case_creation_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("case-creation", 5).await
}

#[tokio::test]
async fn escalation_recovery_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("escalation-recovery", 18).await
}

/// The admin reads the version again and repeats the change, as after any answer that never came.
async fn put_until_answered(system: &System, organisation: &str, document: &Value) -> anyhow::Result<()> {
    let path = format!("/v1/organisations/{organisation}/settings");
    for _ in 0..4 {
        let shown = flows::send(system.request(Method::GET, &path)).await?;
        if shown.status != StatusCode::OK {
            continue;
        }
        let version = shown.body["version"].as_u64().unwrap_or_default();
        if system.put_settings(organisation, version, document).await?.status == StatusCode::OK {
            return Ok(());
        }
    }
    anyhow::bail!("the settings were never answered")
}

#[tokio::test]
async fn settings_may_be_killed_anywhere() -> anyhow::Result<()> {
    let watched = watched("settings").await?;
    let system = &watched.system;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let organisation = format!("org-{call}-{}", if cut == Cut::Before { "before" } else { "after" });
            system.put_organisation(&organisation).await?;
            system.salesforce().put_org(OrgSettings::new(&organisation, "secret"));
            watched.kill_at(call, cut);
            let document = flows::settings(system.salesforce_host(), &organisation, "secret");
            put_until_answered(system, &organisation, &document).await?;
            was_made |= watched.steps.spare() >= call;
            let escalation = system.escalate_and_settle(&organisation, &conversation("c")).await?;
            assert_eq!(escalation["status"], "caseCreated", "killed {cut:?} call {call} of settings");
        }
        if !was_made {
            assert!(call > 6, "settings made only {} calls", call - 1);
            break;
        }
    }
    Ok(())
}

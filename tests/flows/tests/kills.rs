//! The process of each function is killed before and after each of its outside calls; the outcome is the same.

use flows::{Cut, Gate, Steps, System, conversation};
use reqwest::{Method, StatusCode};
use salesforce_simulator::OrgSettings;
use serde_json::Value;

/// A system in which all outside calls of one function go through gates.
struct Watched {
    system: System,
    steps: Steps,
    function: &'static str,
    _gates: Vec<Gate>,
}

impl Watched {
    async fn start(function: &'static str) -> anyhow::Result<Self> {
        let system = System::start().await?;
        let steps = Steps::default();
        let services = [
            ("AWS_ENDPOINT_URL_DYNAMODB", system.stack.dynamodb_url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", system.stack.secrets_manager_url()),
            ("AWS_ENDPOINT_URL_LAMBDA", system.stack.api_url()),
        ];
        let mut gates = Vec::new();
        for (variable, service) in services {
            let gate = Gate::start(service, &steps).await?;
            system.stack.lambda().set_variable(function, variable, gate.url())?;
            gates.push(gate);
        }
        let salesforce = Gate::start(system.stack.simulator().url(), &steps).await?;
        let host = salesforce.url().trim_start_matches("http://").to_owned();
        system.organisation_with("acme", |settings| settings["salesforce"]["domain"] = host.into()).await?;
        system.salesforce().change_org("acme", |org| org.instance_url = Some(salesforce.url().to_owned()));
        gates.push(salesforce);
        Ok(Self { system, steps, function, _gates: gates })
    }

    /// Kills the function at its n-th outside call. Whether it made so many calls.
    async fn killed_at(&self, call: usize, cut: Cut) -> anyhow::Result<bool> {
        let before = self.system.salesforce().cases("acme").len();
        let conversation = conversation(&format!("{call}-{cut:?}"));
        if self.function == "escalation-recovery" {
            self.system.stack.lambda().lose_events(None, 1);
        }
        self.steps.kill_at(call, cut, self.function, self.system.stack.lambda());
        let id = self.accepted(&conversation).await?;
        let calls_of_intake = if self.function == "escalation-intake" { Some(self.steps.spare()) } else { None };
        let escalation = self.system.recover_until("acme", &id, "caseCreated").await?;
        let cases = self.system.salesforce().cases("acme");
        assert_eq!(cases.len() - before, 1, "killed {cut:?} call {call} of {}", self.function);
        assert_eq!(escalation["case"]["id"], cases[before]["Id"]);
        Ok(calls_of_intake.unwrap_or_else(|| self.steps.spare()) >= call)
    }

    /// The caller repeats its request, as it does after an answer that never came.
    async fn accepted(&self, conversation: &Value) -> anyhow::Result<String> {
        for _ in 0..3 {
            let answer = self.system.escalate("acme", conversation).await?;
            if answer.status != StatusCode::BAD_GATEWAY {
                return Ok(answer.body["escalationId"].as_str().unwrap_or_default().to_owned());
            }
        }
        anyhow::bail!("intake never answered")
    }
}

/// Kills a function at every call it makes, from the first until it makes no more. Fails if these are fewer than `at_least`.
async fn survives_every_kill(function: &'static str, at_least: usize) -> anyhow::Result<()> {
    let watched = Watched::start(function).await?;
    let mut call = 1;
    loop {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            was_made |= watched.killed_at(call, cut).await?;
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
    survives_every_kill("escalation-intake", 5).await
}

#[tokio::test]
async fn business_hours_router_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("business-hours-router", 5).await
}

#[tokio::test]
async fn case_creation_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("case-creation", 10).await
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
    let watched = Watched::start("settings").await?;
    let system = &watched.system;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let organisation = format!("org-{call}-{}", if cut == Cut::Before { "before" } else { "after" });
            system.put_organisation(&organisation).await?;
            system.salesforce().put_org(OrgSettings::new(&organisation, "secret"));
            watched.steps.kill_at(call, cut, "settings", system.stack.lambda());
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

//! Each function may call in AWS what it calls, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use flows::{Gate, Steps, System, conversation, long_conversation, send, settings};
use local::TEMPLATE;
use reqwest::Method;
use salesforce_simulator::{Effect, EndedBy, Fault, OrgSettings, Route, Script};
use serde_json::{Value, json};

const SERVICES: [(&str, &str); 2] =
    [("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB"), ("secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER")];

/// The functions of the template with the actions on tables and secrets that they may take.
fn allowed() -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let template: Value = serde_saphyr::from_str(TEMPLATE)?;
    let resources = template["Resources"].as_object().into_iter().flat_map(|resources| resources.values());
    let functions = resources.filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    Ok(functions
        .map(|function| {
            let name = function["Properties"]["FunctionName"].as_str().unwrap_or_default().to_owned();
            (name, actions(&function["Properties"]["Policies"]))
        })
        .collect())
}

fn actions(policies: &Value) -> BTreeSet<String> {
    let statements = policies.as_array().into_iter().flatten().filter_map(|policy| policy["Statement"].as_array());
    let actions = statements.flatten().flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    });
    let actions = actions.filter_map(|action| action.as_str().map(str::to_owned));
    actions.filter(|action| SERVICES.iter().any(|(service, _)| action.starts_with(service))).collect()
}

/// All that the API can ask for, and all that follows from it.
async fn use_everything(system: &System) -> anyhow::Result<()> {
    system.organisation("acme").await?;
    let settings_path = "/v1/organisations/acme/settings";
    send(system.request(Method::GET, settings_path)).await?.expect_status(200)?;
    let key = send(system.request(Method::POST, "/v1/organisations/acme/keys")).await?.expect_status(201)?;
    let key_path = format!("/v1/organisations/acme/keys/{}", key.body["keyId"].as_str().unwrap_or_default());
    send(system.request(Method::DELETE, &key_path)).await?.expect_status(204)?;
    system.escalate_and_settle("acme", &conversation("short")).await?;
    system.escalate_and_settle("acme", &long_conversation("long", 3_000, 600)).await?;
    system.salesforce().put_org(OrgSettings::new("acme", "changed"));
    system.salesforce().expire_sessions("acme");
    let stuck = system.escalate_and_settle("acme", &conversation("stuck")).await?;
    let redrive =
        format!("/v1/organisations/acme/escalations/{}/redrive", stuck["escalationId"].as_str().unwrap_or_default());
    send(system.request(Method::POST, &redrive)).await?.expect_status(202)?;
    system.settle().await;
    let document = settings(system.salesforce_host(), "acme", "changed");
    system.put_settings("acme", 1, &document).await?.expect_status(200)?;
    system.settle().await;
    send(system.request(Method::GET, "/v1/organisations/acme/escalations")).await?.expect_status(200)?;
    send(system.request(Method::GET, &format!("{settings_path}/customer-properties"))).await?.expect_status(200)?;
    use_escalations_tokens(system).await?;
    send(system.request(Method::GET, &format!("{settings_path}/audit"))).await?.expect_status(200)?;
    use_chat(system).await?;
    for _ in 0..3 {
        system.pass_time(100);
        system.recover().await;
    }
    assert_eq!(system.salesforce().cases("acme").len(), 3, "{}", json!(stuck));
    let erased = send(system.request(Method::DELETE, "/v1/organisations/chat/customers/cus_1")).await?;
    assert_eq!(erased.expect_status(200)?.body["deleted"]["files"], 1);
    use_live_messaging(system).await
}

/// A conversation that an agent takes, that is renewed and that is ended; one of which a message is looked for, and that is made a
/// Case; and one that cannot start.
async fn use_live_messaging(system: &System) -> anyhow::Result<()> {
    system.live_organisation("live", "fullviewFlow", Script::default()).await?;
    let taken = system.start_live("live", &long_conversation("taken", 3_000, 600)).await?;
    let lost = Effect::DropConnection { after_commit: true };
    system.salesforce().add_fault(Fault::once(Route::SendMessage, lost));
    let rescued = system.start_live("live", &conversation("rescued")).await?;
    system.salesforce().join_agent("live", &taken, "Grace Hopper")?;
    system.recover_until("live", &rescued, "caseCreated").await?;
    system.pass_time(5 * 3_600 + 30 * 60);
    system.recover().await;
    assert_eq!(system.calls(Route::ContinuationToken), 1);
    system.salesforce().end_session("live", &taken, EndedBy::Agent, true)?;
    assert_eq!(system.look_after(15, "live", &taken).await?["status"], "ended");
    system.salesforce().change_messaging("live", |messaging| messaging.published = false);
    let never_started = system.start_live("live", &conversation("never")).await?;
    assert_eq!(system.escalation("live", &never_started).await?["reason"], "startFailed");
    system.nothing_is_left_open_or_doubled("live").await
}

/// Tokens are made, listed and retired; an org calls back about a Case, whose number must be looked up after a new login.
async fn use_escalations_tokens(system: &System) -> anyhow::Result<()> {
    let path = "/v1/organisations/acme/settings/escalations-tokens";
    let retired = system.rotate_escalations_tokens("acme", 0).await?.expect_status(201)?;
    let token = system.rotate_escalations_tokens("acme", 24).await?.expect_status(201)?;
    send(system.request(Method::GET, path)).await?.expect_status(200)?;
    let retired = format!("{path}/{}", retired.body["id"].as_str().unwrap_or_default());
    send(system.request(Method::DELETE, &retired)).await?.expect_status(204)?;
    system.stack.lambda().lose_events(Some("business-hours-router"), 1);
    let id = system.accept("acme", &conversation("called back")).await?;
    system.salesforce().expire_sessions("acme");
    let callback = json!({ "conversationId": id, "caseId": system.salesforce().cases("acme")[0]["Id"] });
    let token = token.body["token"].as_str().unwrap_or_default();
    system.callback("acme", token, &callback).await?.expect_status(204)?;
    Ok(())
}

/// A customer talks with an agent, and ends it.
async fn use_chat(system: &System) -> anyhow::Result<()> {
    system.live_organisation("chat", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    let chat = system.open_chat("chat", &long_conversation("live", 3_000, 600)).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("active").await?;
    chat.send_file("f1", ("a.txt", "text/plain"), b"Hello".to_vec()).await?.expect_status(202)?;
    chat.end().await?.expect_status(204)?;
    events.end().await?;
    system.settle().await;
    Ok(())
}

#[tokio::test]
async fn each_function_may_do_what_it_does_and_nothing_else() -> anyhow::Result<()> {
    let system = System::start().await?;
    let mut gates = Vec::new();
    for function in allowed()?.into_keys() {
        for ((service, variable), url) in
            SERVICES.iter().zip([system.stack.dynamodb_url(), system.stack.secrets_manager_url()])
        {
            let gate = Gate::start(url, &Steps::default()).await?;
            system.stack.lambda().set_variable(&function, variable, gate.url())?;
            gates.push((function.clone(), *service, gate));
        }
    }
    use_everything(&system).await?;
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (function, service, gate) in &gates {
        let actions = gate.operations().into_iter().map(|operation| format!("{service}:{operation}"));
        used.entry(function.clone()).or_default().extend(actions);
    }
    assert_eq!(used, allowed()?);
    Ok(())
}

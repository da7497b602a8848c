//! The connection test: a sound org passes, and each mistake is named by its own check with its cure.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use flows::{System, conversation, send, with};
use reqwest::Method;
use salesforce_simulator::{
    ChannelState, DeploymentType, Effect, ExternalIdField, Fault, Field, FieldType, Handle, Named, Route, Script,
    TokenError,
};
use serde_json::{Value, json};

const TEST: &str = "/v1/organisations/acme/settings/test";
const SETTINGS: &str = "/v1/organisations/acme/settings";

/// An organisation whose every check passes.
async fn sound() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    system.salesforce().change_messaging("acme", |messaging| {
        messaging.hidden_pre_chat_fields.push("Plan".into());
        messaging.told_queue_position = Some(true);
    });
    let rows = json!([{ "attribute": "plan", "value": "Plan" }]);
    system.update_settings("acme", |settings| settings["routingAttributes"] = rows).await?;
    Ok(system)
}

async fn document(system: &System) -> anyhow::Result<Value> {
    Ok(send(system.request(Method::GET, SETTINGS)).await?.expect_status(200)?.body)
}

/// The checks by their ids.
type Checks = BTreeMap<String, Value>;

async fn test(system: &System, body: &Value) -> anyhow::Result<Checks> {
    let answer = send(system.request(Method::POST, TEST).json(body)).await?.expect_status(200)?;
    let checks = answer.body["checks"].as_array().context("no checks")?;
    Ok(checks.iter().map(|check| (check["id"].as_str().unwrap_or_default().to_owned(), check.clone())).collect())
}

fn of_result<'a>(checks: &'a Checks, result: &str) -> Vec<&'a str> {
    checks.iter().filter(|(_, check)| check["result"] == result).map(|(id, _)| id.as_str()).collect()
}

/// A mistake in the org or in the settings; the check that names it, its result, and words of the cure.
struct Mistake {
    name: &'static str,
    make: fn(&Handle, &mut Value),
    check: &'static str,
    result: &'static str,
    cure: &'static str,
}

fn token_error(salesforce: &Handle, error: TokenError) {
    salesforce.add_fault(Fault::once(Route::Token, Effect::TokenError { error }));
}

fn in_the_connected_app() -> Vec<Mistake> {
    let mistake = |name, make, cure| Mistake { name, make, check: "token", result: "failed", cure };
    vec![
        mistake("wrong secret", |_, settings| settings["salesforce"]["clientSecret"] = json!("wrong"), "Client Secret"),
        mistake("wrong client id", |_, settings| settings["salesforce"]["clientId"] = json!("wrong"), "Consumer Key"),
        mistake("unreachable host", |_, settings| settings["salesforce"]["domain"] = json!("127.0.0.1:9"), "My Domain"),
        mistake(
            "a host of people",
            |org, _| token_error(org, TokenError::RequestNotSupportedOnThisDomain),
            "acme.my.salesforce.com",
        ),
        mistake("no run-as user", |org, _| token_error(org, TokenError::NoClientCredentialsUser), "Run As"),
        mistake(
            "flow not enabled",
            |org, _| token_error(org, TokenError::ClientCredentialsFlowNotEnabled),
            "Client Credentials Flow",
        ),
        mistake("frozen user", |org, _| token_error(org, TokenError::AuthenticationFailure), "not frozen"),
        mistake("app not approved", |org, _| token_error(org, TokenError::InvalidAppAccess), "Permitted Users"),
        mistake("login rate", |org, _| token_error(org, TokenError::LoginRateExceeded), "Wait for an hour"),
        Mistake {
            result: "unknown",
            ..mistake("maintenance", |org, _| token_error(org, TokenError::Maintenance), "Test again")
        },
        Mistake {
            check: "scopes",
            ..mistake("scope missing", |org, _| drop(org.change_org("acme", |org| org.scope = "id".into())), "(api)")
        },
    ]
}

fn in_the_case() -> Vec<Mistake> {
    let mistake = |name, make, cure| Mistake { name, make, check: "createCase", result: "failed", cure };
    vec![
        mistake(
            "missing Case permission",
            |org, _| drop(org.change_org("acme", |org| org.creates_cases = false)),
            "Permission Sets",
        ),
        mistake(
            "a field that is not there",
            |_, settings| settings["case"]["fields"] = json!({ "Plan__c": { "attribute": "plan" } }),
            "API names",
        ),
        mistake(
            "a field that is read only",
            |org, settings| {
                let field = Field { createable: false, ..Field::new("Plan__c", FieldType::String, 80) };
                org.change_org("acme", |org| org.case_fields.push(field));
                settings["case"]["fields"] = json!({ "Plan__c": { "attribute": "plan" } });
            },
            "Read and Edit",
        ),
        mistake(
            "another org's record type",
            |org, settings| {
                org.change_org("acme", |org| org.record_types.push(Named::new("Support")));
                settings["case"]["recordTypeId"] = json!("012000000009999");
            },
            "record type",
        ),
        Mistake {
            check: "externalIdField",
            result: "unknown",
            ..mistake(
                "the package's field is missing",
                |org, _| drop(org.change_org("acme", |org| org.external_id_field = ExternalIdField::Missing)),
                "Deploy",
            )
        },
        Mistake {
            check: "externalIdField",
            ..mistake(
                "the package's field is read only",
                |org, _| drop(org.change_org("acme", |org| org.external_id_field = ExternalIdField::ReadOnly)),
                "Read and Edit",
            )
        },
    ]
}

fn in_messaging() -> Vec<Mistake> {
    let mistake = |name, make, cure| Mistake { name, make, check: "messagingToken", result: "failed", cure };
    vec![
        mistake(
            "wrong organization id",
            |_, settings| settings["messaging"]["organizationId"] = json!("00D000000000009"),
            "Organization id",
        ),
        mistake(
            "wrong developer name",
            |_, settings| settings["messaging"]["developerName"] = json!("fullview_messaging_deployment"),
            "upper and lower case",
        ),
        mistake(
            "wrong url",
            |_, settings| settings["messaging"]["url"] = json!("http://127.0.0.1:9"),
            "salesforce-scrt.com",
        ),
        mistake(
            "not published",
            |org, _| org.change_messaging("acme", |messaging| messaging.published = false),
            "Publish",
        ),
        mistake(
            "inactive channel",
            |org, _| org.change_messaging("acme", |messaging| messaging.channel = ChannelState::Inactive),
            "Activate",
        ),
        Mistake {
            check: "deploymentType",
            ..mistake(
                "wrong deployment type",
                |org, _| org.change_messaging("acme", |messaging| messaging.deployment_type = DeploymentType::Web),
                "Custom Client",
            )
        },
        Mistake {
            check: "queuePosition",
            ..mistake(
                "no queue position",
                |org, _| org.change_messaging("acme", |messaging| messaging.told_queue_position = Some(false)),
                "Queue Position",
            )
        },
        Mistake {
            check: "queuePosition",
            result: "unknown",
            ..mistake(
                "queue position not told",
                |org, _| org.change_messaging("acme", |messaging| messaging.told_queue_position = None),
                "Queue Position",
            )
        },
        Mistake {
            check: "routingAttribute:plan",
            ..mistake(
                "attribute in the wrong case",
                |_, settings| settings["routingAttributes"][0]["value"] = json!("plan"),
                "“plan” to “Plan”",
            )
        },
        Mistake {
            check: "routingAttribute:Tier",
            ..mistake(
                "attribute that the deployment lacks",
                |_, settings| settings["routingAttributes"][0]["value"] = json!("Tier"),
                "Hidden Pre-Chat",
            )
        },
    ]
}

/// Only the check of a mistake is not well; others pass, or are skipped because of it.
async fn is_named(system: &System, mistake: &Mistake) -> anyhow::Result<()> {
    let before = system.salesforce().org("acme").context("no org")?;
    let mut settings = document(system).await?;
    (mistake.make)(system.salesforce(), &mut settings);
    let checks = test(system, &json!({ "settings": settings })).await?;
    system.salesforce().clear_faults();
    system.salesforce().put_org(before);
    let named = checks.get(mistake.check).with_context(|| format!("no {}", mistake.check))?;
    ensure!(named["result"] == mistake.result, "{named}");
    ensure!(named["cure"].as_str().is_some_and(|cure| cure.contains(mistake.cure)), "{named}");
    let unwell = checks.iter().filter(|(_, check)| check["result"] == "failed" || check["result"] == "unknown");
    ensure!(unwell.count() == 1, "{checks:#?}");
    ensure!(checks.values().all(|check| check["result"] == "passed" || check["detail"].is_string()), "{checks:#?}");
    Ok(())
}

#[tokio::test]
async fn each_mistake_is_named_once_by_its_own_check_with_its_cure() -> anyhow::Result<()> {
    let system = sound().await?;
    let mut failures = Vec::new();
    for mistake in in_the_connected_app().into_iter().chain(in_the_case()).chain(in_messaging()) {
        if let Err(error) = is_named(&system, &mistake).await {
            failures.push(format!("{}: {error:#}", mistake.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_sound_org_passes_every_check_and_nothing_is_made_in_it() -> anyhow::Result<()> {
    let system = sound().await?;
    let settings = document(&system).await?;
    for body in [json!({}), json!({ "settings": settings })] {
        let answer = send(system.request(Method::POST, TEST).json(&body)).await?.expect_status(200)?.body;
        let checks = answer["checks"].as_array().context("no checks")?;
        let ids: Vec<_> = checks.iter().filter_map(|check| check["id"].as_str()).collect();
        let expected = [
            "token",
            "scopes",
            "createCase",
            "externalIdField",
            "messagingToken",
            "deploymentType",
            "queuePosition",
            "routingAttribute:Plan",
        ];
        assert_eq!(ids, expected);
        assert!(checks.iter().all(|check| check["result"] == "passed" && check["cure"].is_null()), "{checks:#?}");
    }
    assert!(system.salesforce().cases("acme").is_empty() && system.salesforce().conversations("acme").is_empty());
    assert_eq!((system.calls(Route::Token), system.calls(Route::MessagingToken)), (2, 2), "one of each for a test");
    Ok(())
}

#[tokio::test]
async fn what_depends_on_a_check_that_failed_is_skipped_and_so_is_messaging_that_is_not_set_up() -> anyhow::Result<()> {
    let system = sound().await?;
    let wrong = with(document(&system).await?, "/salesforce/clientSecret", json!("wrong"));
    let without = with(wrong, "/messaging", Value::Null);
    let checks = test(&system, &json!({ "settings": without })).await?;
    assert_eq!(of_result(&checks, "failed"), ["token"]);
    assert_eq!(of_result(&checks, "skipped").len(), 7);
    assert_eq!(checks["queuePosition"]["detail"], "Messaging is not set up.");
    Ok(())
}

#[tokio::test]
async fn unsaved_settings_are_tested_before_there_are_any_and_mistakes_in_them_are_pointed_at() -> anyhow::Result<()> {
    let system = sound().await?;
    system.put_organisation("new").await?;
    let path = TEST.replace("acme", "new");
    send(system.request(Method::POST, &path).json(&json!({})))
        .await?
        .expect_problem(409, "organisationNotConfigured")?;
    let mut settings = flows::settings(system.salesforce_host(), "acme", "acme-secret");
    let tested = send(system.request(Method::POST, &path).json(&json!({ "settings": settings }))).await?;
    assert_eq!(tested.expect_status(200)?.body["checks"][0]["result"], "passed");
    settings["salesforce"] = json!({ "domain": "login.salesforce.com", "clientId": "acme" });
    let refused = send(system.request(Method::POST, &path).json(&json!({ "settings": settings }))).await?;
    let refused = refused.expect_problem(400, "invalidRequest")?;
    assert_eq!(refused.pointers(), ["/settings/salesforce/domain", "/settings/salesforce/clientSecret"]);
    let missing = system.request(Method::POST, &TEST.replace("acme", "nobody")).json(&json!({}));
    send(missing).await?.expect_problem(404, "notFound")?;
    Ok(())
}

#[tokio::test]
async fn the_session_of_a_test_is_the_organisations_only_if_its_settings_are_stored() -> anyhow::Result<()> {
    let system = sound().await?;
    let logins = || system.salesforce().counters("acme").logins;
    test(&system, &json!({})).await?;
    assert_eq!(logins(), 1);
    system.escalate_and_settle("acme", &with(conversation("c1"), "/conversation/language", json!("en_US"))).await?;
    let settings = with(document(&system).await?, "/messaging", Value::Null);
    system.put_settings("acme", 2, &settings).await?.expect_status(200)?;
    assert_eq!(system.escalate_and_settle("acme", &conversation("c2")).await?["status"], "caseCreated");
    assert_eq!(logins(), 1, "the Case is made with the session of the test");
    test(&system, &json!({ "settings": settings })).await?;
    system.salesforce().expire_sessions("acme");
    assert_eq!(system.escalate_and_settle("acme", &conversation("c3")).await?["status"], "caseCreated");
    assert_eq!(logins(), 3, "one for the test, and another one for the Case");
    Ok(())
}

#[tokio::test]
async fn a_passed_test_drives_on_what_got_stuck_and_a_failed_one_does_not() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.pass_time(300);
    system.recover().await; // what the new settings owed to stuck escalations is over
    system.salesforce().change_org("acme", |org| org.creates_cases = false);
    let stuck = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(stuck["status"], "stuck");
    let id = stuck["escalationId"].as_str().context("no id")?;
    let tested = async |body: &Value| {
        test(&system, body).await?;
        system.recover().await;
        system.escalation("acme", id).await
    };
    assert_eq!(tested(&json!({})).await?["status"], "stuck");
    system.salesforce().change_org("acme", |org| org.creates_cases = true);
    let unsaved = json!({ "settings": document(&system).await? });
    assert_eq!(tested(&unsaved).await?["status"], "stuck", "other settings have passed");
    let driven = tested(&json!({})).await?;
    assert_eq!(driven["status"], "caseCreated");
    assert_eq!(flows::details(&driven, "redriven"), ["connection test passed"]);
    Ok(())
}

#[tokio::test]
async fn what_gets_stuck_after_a_passed_test_stays_so() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    test(&system, &json!({})).await?;
    system.pass_time(1);
    system.salesforce().change_org("acme", |org| org.validation_rule = Some("Never".into()));
    let stuck = system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.pass_time(30);
    system.recover().await;
    let stuck = system.escalation("acme", stuck["escalationId"].as_str().context("no id")?).await?;
    assert_eq!((&stuck["status"], flows::details(&stuck, "redriven").len()), (&json!("stuck"), 0));
    Ok(())
}

#[tokio::test]
async fn whatever_salesforce_answers_nothing_of_it_is_repeated() -> anyhow::Result<()> {
    let system = sound().await?;
    let words = "hostile words";
    let bodies = [
        json!({ "error": words, "error_description": words }).to_string(),
        json!([{ "errorCode": words, "message": words, "fields": [words] }]).to_string(),
        json!({ "message": words, "errors": [{ "message": words }] }).to_string(),
        format!("<html>{words}</html>"),
    ];
    for (route, status) in [Route::Token, Route::DescribeCase, Route::MessagingToken]
        .into_iter()
        .flat_map(|route| [200, 302, 400, 403, 404, 500].map(|status| (route, status)))
    {
        for body in &bodies {
            let content_type = "application/json".to_owned();
            let answer = Effect::Answer { status, body: body.clone(), content_type, after_commit: false };
            system.fault(route, answer);
            let checks = test(&system, &json!({})).await?;
            system.salesforce().clear_faults();
            let told = json!(checks).to_string();
            assert!(!told.contains("hostile"), "{route:?} {status} {body}: {told}");
            assert!(checks.values().any(|check| check["result"] != "passed"), "{route:?} {status} {body}: {told}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_org_that_does_not_answer_is_not_waited_for_any_longer_than_the_api_allows() -> anyhow::Result<()> {
    let system = sound().await?;
    for route in [Route::DescribeCase, Route::MessagingToken] {
        system.fault(route, Effect::Delay { before_ms: 60_000, after_ms: 0 });
    }
    let checks = test(&system, &json!({})).await?;
    assert_eq!(of_result(&checks, "unknown"), ["createCase", "messagingToken"]);
    Ok(())
}

//! The escalations tokens: made, listed, replaced with an overlap, retired, and accepted exactly as long as they are listed.

use anyhow::Context as _;
use flows::{Answer, Cut, Gate, Steps, System, send};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const TOKENS: &str = "/v1/organisations/acme/settings/escalations-tokens";

/// An organisation that has no settings yet.
async fn acme() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    Ok(system)
}

async fn list(system: &System) -> anyhow::Result<Vec<Value>> {
    let answer = send(system.request(Method::GET, TOKENS)).await?.expect_status(200)?;
    answer.body["tokens"].as_array().cloned().context("no tokens")
}

async fn create(system: &System, overlap_hours: u32) -> anyhow::Result<Value> {
    Ok(system.rotate_escalations_tokens("acme", overlap_hours).await?.expect_status(201)?.body)
}

async fn retire(system: &System, token: &Value) -> anyhow::Result<Answer> {
    send(system.request(Method::DELETE, &format!("{TOKENS}/{}", token["id"].as_str().unwrap_or_default()))).await
}

/// Whether callbacks with this token are let in: the conversation that this one names is not found.
async fn is_accepted(system: &System, token: &Value) -> anyhow::Result<bool> {
    let token = token["token"].as_str().context("no token")?;
    let answer = system.callback("acme", token, &json!({ "conversationId": Uuid::nil() })).await?;
    match answer.status.as_u16() {
        404 => Ok(true),
        401 => Ok(false),
        _ => anyhow::bail!("{} {}", answer.status, answer.body),
    }
}

#[tokio::test]
async fn a_token_is_shown_when_it_is_made_and_whenever_tokens_are_listed() -> anyhow::Result<()> {
    let system = acme().await?;
    assert_eq!(list(&system).await?, Vec::<Value>::new());
    let made = create(&system, 0).await?;
    assert_eq!(made["token"].as_str().map(str::len), Some(43), "256 bits");
    assert_eq!((&made["lastUsedAt"], &made["validUntil"]), (&Value::Null, &Value::Null));
    assert!(made["createdAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{made}");
    assert_eq!(list(&system).await?, [made]);
    Ok(())
}

#[tokio::test]
async fn the_old_token_is_accepted_until_the_overlap_is_over() -> anyhow::Result<()> {
    let system = acme().await?;
    let old = create(&system, 0).await?;
    let new = create(&system, 2).await?;
    let listed = list(&system).await?;
    assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&new["id"], &old["id"]), "newest first");
    assert!(listed[0]["validUntil"].is_null() && listed[1]["validUntil"].is_string());
    system.pass_time(2 * 3600 - 60);
    assert!(is_accepted(&system, &old).await? && is_accepted(&system, &new).await?);
    system.pass_time(60);
    assert!(!is_accepted(&system, &old).await?);
    assert!(is_accepted(&system, &new).await?);
    assert_eq!(list(&system).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_shorter_overlap_shortens_and_a_longer_one_does_not_lengthen() -> anyhow::Result<()> {
    let system = acme().await?;
    create(&system, 0).await?;
    create(&system, 24).await?;
    let first_end = list(&system).await?[1]["validUntil"].clone();
    create(&system, 720).await?;
    let listed = list(&system).await?;
    assert_eq!((listed.len(), &listed[2]["validUntil"]), (3, &first_end));
    create(&system, 1).await?;
    let listed = list(&system).await?;
    assert!(listed[1..].iter().all(|token| token["validUntil"].as_str() < first_end.as_str()), "{listed:?}");
    Ok(())
}

#[tokio::test]
async fn without_an_overlap_the_old_tokens_end_at_once() -> anyhow::Result<()> {
    let system = acme().await?;
    let (first, second) = (create(&system, 0).await?, create(&system, 24).await?);
    let third = create(&system, 0).await?;
    assert_eq!(list(&system).await?, std::slice::from_ref(&third));
    assert!(!is_accepted(&system, &first).await? && !is_accepted(&system, &second).await?);
    assert!(is_accepted(&system, &third).await?);
    Ok(())
}

#[tokio::test]
async fn a_retired_token_is_refused_at_once_even_if_secrets_cannot_be_reached() -> anyhow::Result<()> {
    let system = acme().await?;
    let (first, second) = (create(&system, 0).await?, create(&system, 24).await?);
    retire(&system, &first).await?.expect_status(204)?;
    assert!(!is_accepted(&system, &first).await? && is_accepted(&system, &second).await?);
    retire(&system, &first).await?.expect_problem(404, "notFound")?;
    system.stack.lambda().set_variable("settings", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")?;
    send(system.request(Method::GET, TOKENS)).await?.expect_problem(503, "unavailable")?;
    system.rotate_escalations_tokens("acme", 0).await?.expect_problem(503, "unavailable")?;
    assert!(is_accepted(&system, &second).await?);
    retire(&system, &second).await?.expect_status(204)?;
    assert!(!is_accepted(&system, &second).await?);
    assert_eq!(list(&system).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_use_is_noted_at_most_once_a_minute_and_outlives_a_rotation() -> anyhow::Result<()> {
    let system = acme().await?;
    let token = create(&system, 0).await?;
    assert!(is_accepted(&system, &token).await?);
    let first = list(&system).await?[0]["lastUsedAt"].clone();
    assert!(first.is_string());
    assert!(is_accepted(&system, &token).await?);
    assert_eq!(list(&system).await?[0]["lastUsedAt"], first);
    create(&system, 24).await?;
    assert_eq!(list(&system).await?[1]["lastUsedAt"], first);
    system.pass_time(60);
    assert!(is_accepted(&system, &token).await?);
    assert!(list(&system).await?[1]["lastUsedAt"].as_str() > first.as_str());
    Ok(())
}

#[tokio::test]
async fn a_use_that_cannot_be_noted_is_a_use_all_the_same() -> anyhow::Result<()> {
    let system = acme().await?;
    let token = create(&system, 0).await?;
    let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
    system.stack.lambda().set_variable("apex-callback", "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
    let invalid = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no" });
    gate.refuse("UpdateItem", 1, &invalid.to_string());
    assert!(is_accepted(&system, &token).await?);
    assert_eq!(gate.refusals_left(), 0);
    Ok(())
}

#[tokio::test]
async fn at_most_ten_tokens_are_valid_at_a_time() -> anyhow::Result<()> {
    let system = acme().await?;
    for _ in 0..10 {
        create(&system, 720).await?;
    }
    let refused = system.rotate_escalations_tokens("acme", 720).await?.expect_problem(400, "invalidRequest")?;
    assert_eq!(refused.pointers(), ["/overlapHours"]);
    assert_eq!(list(&system).await?.len(), 10);
    retire(&system, &list(&system).await?[9]).await?.expect_status(204)?;
    create(&system, 720).await?;
    create(&system, 0).await?;
    assert_eq!(list(&system).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn tokens_that_are_made_at_once_are_all_listed_and_accepted() -> anyhow::Result<()> {
    let system = acme().await?;
    let made = tokio::try_join!(create(&system, 24), create(&system, 24), create(&system, 24))?;
    let listed = list(&system).await?;
    assert_eq!(listed.len(), 3);
    for token in [made.0, made.1, made.2] {
        assert!(listed.iter().any(|other| other["token"] == token["token"]));
        assert!(is_accepted(&system, &token).await?);
    }
    assert_eq!(listed.iter().filter(|token| token["validUntil"].is_null()).count(), 1);
    Ok(())
}

#[tokio::test]
async fn the_overlap_is_a_whole_number_of_hours_up_to_thirty_days() -> anyhow::Result<()> {
    let system = acme().await?;
    for wrong in [json!({}), json!({ "overlapHours": 721 }), json!({ "overlapHours": "1" })] {
        let answer = send(system.request(Method::POST, TOKENS).json(&wrong)).await?;
        assert_eq!(answer.expect_problem(400, "invalidRequest")?.pointers(), ["/overlapHours"], "{wrong}");
    }
    send(system.request(Method::POST, TOKENS).body("{")).await?.expect_problem(400, "malformedJson")?;
    Ok(())
}

#[tokio::test]
async fn tokens_are_the_organisations_own_and_the_platforms() -> anyhow::Result<()> {
    let system = acme().await?;
    system.put_organisation("other").await?;
    let token = create(&system, 0).await?;
    let path = format!("{TOKENS}/{}", token["id"].as_str().context("no id")?);
    let (own, other) = (system.key("acme").await?, system.key("other").await?);
    for (method, path) in [(Method::GET, TOKENS), (Method::POST, TOKENS), (Method::DELETE, path.as_str())] {
        let foreign = system.request_with_key(method.clone(), path, &other).json(&json!({ "overlapHours": 0 }));
        send(foreign).await?.expect_problem(403, "forbidden")?;
        let missing = system.request(method, &path.replace("acme", "nobody")).json(&json!({ "overlapHours": 0 }));
        send(missing).await?.expect_problem(404, "notFound")?;
    }
    send(system.request(Method::DELETE, &path.replace("acme", "other"))).await?.expect_problem(404, "notFound")?;
    send(system.request(Method::DELETE, &format!("{TOKENS}/none"))).await?.expect_problem(404, "notFound")?;
    assert_eq!(list(&system).await?.len(), 1);
    send(system.request_with_key(Method::GET, TOKENS, &own)).await?.expect_status(200)?;
    send(system.request_with_key(Method::DELETE, &path, &own)).await?.expect_status(204)?;
    Ok(())
}

#[tokio::test]
async fn settings_may_be_killed_anywhere_and_every_listed_token_is_accepted() -> anyhow::Result<()> {
    let system = acme().await?;
    let steps = Steps::default();
    let dynamodb = Gate::start(system.stack.dynamodb_url(), &steps).await?;
    let secrets = Gate::start(system.stack.secrets_manager_url(), &steps).await?;
    system.stack.lambda().set_variable("settings", "AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url())?;
    system.stack.lambda().set_variable("settings", "AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url())?;
    create(&system, 0).await?;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let old = create(&system, 0).await?;
            steps.kill_at(call, cut, "settings", system.stack.lambda());
            let made = created_at_last(&system).await?;
            was_made |= steps.spare() >= call;
            let listed = list(&system).await?;
            for token in [&made, &old] {
                assert!(listed.iter().any(|other| other["id"] == token["id"]), "killed {cut:?} call {call}");
            }
            for token in &listed {
                assert!(is_accepted(&system, token).await?, "killed {cut:?} call {call}: {token}");
            }
        }
        if !was_made {
            assert!(call > 6, "settings made only {} calls", call - 1);
            break;
        }
    }
    Ok(())
}

/// The admin asks again, as after any answer that never came.
async fn created_at_last(system: &System) -> anyhow::Result<Value> {
    for _ in 0..3 {
        let answer = system.rotate_escalations_tokens("acme", 24).await?;
        if answer.status == 201 {
            return Ok(answer.body);
        }
    }
    anyhow::bail!("no token was made")
}

#[tokio::test]
async fn no_token_is_in_a_log_or_an_error() -> anyhow::Result<()> {
    let system = acme().await?;
    for function in ["settings", "apex-callback"] {
        for variable in ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"] {
            system.stack.lambda().set_variable(function, variable, "TRACE")?;
        }
    }
    let (first, second) = (create(&system, 0).await?, create(&system, 24).await?);
    is_accepted(&system, &first).await?;
    retire(&system, &first).await?.expect_status(204)?;
    list(&system).await?;
    let tokens = [&first, &second].map(|token| token["token"].as_str().unwrap_or_default());
    for (token, body) in [(tokens[0], json!({})), (tokens[1], json!({ "conversationId": tokens[1], "nonce": null }))] {
        let refused = system.callback("acme", token, &body).await?;
        assert!(refused.status.is_client_error());
        assert!(tokens.iter().all(|token| !refused.body.to_string().contains(token)), "{}", refused.body);
    }
    for function in ["settings", "apex-callback"] {
        let logs = system.stack.lambda().logs(function);
        assert!(logs.iter().any(|line| line.contains("DEBUG")), "{function} does not log at this level");
        for line in logs {
            assert!(tokens.iter().all(|token| !line.contains(token)), "{function}: {line}");
        }
    }
    Ok(())
}

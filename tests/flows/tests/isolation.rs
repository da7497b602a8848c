//! An organisation's key opens that organisation and nothing else.

use flows::{Answer, System, conversation, send, settings};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// Every route below an organisation that its own key opens.
fn routes(organisation: &str, escalation_id: &str) -> Vec<(Method, String)> {
    let base = format!("/v1/organisations/{organisation}");
    vec![
        (Method::POST, format!("{base}/escalations")),
        (Method::GET, format!("{base}/escalations")),
        (Method::GET, format!("{base}/escalations/{escalation_id}")),
        (Method::POST, format!("{base}/escalations/{escalation_id}/redrive")),
        (Method::GET, format!("{base}/settings")),
        (Method::PUT, format!("{base}/settings")),
        (Method::GET, format!("{base}/settings/customer-properties")),
    ]
}

/// Every route below an organisation that only the platform's key opens.
fn platform_routes(organisation: &str) -> Vec<(Method, String)> {
    let base = format!("/v1/organisations/{organisation}");
    let key = format!("{base}/keys/{}", Uuid::nil());
    vec![(Method::PUT, base.clone()), (Method::POST, format!("{base}/keys")), (Method::DELETE, key)]
}

/// Two organisations, the id of an escalation of the first, and a key of the second.
async fn acme_and_stranger() -> anyhow::Result<(System, String, String)> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.organisation("stranger").await?;
    let id = system.accept("acme", &conversation("c1")).await?;
    system.settle().await;
    let key = system.key("stranger").await?;
    Ok((system, id, key))
}

async fn list(system: &System, key: &str, query: &str) -> anyhow::Result<Answer> {
    let path = format!("/v1/organisations/stranger/escalations?{query}");
    send(system.request_with_key(Method::GET, &path, key)).await?.expect_status(200)
}

#[tokio::test]
async fn a_key_opens_no_route_of_another_organisation_existing_or_not() -> anyhow::Result<()> {
    let (system, id, key) = acme_and_stranger().await?;
    for organisation in ["acme", "nobody", "Stranger", "stranger%2f"] {
        for (method, path) in routes(organisation, &id).into_iter().chain(platform_routes(organisation)) {
            let request = system.request_with_key(method.clone(), &path, &key).header("if-match", "\"1\"");
            let answer = send(request.json(&conversation("c2"))).await?;
            answer.expect_problem(403, "forbidden").map_err(|error| error.context(format!("{method} {path}")))?;
        }
    }
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_key_is_answered_alike_by_an_organisation_that_exists_and_one_that_does_not() -> anyhow::Result<()> {
    let (system, id, key) = acme_and_stranger().await?;
    for ((method, acme), (_, nobody)) in routes("acme", &id).into_iter().zip(routes("nobody", &id)) {
        let existing = send(system.request_with_key(method.clone(), &acme, &key)).await?;
        let missing = send(system.request_with_key(method, &nobody, &key)).await?;
        assert_eq!((existing.status, existing.body), (missing.status, missing.body));
    }
    Ok(())
}

#[tokio::test]
async fn every_route_of_its_own_organisation_is_open_to_a_key() -> anyhow::Result<()> {
    let (system, _, key) = acme_and_stranger().await?;
    let own = system.accept("stranger", &conversation("c1")).await?;
    system.settle().await;
    for (method, path) in routes("stranger", &own) {
        let body = match method {
            Method::PUT => settings(system.salesforce_host(), "stranger", "stranger-secret"),
            _ => conversation("c2"),
        };
        let request = system.request_with_key(method.clone(), &path, &key).header("if-match", "\"1\"");
        let expected = match path.rsplit_once('/') {
            Some((_, "redrive")) => 409,
            Some((_, "escalations")) if method == Method::POST => 202,
            _ => 200,
        };
        send(request.json(&body)).await?.expect_status(expected)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_escalation_of_another_organisation_is_not_found() -> anyhow::Result<()> {
    let (system, id, key) = acme_and_stranger().await?;
    for caller in [key.as_str(), local::PLATFORM_KEY] {
        let path = format!("/v1/organisations/stranger/escalations/{id}");
        let shown = send(system.request_with_key(Method::GET, &path, caller)).await?;
        let missing = path.replace(&id, &Uuid::nil().to_string());
        let missing = send(system.request_with_key(Method::GET, &missing, caller)).await?;
        assert_eq!(shown.expect_problem(404, "notFound")?.body, missing.expect_problem(404, "notFound")?.body);
        let redrive = system.request_with_key(Method::POST, &format!("{path}/redrive"), caller);
        send(redrive).await?.expect_problem(404, "notFound")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cursor_of_another_organisation_shows_nothing_of_it() -> anyhow::Result<()> {
    let (system, _, key) = acme_and_stranger().await?;
    let own = system.accept("stranger", &conversation("own")).await?;
    for number in 2..6 {
        system.accept("acme", &conversation(&format!("c{number}"))).await?;
    }
    system.settle().await;
    for (limit, filter) in [(1, ""), (3, ""), (3, "&status=caseCreated"), (1, "&status=caseCreated")] {
        let path = format!("/v1/organisations/acme/escalations?limit={limit}{filter}");
        let foreign = send(system.request(Method::GET, &path)).await?.expect_status(200)?;
        let Some(cursor) = foreign.body["cursor"].as_str() else { continue };
        for query in ["", "&status=open", "&status=caseCreated"] {
            let page = list(&system, &key, &format!("limit=100&cursor={cursor}{query}")).await?;
            let shown = page.body["escalations"].as_array().into_iter().flatten();
            assert!(shown.into_iter().all(|escalation| escalation["escalationId"] == own), "{}", page.body);
        }
    }
    Ok(())
}

#[tokio::test]
async fn lists_and_property_names_hold_only_their_own_organisations() -> anyhow::Result<()> {
    let (system, _, key) = acme_and_stranger().await?;
    for query in ["", "status=open", "status=caseCreated"] {
        assert_eq!(list(&system, &key, query).await?.body, json!({ "escalations": [], "cursor": null }));
    }
    let path = "/v1/organisations/stranger/settings/customer-properties";
    let names = send(system.request_with_key(Method::GET, path, &key)).await?.expect_status(200)?;
    assert_eq!(names.body, json!({ "properties": [] }));
    Ok(())
}

#[tokio::test]
async fn equal_conversations_and_idempotency_keys_of_two_organisations_are_different() -> anyhow::Result<()> {
    let (system, id, key) = acme_and_stranger().await?;
    let path = "/v1/organisations/stranger/escalations";
    let request = system.request_with_key(Method::POST, path, &key).json(&conversation("c1"));
    let answer = send(request).await?.expect_status(202)?;
    assert_ne!(answer.body["escalationId"], Value::from(id));
    system.settle().await;
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    assert_eq!(system.salesforce().cases("stranger").len(), 1);
    Ok(())
}

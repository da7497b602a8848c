//! Organisations and their keys, which are the platform's alone.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flows::{Answer, System, send};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

async fn put(system: &System, id: &str, name: &str) -> anyhow::Result<Answer> {
    let request = system.request(Method::PUT, &format!("/v1/organisations/{id}"));
    send(request.json(&json!({ "name": name }))).await
}

/// Whether a key opens an organisation: the status of a read with it.
async fn opens(system: &System, organisation: &str, key: &str) -> anyhow::Result<u16> {
    let path = format!("/v1/organisations/{organisation}/settings");
    Ok(send(system.request_with_key(Method::GET, &path, key)).await?.status.as_u16())
}

async fn delete_key(system: &System, organisation: &str, key_id: &str) -> anyhow::Result<Answer> {
    let path = format!("/v1/organisations/{organisation}/keys/{key_id}");
    send(system.request(Method::DELETE, &path)).await
}

#[tokio::test]
async fn an_organisation_is_created_once_and_renamed_after_that() -> anyhow::Result<()> {
    let system = System::start().await?;
    let created = put(&system, "acme", "Acme").await?.expect_status(201)?;
    assert_eq!(created.body, json!({ "organisationId": "acme", "name": "Acme" }));
    let renamed = put(&system, "acme", "Acme Ltd").await?.expect_status(200)?;
    assert_eq!(renamed.body, json!({ "organisationId": "acme", "name": "Acme Ltd" }));
    put(&system, &"a".repeat(64), "Longest").await?.expect_status(201)?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_id_or_name_of_an_organisation_is_named() -> anyhow::Result<()> {
    let system = System::start().await?;
    for id in ["Acme", "ac_me", "a%20b", "%C3%A6", &"a".repeat(65)] {
        let answer = put(&system, id, "Acme").await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/organisationId"], "{id}");
    }
    for name in ["", &"a".repeat(256)] {
        let answer = put(&system, "acme", name).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/name"]);
    }
    Ok(())
}

#[tokio::test]
async fn only_the_platform_key_makes_organisations_and_keys() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    let key = system.key("acme").await?;
    let calls = [
        (Method::PUT, "/v1/organisations/acme"),
        (Method::PUT, "/v1/organisations/other"),
        (Method::POST, "/v1/organisations/acme/keys"),
        (Method::DELETE, "/v1/organisations/acme/keys/9f0c7f5e-6a43-4a5c-8f43-0b6f2f1d2c3b"),
        (Method::DELETE, "/v1/organisations/acme/customers/cus_1"),
    ];
    for (method, path) in calls {
        let body = json!({ "name": "Acme" });
        let own = system.request_with_key(method.clone(), path, &key).json(&body);
        send(own).await?.expect_problem(403, "forbidden")?;
        let unknown = system.request_with_key(method, path, "local-platform-kez").json(&body);
        send(unknown).await?.expect_problem(401, "unauthenticated")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_without_a_valid_key_is_unauthenticated() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    let key = system.key("acme").await?;
    let request = || system.request_without_key(Method::GET, "/v1/organisations/acme/settings");
    send(request()).await?.expect_problem(401, "unauthenticated")?;
    for authorization in [key.clone(), format!("Basic {key}"), "Bearer ".to_owned(), format!("Bearer {key}x")] {
        send(request().header("authorization", &authorization)).await?.expect_problem(401, "unauthenticated")?;
    }
    send(request().header("authorization", format!("bearer {key}"))).await?.expect_status(200)?;
    Ok(())
}

#[tokio::test]
async fn a_key_has_256_bits_and_works_until_it_is_deleted() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    let answer = send(system.request(Method::POST, "/v1/organisations/acme/keys")).await?.expect_status(201)?;
    let key = answer.body["key"].as_str().context("no key")?;
    let key_id = answer.body["keyId"].as_str().context("no keyId")?;
    assert_eq!(URL_SAFE_NO_PAD.decode(key)?.len() * 8, 256);
    let other = system.key("acme").await?;
    assert_ne!(key, other);
    assert_eq!((opens(&system, "acme", key).await?, opens(&system, "acme", &other).await?), (200, 200));
    assert_eq!(delete_key(&system, "acme", key_id).await?.expect_status(204)?.body, json!(null));
    assert_eq!((opens(&system, "acme", key).await?, opens(&system, "acme", &other).await?), (401, 200));
    delete_key(&system, "acme", key_id).await?.expect_problem(404, "notFound")?;
    Ok(())
}

#[tokio::test]
async fn a_key_is_deleted_only_by_its_own_organisations_path() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    system.put_organisation("other").await?;
    let answer = send(system.request(Method::POST, "/v1/organisations/acme/keys")).await?.expect_status(201)?;
    let key_id = answer.body["keyId"].as_str().context("no keyId")?;
    delete_key(&system, "other", key_id).await?.expect_problem(404, "notFound")?;
    delete_key(&system, "acme", "none").await?.expect_problem(404, "notFound")?;
    delete_key(&system, "acme", &Uuid::nil().to_string()).await?.expect_problem(404, "notFound")?;
    assert_eq!(opens(&system, "acme", answer.body["key"].as_str().context("no key")?).await?, 200);
    Ok(())
}

#[tokio::test]
async fn an_organisation_that_does_not_exist_has_no_keys() -> anyhow::Result<()> {
    let system = System::start().await?;
    let create = system.request(Method::POST, "/v1/organisations/acme/keys");
    send(create).await?.expect_problem(404, "notFound")?;
    delete_key(&system, "acme", &Uuid::nil().to_string()).await?.expect_problem(404, "notFound")?;
    Ok(())
}

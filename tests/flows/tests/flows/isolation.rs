//! An organisation's key opens that organisation and nothing else; so does every other key and token.

use std::collections::BTreeMap;

use anyhow::Context as _;
use flows::{Answer, System, conversation, send, settings};
use reqwest::Method;
use serde_json::{Value, json};
use shared::digest::sha256_hex;
use uuid::Uuid;

/// Every route below an organisation that its own key opens.
fn routes(organisation: &str, escalation_id: &str) -> Vec<(Method, String)> {
    let base = format!("/v1/organisations/{organisation}");
    vec![
        (Method::POST, format!("{base}/escalations")),
        (Method::GET, format!("{base}/escalations")),
        (Method::GET, format!("{base}/escalations/counts")),
        (Method::GET, format!("{base}/escalations/{escalation_id}")),
        (Method::POST, format!("{base}/escalations/{escalation_id}/redrive")),
        (Method::GET, format!("{base}/settings")),
        (Method::PUT, format!("{base}/settings")),
        (Method::GET, format!("{base}/settings/customer-properties")),
        (Method::GET, format!("{base}/settings/holiday-countries")),
        (Method::GET, format!("{base}/settings/audit")),
        (Method::POST, format!("{base}/settings/preview")),
        (Method::POST, format!("{base}/settings/test")),
        (Method::POST, format!("{base}/settings/callback-test")),
        (Method::GET, format!("{base}/settings/callback-test")),
        (Method::GET, format!("{base}/settings/escalations-tokens")),
        (Method::POST, format!("{base}/settings/escalations-tokens")),
        (Method::DELETE, format!("{base}/settings/escalations-tokens/{}", Uuid::nil())),
    ]
}

/// Every route below an organisation that only the platform's key opens.
fn platform_routes(organisation: &str) -> Vec<(Method, String)> {
    let base = format!("/v1/organisations/{organisation}");
    let key = format!("{base}/keys/{}", Uuid::nil());
    let customer = format!("{base}/customers/cus_1");
    vec![
        (Method::PUT, base.clone()),
        (Method::POST, format!("{base}/keys")),
        (Method::DELETE, key),
        (Method::DELETE, customer),
    ]
}

/// Every route of a conversation that its token opens.
fn conversation_routes(escalation_id: &str) -> Vec<(Method, String)> {
    let base = format!("/v1/conversations/{escalation_id}");
    let reads = ["events", "files/f1"].map(|name| (Method::GET, format!("{base}/{name}")));
    let writes = ["messages", "files", "typing", "read", "end"].map(|name| (Method::POST, format!("{base}/{name}")));
    reads.into_iter().chain(writes).collect()
}

/// What a route belongs to.
#[derive(Clone, Copy, Debug)]
enum Door {
    Organisation,
    Platform,
    Callback,
    Conversation,
}

/// Every route that is about an organisation and one of its conversations.
fn doors(organisation: &str, escalation_id: &str) -> Vec<(Door, Method, String)> {
    let callback = (Method::POST, format!("/v1/callbacks/apex/{organisation}"));
    let of = |door| move |(method, path)| (door, method, path);
    let doors = routes(organisation, escalation_id).into_iter().map(of(Door::Organisation));
    let doors = doors.chain(platform_routes(organisation).into_iter().map(of(Door::Platform)));
    let doors = doors.chain(std::iter::once(callback).map(of(Door::Callback)));
    doors.chain(conversation_routes(escalation_id).into_iter().map(of(Door::Conversation))).collect()
}

/// How the one who shows this is refused at a door of `acme` and its first conversation; `None` where it belongs.
fn refusal(shown: &str, door: Door) -> Option<(u16, &'static str)> {
    match (shown, door) {
        ("the platform key", Door::Organisation | Door::Platform)
        | ("its key", Door::Organisation)
        | ("its escalations token", Door::Callback)
        | ("the conversation's token", Door::Conversation) => None,
        ("its key", Door::Platform) | ("another organisation's key", Door::Organisation | Door::Platform) => {
            Some((403, "forbidden"))
        }
        _ => Some((401, "unauthenticated")),
    }
}

/// Everything that opens anything in two organisations, and what is derived from it. `acme` has two conversations.
async fn keys_and_tokens(system: &System) -> anyhow::Result<(String, Vec<(&'static str, String)>)> {
    let (mut ids, mut tokens) = (Vec::new(), Vec::new());
    for (organisation, name) in [("acme", "c1"), ("acme", "c2"), ("stranger", "c1")] {
        let answer = system.escalate(organisation, &conversation(name)).await?.expect_status(202)?;
        ids.push(answer.body["escalationId"].as_str().context("no id")?.to_owned());
        tokens.push(answer.body["conversationToken"].as_str().context("no token")?.to_owned());
    }
    let [own, other, foreign] = tokens.try_into().ok().context("three conversations")?;
    let key = system.key("acme").await?;
    let shown = vec![
        ("the platform key's digest", sha256_hex(local::PLATFORM_KEY)),
        ("the platform key", local::PLATFORM_KEY.to_owned()),
        ("its key's digest", sha256_hex(&key)),
        ("its key with one letter more", format!("{key}A")),
        ("its key", key),
        ("another organisation's key", system.key("stranger").await?),
        ("its escalations token", system.escalations_token("acme").await?),
        ("another organisation's escalations token", system.escalations_token("stranger").await?),
        ("the conversation's token, cut", own[..42].to_owned()),
        ("the conversation's token", own),
        ("another conversation's token", other),
        ("another organisation's conversation's token", foreign),
        ("the conversation's id", ids[0].clone()),
        ("the organisation's id", "acme".to_owned()),
    ];
    Ok((ids.swap_remove(0), shown))
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
            Method::POST if path.ends_with("-tokens") => json!({ "overlapHours": 0 }),
            Method::POST if path.ends_with("/test") => json!({}),
            Method::POST if path.ends_with("/preview") => json!({ "at": "2026-12-25T09:00:00Z" }),
            _ => conversation("c2"),
        };
        let request = system.request_with_key(method.clone(), &path, &key).header("if-match", "\"1\"");
        let expected = match path.rsplit_once('/') {
            Some((_, "redrive")) => 409,
            Some((_, "escalations" | "callback-test")) if method == Method::POST => 202,
            Some((_, "escalations-tokens")) if method == Method::POST => 201,
            _ if method == Method::DELETE => 404,
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

#[tokio::test]
async fn each_key_and_token_opens_what_it_is_for_and_nothing_else() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.organisation("stranger").await?;
    let (id, all) = keys_and_tokens(&system).await?;
    system.settle().await;
    let before = state(&system, &id).await?;
    let mut refused = 0;
    for (shown, key) in &all {
        for (door, method, path) in doors("acme", &id) {
            let Some((status, code)) = refusal(shown, door) else { continue };
            let request = system.request_with_key(method.clone(), &path, key).header("if-match", "\"1\"");
            let answer = send(request.json(&json!({ "conversationId": id }))).await?;
            let context = || format!("{shown}: {method} {path}");
            answer.expect_problem(status, code).map_err(|error| error.context(context()))?;
            refused += 1;
        }
    }
    assert_eq!(refused, all.len() * doors("acme", &id).len() - 17 - 21 - 1 - 7);
    assert_eq!(state(&system, &id).await?, before, "nothing has changed");
    Ok(())
}

/// What the strangers at the doors could have changed.
async fn state(system: &System, id: &str) -> anyhow::Result<Vec<Value>> {
    let mut state = vec![system.escalation("acme", id).await?];
    for path in ["settings", "settings/escalations-tokens", "settings/audit", "escalations"] {
        let request = system.request(Method::GET, &format!("/v1/organisations/acme/{path}"));
        state.push(send(request).await?.expect_status(200)?.body);
    }
    Ok(state)
}

#[tokio::test]
async fn each_key_and_token_is_let_in_where_it_belongs() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.organisation("stranger").await?;
    let (id, all) = keys_and_tokens(&system).await?;
    system.settle().await;
    for (shown, path, status) in [
        ("its key", format!("/v1/organisations/acme/escalations/{id}/redrive"), 409),
        ("the platform key", "/v1/organisations/acme/keys".to_owned(), 201),
        ("its escalations token", "/v1/callbacks/apex/acme".to_owned(), 204),
        ("the conversation's token", format!("/v1/conversations/{id}/typing"), 409),
    ] {
        let (_, key) = all.iter().find(|(name, _)| *name == shown).context("no such key")?;
        let body = json!({ "conversationId": id, "typing": true });
        send(system.request_with_key(Method::POST, &path, key).json(&body)).await?.expect_status(status)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_organisation_cannot_make_us_call_a_host_that_is_not_salesforce_s() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    let table = include_str!("../../../../shared/src/salesforce/hostile_hosts.json");
    let table: BTreeMap<String, Value> = serde_json::from_str(table)?;
    let hostile: BTreeMap<String, Vec<String>> = serde_json::from_value(table["hostile"].clone())?;
    for host in hostile.into_values().flatten() {
        let mut document = settings(&host.replace("{suffix}", ".my.salesforce.com"), "client", "secret");
        let url = host.replace("{suffix}", ".my.salesforce-scrt.com");
        document["integrationType"] = json!("omniChannelFlow");
        document["messaging"] = json!({ "organizationId": "00D000000000001", "developerName": "D", "url": url });
        let answer = system.put_settings("acme", 0, &document).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/salesforce/domain", "/messaging/url"], "{host:?}");
        let said = answer.body.to_string().replace(".my.salesforce.com", "").replace(".my.salesforce-scrt.com", "");
        assert!(host.len() < 9 || !said.contains(&host), "{host:?} is repeated");
    }
    Ok(())
}

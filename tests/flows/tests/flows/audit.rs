//! The audit: every change and nothing else, who made it, and no secret.

use anyhow::Context as _;
use flows::{Answer, Gate, Steps, System, send, settings, with};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const ORGANISATION: &str = "/v1/organisations/acme";
const AUDIT: &str = "/v1/organisations/acme/settings/audit";

/// An organisation that has no settings yet.
async fn acme() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    Ok(system)
}

fn document() -> Value {
    settings("acme.my.salesforce.com", "client", "the-client-secret")
}

async fn page(system: &System, query: &str) -> anyhow::Result<Answer> {
    send(system.request(Method::GET, &format!("{AUDIT}?{query}"))).await
}

/// All entries, newest first.
async fn audit(system: &System) -> anyhow::Result<Vec<Value>> {
    let answer = page(system, "limit=100").await?.expect_status(200)?;
    answer.body["changes"].as_array().cloned().context("no changes")
}

/// An entry's kind, and the key or token that it is about.
fn told(entry: &Value) -> (&str, &str) {
    (entry["what"].as_str().unwrap_or_default(), entry["subject"].as_str().unwrap_or_default())
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.body[name].as_str().unwrap_or_default()
}

/// Makes a key and returns its id and text.
async fn create_key(system: &System) -> anyhow::Result<(String, String)> {
    let made = send(system.request(Method::POST, &format!("{ORGANISATION}/keys"))).await?.expect_status(201)?;
    Ok((text(&made, "keyId").to_owned(), text(&made, "key").to_owned()))
}

#[tokio::test]
async fn each_kind_of_change_leaves_an_entry_that_says_who_made_it() -> anyhow::Result<()> {
    let system = acme().await?;
    assert_eq!(audit(&system).await?, Vec::<Value>::new());
    let (key_id, key) = create_key(&system).await?;
    system.put_settings("acme", 0, &document()).await?.expect_status(200)?;
    let with_key = |method, path: &str| system.request_with_key(method, &format!("{ORGANISATION}{path}"), &key);
    let changed = with_key(Method::PUT, "/settings").header("if-match", "\"1\"");
    send(changed.json(&with(document(), "/apexActionConfigured", json!(true)))).await?.expect_status(200)?;
    let tokens = "/settings/escalations-tokens";
    let made = send(with_key(Method::POST, tokens).json(&json!({ "overlapHours": 0 }))).await?.expect_status(201)?;
    let token_id = text(&made, "id");
    send(with_key(Method::DELETE, &format!("{tokens}/{token_id}"))).await?.expect_status(204)?;
    let deleted = system.request(Method::DELETE, &format!("{ORGANISATION}/keys/{key_id}"));
    send(deleted).await?.expect_status(204)?;

    let entries = audit(&system).await?;
    let found: Vec<_> = entries.iter().map(|entry| (told(entry), entry["by"].as_str().unwrap_or_default())).collect();
    let expected = [
        (("keyDeleted", key_id.as_str()), "platform"),
        (("escalationsTokenRetired", token_id), key_id.as_str()),
        (("escalationsTokenCreated", token_id), key_id.as_str()),
        (("settings", ""), key_id.as_str()),
        (("settings", ""), "platform"),
        (("keyCreated", key_id.as_str()), "platform"),
    ];
    assert_eq!(found, expected);
    assert!(entries.iter().all(|entry| entry["at"].as_str().is_some_and(|at| at.ends_with('Z'))), "{entries:?}");
    Ok(())
}

#[tokio::test]
async fn an_entry_of_the_settings_tells_each_field_that_differs_and_the_version() -> anyhow::Result<()> {
    let system = acme().await?;
    system.put_settings("acme", 0, &document()).await?.expect_status(200)?;
    let changed =
        with(with(document(), "/salesforce/clientId", json!("other")), "/rescue", json!({ "longestWaitMinutes": 7 }));
    let changed = with(changed, "/routingAttributes", json!([{ "attribute": "plan", "value": "Plan" }]));
    system
        .put_settings("acme", 1, &with(changed, "/salesforce/clientSecret", Value::Null))
        .await?
        .expect_status(200)?;
    let entries = audit(&system).await?;
    assert_eq!((&entries[0]["version"], &entries[1]["version"]), (&json!(2), &json!(1)));
    assert_eq!(
        entries[0]["changes"],
        json!([
            { "pointer": "/rescue/longestWaitMinutes", "from": 20, "to": 7 },
            { "pointer": "/routingAttributes/0", "from": null, "to": { "attribute": "plan", "value": "Plan" } },
            { "pointer": "/salesforce/clientId", "from": "client", "to": "other" },
        ])
    );
    let first = entries[1]["changes"].as_array().context("no changes")?;
    assert!(first.contains(&json!({ "pointer": "/salesforce/clientSecret", "secret": true })), "{first:?}");
    Ok(())
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_entry() -> anyhow::Result<()> {
    let system = acme().await?;
    system.put_settings("acme", 0, &document()).await?.expect_status(200)?;
    let same = with(document(), "/salesforce/clientSecret", Value::Null);
    let before = audit(&system).await?;
    system.put_settings("acme", 1, &same).await?.expect_status(200)?;
    let changed = with(document(), "/apexActionConfigured", json!(true));
    system.put_settings("acme", 1, &changed).await?.expect_problem(412, "staleVersion")?;
    let invalid = with(changed, "/salesforce/domain", json!("login.salesforce.com"));
    system.put_settings("acme", 2, &invalid).await?.expect_problem(400, "invalidRequest")?;
    system.rotate_escalations_tokens("acme", 721).await?.expect_problem(400, "invalidRequest")?;
    for path in ["keys", "settings/escalations-tokens"] {
        let path = format!("{ORGANISATION}/{path}/{}", Uuid::nil());
        send(system.request(Method::DELETE, &path)).await?.expect_problem(404, "notFound")?;
    }
    assert_eq!(audit(&system).await?, before);
    Ok(())
}

#[tokio::test]
async fn of_changes_that_race_each_one_that_is_made_leaves_one_entry() -> anyhow::Result<()> {
    let system = acme().await?;
    let (key_id, _) = create_key(&system).await?;
    let documents = [1, 2, 3].map(|minutes| with(document(), "/rescue", json!({ "longestWaitMinutes": minutes })));
    let [one, two, three] = &documents;
    let put = |document| system.put_settings("acme", 0, document);
    let answers = tokio::try_join!(put(one), put(two), put(three))?;
    let made = [&answers.0, &answers.1, &answers.2].into_iter().filter(|answer| answer.status == 200).count();
    let path = format!("{ORGANISATION}/keys/{key_id}");
    let delete = || send(system.request(Method::DELETE, &path));
    let answers = tokio::try_join!(delete(), delete())?;
    let deleted = [&answers.0, &answers.1].into_iter().filter(|answer| answer.status == 204).count();
    let entries = audit(&system).await?;
    let count = |what: &str| entries.iter().filter(|entry| entry["what"] == what).count();
    assert_eq!((made, deleted), (1, 1));
    assert_eq!((count("settings"), count("keyDeleted")), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_change_that_fails_in_the_table_leaves_neither_itself_nor_an_entry() -> anyhow::Result<()> {
    let system = acme().await?;
    let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
    system.stack.lambda().set_variable("settings", "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
    let invalid = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no" });
    gate.refuse("TransactWriteItems", 3, &invalid.to_string());
    system.put_settings("acme", 0, &document()).await?.expect_problem(503, "unavailable")?;
    system.rotate_escalations_tokens("acme", 0).await?.expect_problem(503, "unavailable")?;
    send(system.request(Method::POST, &format!("{ORGANISATION}/keys"))).await?.expect_problem(503, "unavailable")?;
    assert_eq!(gate.refusals_left(), 0);
    let shown = send(system.request(Method::GET, &format!("{ORGANISATION}/settings"))).await?.expect_status(200)?;
    assert_eq!(shown.body["version"], 0);
    assert_eq!(audit(&system).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn pages_lead_from_the_newest_entry_to_the_oldest() -> anyhow::Result<()> {
    let system = acme().await?;
    for version in 0..5 {
        let document = with(document(), "/rescue", json!({ "longestWaitMinutes": version + 1 }));
        system.put_settings("acme", version, &document).await?.expect_status(200)?;
    }
    let (mut versions, mut cursor) = (Vec::new(), String::new());
    let mut sizes = Vec::new();
    loop {
        let answer = page(&system, &format!("limit=2{cursor}")).await?.expect_status(200)?;
        let entries = answer.body["changes"].as_array().context("no changes")?;
        versions.extend(entries.iter().filter_map(|entry| entry["version"].as_u64()));
        sizes.push(entries.len());
        let Some(next) = answer.body["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((versions, sizes), (vec![5, 4, 3, 2, 1], vec![2, 2, 1]));
    assert_eq!(page(&system, "limit=5").await?.body["cursor"], Value::Null, "there is no sixth");
    Ok(())
}

#[tokio::test]
async fn a_cursor_shows_nothing_of_another_organisation_and_a_wrong_one_is_named() -> anyhow::Result<()> {
    let system = acme().await?;
    system.put_organisation("other").await?;
    for organisation in ["acme", "other", "acme", "other"] {
        let path = format!("/v1/organisations/{organisation}/keys");
        send(system.request(Method::POST, &path)).await?.expect_status(201)?;
    }
    let own: Vec<_> = audit(&system).await?.into_iter().map(|entry| entry["subject"].clone()).collect();
    let foreign = send(system.request(Method::GET, "/v1/organisations/other/settings/audit?limit=1")).await?;
    let shown = page(&system, &format!("cursor={}", text(&foreign, "cursor"))).await?.expect_status(200)?;
    let shown = shown.body["changes"].as_array().context("no changes")?;
    assert!(!shown.is_empty() && shown.iter().all(|entry| own.contains(&entry["subject"])), "{shown:?}");
    for (query, pointer) in [("limit=0", "/limit"), ("limit=101", "/limit"), ("cursor=x", "/cursor")] {
        assert_eq!(page(&system, query).await?.expect_problem(400, "invalidRequest")?.pointers(), [pointer], "{query}");
    }
    let missing = send(system.request(Method::GET, &AUDIT.replace("acme", "nobody"))).await?;
    missing.expect_problem(404, "notFound")?;
    Ok(())
}

#[tokio::test]
async fn no_secret_no_token_and_no_key_is_in_an_entry_shown_or_stored() -> anyhow::Result<()> {
    let system = acme().await?;
    let (_, key) = create_key(&system).await?;
    system.put_settings("acme", 0, &document()).await?.expect_status(200)?;
    let second = with(document(), "/salesforce/clientSecret", json!("the-second-secret"));
    system.put_settings("acme", 1, &second).await?.expect_status(200)?;
    let tokens = [system.escalations_token("acme").await?, system.escalations_token("acme").await?];
    let shown = json!(audit(&system).await?).to_string();
    let items = system.dynamodb().scan().table_name("Table").send().await?.items.context("no items")?;
    let is_entry = |item: &std::collections::HashMap<_, _>| format!("{:?}", item["sk"]).contains("AUDIT#");
    let stored: Vec<_> = items.iter().filter(|item| is_entry(item)).map(|item| format!("{item:?}")).collect();
    assert_eq!(stored.len(), 5);
    for secret in ["the-client-secret", "the-second-secret", &key, &tokens[0], &tokens[1]] {
        let digest = shared::digest::sha256_hex(secret);
        for text in stored.iter().chain([&shown]) {
            assert!(!text.contains(secret) && !text.contains(&digest), "{text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_change_too_large_for_an_entry_is_made_and_told_by_the_member_that_differs() -> anyhow::Result<()> {
    let system = acme().await?;
    let dates = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).context("no date")?;
    let hours = |open: &str| {
        let intervals =
            ["09", "12", "15"].map(|hour| json!({ "open": format!("{hour}:{open}"), "close": format!("{hour}:50") }));
        let exceptions = dates.iter_days().take(1_000).map(|date| json!({ "date": date, "intervals": intervals }));
        let hours = json!({ "timeZone": "UTC", "weekly": {}, "exceptions": exceptions.collect::<Vec<_>>() });
        with(document(), "/businessHours", hours)
    };
    system.put_settings("acme", 0, &hours("00")).await?.expect_status(200)?;
    let kept = with(hours("10"), "/salesforce/clientSecret", Value::Null);
    system.put_settings("acme", 1, &kept).await?.expect_status(200)?;
    let newest = page(&system, "limit=1").await?.expect_status(200)?;
    assert_eq!(newest.body["changes"][0]["changes"], json!([{ "pointer": "/businessHours", "omitted": true }]));
    Ok(())
}

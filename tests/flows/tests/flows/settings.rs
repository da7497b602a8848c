//! What the settings API promises to admins.

use anyhow::Context as _;
use flows::{Answer, System, conversation, send, settings, with};
use local::PLATFORM_KEY;
use reqwest::Method;
use serde_json::{Value, json};

const SETTINGS: &str = "/v1/organisations/acme/settings";

async fn show(system: &System) -> anyhow::Result<Answer> {
    send(system.request(Method::GET, SETTINGS)).await?.expect_status(200)
}

/// A system with an organisation that has no settings yet.
async fn start() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    Ok(system)
}

fn minimal() -> Value {
    settings("acme.my.salesforce.com", "client", "secret")
}

/// A document in which nothing has its default.
fn complete() -> Value {
    json!({
        "integrationType": "fullviewFlow",
        "salesforce": { "domain": "acme.my.salesforce.com", "clientId": "client", "clientSecret": "secret" },
        "messaging": { "organizationId": "00D000000000001", "developerName": "Fullview_Messaging_Deployment",
                       "url": "https://acme.my.salesforce-scrt.com" },
        "businessHours": {
            "timeZone": "Europe/Copenhagen",
            "weekly": { "monday": [{ "open": "09:00", "close": "12:00" }, { "open": "22:00", "close": "02:00" }] },
            "exceptions": [{ "date": "2026-12-24", "intervals": [] }],
            "holidays": "DK",
        },
        "routingAttributes": [{ "attribute": "plan", "value": "Plan" }],
        "case": {
            "origin": "Web", "priority": "High", "status": "Escalated", "recordTypeId": "012000000000001",
            "ownerId": "00G000000000001", "assignmentRule": false, "contact": "none", "attachTranscript": "always",
            "fields": { "Plan__c": { "attribute": "plan" }, "Source__c": { "value": "AI" } },
        },
        "rescue": { "longestWaitMinutes": 1440 },
        "apexActionConfigured": true,
    })
}

#[tokio::test]
async fn before_the_first_put_the_defaults_are_shown_as_version_0() -> anyhow::Result<()> {
    let system = start().await?;
    let answer = show(&system).await?;
    assert_eq!(answer.header("etag"), "\"0\"");
    let expected = json!({
        "version": 0,
        "organisationId": "acme",
        "apiEndpoint": system.stack.api_url(),
        "integrationType": null,
        "salesforce": { "domain": null, "clientId": null, "clientSecretSet": false },
        "messaging": null,
        "businessHours": null,
        "routingAttributes": [],
        "case": { "origin": "Chat", "priority": "Medium", "status": "New", "recordTypeId": null, "ownerId": null,
                  "assignmentRule": true, "contact": "link", "attachTranscript": "whenTruncated", "fields": {} },
        "rescue": { "longestWaitMinutes": 20 },
        "apexActionConfigured": false,
    });
    assert_eq!(answer.body, expected);
    Ok(())
}

#[tokio::test]
async fn a_put_must_name_the_version_that_it_changes() -> anyhow::Result<()> {
    let system = start().await?;
    let without = send(system.request(Method::PUT, SETTINGS).json(&minimal())).await?;
    without.expect_problem(428, "versionRequired")?;
    system.put_settings("acme", 1, &minimal()).await?.expect_problem(412, "staleVersion")?;
    for version in 0..3 {
        let answer = system.put_settings("acme", version, &minimal()).await?.expect_status(200)?;
        assert_eq!(answer.header("etag"), format!("\"{}\"", version + 1));
        assert_eq!(answer.body["version"], version + 1);
        assert_eq!(answer.body, show(&system).await?.body);
        system.put_settings("acme", version, &minimal()).await?.expect_problem(412, "staleVersion")?;
    }
    Ok(())
}

#[tokio::test]
async fn errors_are_checked_in_the_documented_order() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("other").await?;
    let stranger = system.key("other").await?;
    let put = async |key: &str, body: &str| {
        send(system.request_with_key(Method::PUT, SETTINGS, key).body(body.to_owned())).await
    };
    put("wrong", &"{".repeat(256 * 1024 + 1)).await?.expect_problem(413, "bodyTooLarge")?;
    put("wrong", "{").await?.expect_problem(401, "unauthenticated")?;
    put(&stranger, "{").await?.expect_problem(403, "forbidden")?;
    put(PLATFORM_KEY, "{").await?.expect_problem(400, "malformedJson")?;
    put(PLATFORM_KEY, "{}").await?.expect_problem(400, "invalidRequest")?;
    put(PLATFORM_KEY, &minimal().to_string()).await?.expect_problem(404, "notFound")?;
    system.put_organisation("acme").await?;
    put(PLATFORM_KEY, &minimal().to_string()).await?.expect_problem(428, "versionRequired")?;
    Ok(())
}

#[tokio::test]
async fn what_is_put_comes_back_without_the_client_secret() -> anyhow::Result<()> {
    let system = start().await?;
    system.put_settings("acme", 0, &complete()).await?.expect_status(200)?;
    let salesforce = json!({ "domain": "acme.my.salesforce.com", "clientId": "client", "clientSecretSet": true });
    let mut expected = with(complete(), "/salesforce", salesforce);
    expected["version"] = json!(1);
    expected["organisationId"] = json!("acme");
    expected["apiEndpoint"] = json!(system.stack.api_url());
    assert_eq!(show(&system).await?.body, expected);
    Ok(())
}

#[tokio::test]
async fn a_put_replaces_the_whole_document() -> anyhow::Result<()> {
    let system = start().await?;
    let defaults = show(&system).await?.body;
    system.put_settings("acme", 0, &complete()).await?.expect_status(200)?;
    let answer = system.put_settings("acme", 1, &minimal()).await?.expect_status(200)?;
    for member in ["messaging", "businessHours", "routingAttributes", "case", "rescue", "apexActionConfigured"] {
        assert_eq!(answer.body[member], defaults[member], "{member}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_written_in_several_ways_is_stored_in_one() -> anyhow::Result<()> {
    let system = start().await?;
    let long_id = with(complete(), "/messaging/organizationId", json!("00D000000000001EAA"));
    let answer = system.put_settings("acme", 0, &long_id).await?.expect_status(200)?;
    assert_eq!(answer.body["messaging"]["organizationId"], "00D000000000001");
    let flow = with(minimal(), "/integrationType", json!("omniChannelFlow"));
    let answer = system.put_settings("acme", 1, &flow).await?.expect_status(200)?;
    assert_eq!(answer.body["rescue"]["longestWaitMinutes"], 1440);
    let domains = [
        ("acme", "acme.my.salesforce.com"),
        ("https://ACME.my.salesforce.com/", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com"),
        ("http://127.0.0.1:8788", "127.0.0.1:8788"),
    ];
    for (version, (domain, stored)) in (2..).zip(domains) {
        let document = with(minimal(), "/salesforce/domain", json!(domain));
        let answer = system.put_settings("acme", version, &document).await?.expect_status(200)?;
        assert_eq!(answer.body["salesforce"]["domain"], stored);
    }
    Ok(())
}

#[tokio::test]
async fn only_salesforces_own_hosts_are_accepted() -> anyhow::Result<()> {
    let system = start().await?;
    let refused = [
        "acme.lightning.force.com",
        "acme.my.salesforce-scrt.com",
        "my.salesforce.com",
        "acme.my.salesforce.com.example.com",
        "example.com/acme.my.salesforce.com",
        "example.com#.my.salesforce.com",
        "example.com?.my.salesforce.com",
        "ada@acme.my.salesforce.com",
        "acme.my.salesforce.com:8443",
        "acme.my.salesforce.com/services",
        "http://acme.my.salesforce.com",
        "169.254.169.254",
        "http://10.0.0.1",
        "127.0.0.1.example.com",
        "",
    ];
    for domain in refused {
        let document = with(minimal(), "/salesforce/domain", json!(domain));
        let answer = system.put_settings("acme", 0, &document).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/salesforce/domain"], "{domain}");
    }
    for url in ["https://acme.my.salesforce.com", "https://acme.my.salesforce-scrt.com.example.com", "http://acme"] {
        let document = with(complete(), "/messaging/url", json!(url));
        let answer = system.put_settings("acme", 0, &document).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/messaging/url"], "{url}");
    }
    Ok(())
}

#[tokio::test]
async fn loopback_hosts_are_refused_unless_they_are_allowed() -> anyhow::Result<()> {
    let system = start().await?;
    system.stack.lambda().set_variable("settings", "SALESFORCE_ALLOW_LOOPBACK", "")?;
    for host in ["127.0.0.1:8788", "localhost", "[::1]:8788", "0x7f000001", "http://127.1"] {
        let document = with(complete(), "/salesforce/domain", json!(host));
        let document = with(document, "/messaging/url", json!(host));
        let answer = system.put_settings("acme", 0, &document).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), ["/salesforce/domain", "/messaging/url"], "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn every_wrong_setting_is_named_by_its_pointer() -> anyhow::Result<()> {
    let system = start().await?;
    let rows = json!([{ "attribute": "plan", "value": "Plan" }, { "attribute": "seats", "value": "Plan" }]);
    let hours = |open: &str, close: &str| json!([{ "open": open, "close": close }]);
    let wrong = [
        ("/integrationType", Value::Null, "/integrationType"),
        ("/integrationType", json!("liveAgent"), "/integrationType"),
        ("/salesforce", Value::Null, "/salesforce"),
        ("/salesforce/clientId", json!(""), "/salesforce/clientId"),
        ("/salesforce/clientSecret", Value::Null, "/salesforce/clientSecret"),
        ("/messaging/organizationId", json!("001000000000001"), "/messaging/organizationId"),
        ("/messaging/organizationId", json!("00D00000000000"), "/messaging/organizationId"),
        ("/messaging/developerName", json!("Fullview Messaging"), "/messaging/developerName"),
        ("/businessHours", Value::Null, "/businessHours"),
        ("/businessHours/timeZone", json!("Europe/Atlantis"), "/businessHours/timeZone"),
        ("/businessHours/weekly/Monday", json!([]), "/businessHours/weekly/Monday"),
        ("/businessHours/weekly/monday", hours("25:00", "17:00"), "/businessHours/weekly/monday/0/open"),
        ("/businessHours/weekly/monday", hours("09:00", "09:00"), "/businessHours/weekly/monday/0/close"),
        ("/businessHours/exceptions/0/date", json!("2026-02-30"), "/businessHours/exceptions/0/date"),
        ("/businessHours/holidays", json!("Denmark"), "/businessHours/holidays"),
        ("/routingAttributes", rows, "/routingAttributes/1/value"),
        ("/routingAttributes/0/attribute", Value::Null, "/routingAttributes/0/attribute"),
        ("/case/assignmentRule", json!(true), "/case/ownerId"),
        ("/case/ownerId", json!("001000000000001"), "/case/ownerId"),
        ("/case/recordTypeId", json!("support"), "/case/recordTypeId"),
        ("/case/contact", json!("create"), "/case/contact"),
        ("/case/attachTranscript", json!(true), "/case/attachTranscript"),
        ("/case/fields/Plan__c", json!({ "attribute": "plan", "value": "x" }), "/case/fields/Plan__c"),
        ("/case/fields/Plan__c", json!({}), "/case/fields/Plan__c"),
        ("/case/fields/Subject", json!({ "value": "x" }), "/case/fields/Subject"),
        ("/rescue/longestWaitMinutes", json!(0), "/rescue/longestWaitMinutes"),
        ("/rescue/longestWaitMinutes", json!(1441), "/rescue/longestWaitMinutes"),
        ("/rescue/longestWaitMinutes", json!(1.5), "/rescue/longestWaitMinutes"),
        ("/apexActionConfigured", json!("yes"), "/apexActionConfigured"),
    ];
    for (place, value, pointer) in wrong {
        let answer = system.put_settings("acme", 0, &with(complete(), place, value)).await?;
        let answer = answer.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), [pointer], "{place}: {}", answer.body);
    }
    assert_eq!(show(&system).await?.body["version"], 0);
    Ok(())
}

#[tokio::test]
async fn an_absent_or_null_client_secret_keeps_the_stored_one() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let secretless = json!({ "domain": system.salesforce_host(), "clientId": "acme" });
    let documents = [
        with(minimal(), "/salesforce", secretless.clone()),
        with(minimal(), "/salesforce", with(secretless, "/clientSecret", Value::Null)),
    ];
    for (version, document) in (1..).zip(&documents) {
        let answer = system.put_settings("acme", version, document).await?.expect_status(200)?;
        assert_eq!(answer.body["salesforce"]["clientSecretSet"], true);
        system.salesforce().expire_sessions("acme");
        let escalation = system.escalate_and_settle("acme", &conversation(&format!("c{version}"))).await?;
        assert_eq!(escalation["status"], "caseCreated");
    }
    Ok(())
}

#[tokio::test]
async fn of_two_puts_at_once_exactly_one_wins() -> anyhow::Result<()> {
    let system = start().await?;
    for version in 0..5 {
        let [one, other] = ["one", "other"].map(|id| with(minimal(), "/salesforce/clientId", json!(id)));
        let (one, other) =
            tokio::try_join!(system.put_settings("acme", version, &one), system.put_settings("acme", version, &other))?;
        let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
        lost.expect_problem(412, "staleVersion")?;
        assert_eq!(show(&system).await?.body, won.expect_status(200)?.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_change_of_settings_drives_stuck_escalations_on() -> anyhow::Result<()> {
    let system = System::start().await?;
    let acme = system.organisation("acme").await?;
    let document = settings(system.salesforce_host(), "acme", "wrong");
    system.put_settings("acme", 1, &document).await?.expect_status(200)?;
    system.settle().await;
    let mut stuck = Vec::new();
    for conversation_id in ["c1", "c2"] {
        let escalation = system.escalate_and_settle("acme", &conversation(conversation_id)).await?;
        assert_eq!(escalation["status"], "stuck");
        stuck.push(escalation["escalationId"].as_str().context("no escalationId")?.to_owned());
    }
    let document = with(document, "/salesforce/clientSecret", json!(acme.client_secret));
    system.put_settings("acme", 2, &document).await?.expect_status(200)?;
    system.recover().await;
    for id in stuck {
        let escalation = system.escalation("acme", &id).await?;
        assert_eq!(escalation["status"], "caseCreated", "{escalation}");
    }
    assert_eq!(system.salesforce().cases("acme").len(), 2);
    Ok(())
}

#[tokio::test]
async fn names_of_customer_properties_that_were_seen_are_listed() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.organisation("other").await?;
    let path = format!("{SETTINGS}/customer-properties");
    let names =
        async || Ok::<_, anyhow::Error>(send(system.request(Method::GET, &path)).await?.expect_status(200)?.body);
    assert_eq!(names().await?, json!({ "properties": [] }));
    let second = with(conversation("c2"), "/customer/properties", json!({ "région": "EU", "plan": "free" }));
    system.escalate_and_settle("acme", &conversation("c1")).await?;
    system.escalate_and_settle("acme", &second).await?;
    let foreign = with(conversation("c3"), "/customer/properties", json!({ "foreign": 1 }));
    system.escalate_and_settle("other", &foreign).await?;
    assert_eq!(names().await?, json!({ "properties": ["beta", "plan", "région", "seats"] }));
    Ok(())
}

#[tokio::test]
async fn every_country_that_is_listed_for_holidays_can_be_put_and_another_cannot() -> anyhow::Result<()> {
    let system = start().await?;
    let path = format!("{SETTINGS}/holiday-countries");
    let answer = send(system.request(Method::GET, &path)).await?.expect_status(200)?;
    let countries = answer.body["countries"].as_array().context("no countries")?;
    let names: Vec<_> = countries.iter().filter_map(|country| country["name"].as_str()).collect();
    assert!(names.len() == countries.len() && names.is_sorted(), "{names:?}");
    let hours = |code: &Value| json!({ "timeZone": "UTC", "weekly": {}, "holidays": code });
    for (version, country) in (0..).zip(countries) {
        let document = with(minimal(), "/businessHours", hours(&country["code"]));
        system.put_settings("acme", version, &document).await?.expect_status(200)?;
    }
    let unknown = with(minimal(), "/businessHours", hours(&json!("AQ")));
    let refused = system.put_settings("acme", 0, &unknown).await?.expect_problem(400, "invalidRequest")?;
    assert_eq!(refused.pointers(), ["/businessHours/holidays"]);
    Ok(())
}

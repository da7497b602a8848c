//! What intake promises to Fullview's backend.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use flows::{Answer, System, conversation, long_conversation, message, send, with};
use local::PLATFORM_KEY;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::escalation::CaseReason;
use shared::escalation_request::parse;
use shared::transcript::Transcript;
use tokio::task::JoinSet;
use uuid::{Uuid, Version};

const ESCALATIONS: &str = "/v1/organisations/acme/escalations";
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

async fn escalate_with(system: &System, header: (&str, &str), body: &Value) -> anyhow::Result<Answer> {
    send(system.request(Method::POST, ESCALATIONS).header(header.0, header.1).json(body)).await
}

async fn list(system: &System, query: &str) -> anyhow::Result<Answer> {
    send(system.request(Method::GET, &format!("{ESCALATIONS}?{query}"))).await
}

async fn redrive(system: &System, id: &str) -> anyhow::Result<Answer> {
    send(system.request(Method::POST, &format!("{ESCALATIONS}/{id}/redrive"))).await
}

fn ids(list: &Answer) -> Vec<String> {
    let escalations = list.body["escalations"].as_array().into_iter().flatten();
    escalations.filter_map(|escalation| Some(escalation["escalationId"].as_str()?.to_owned())).collect()
}

fn events(escalation: &Value) -> Vec<&str> {
    escalation["timeline"].as_array().into_iter().flatten().filter_map(|entry| entry["event"].as_str()).collect()
}

/// The file that a Case of this request must have.
fn whole_transcript(body: &Value, escalation: &Value) -> anyhow::Result<String> {
    let request = parse(body).map_err(|errors| anyhow!("{errors:?}"))?;
    let accepted_at = escalation["acceptedAt"].as_str().context("no acceptedAt")?.parse::<DateTime<Utc>>()?;
    let why = CaseReason::MessagingNotConfigured.sentence();
    Ok(Transcript { request: &request, live: &[], accepted_at, why, next_opening: None, time_zone: Tz::UTC }.whole())
}

/// The body, its summary filled up until it has so many bytes.
fn of_size(mut body: Value, bytes: usize) -> Value {
    body["summary"] = "".into();
    let missing = bytes - body.to_string().len();
    body["summary"] = "s".repeat(missing).into();
    body
}

#[tokio::test]
async fn an_accepted_escalation_is_answered_with_its_id_its_token_and_its_links() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let attachment = json!({ "name": "export.log", "url": "https://files.example.com/export.log" });
    let request = json!({
        "conversation": {
            "id": "conv_8731", "subject": "Invoice export fails", "language": "en_US",
            "messages": [{ "id": "m1", "role": "customer", "author": "Ada", "text": "It stops.",
                           "sentAt": "2026-11-20T09:14:03Z", "attachments": [attachment] }],
        },
        "customer": { "id": "cus_1", "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+44 20 7946 0000",
                      "properties": { "plan": "enterprise", "seats": 12 } },
        "reason": "customerRequested",
        "summary": "short summary by the AI",
    });
    let answer = system.escalate("acme", &request).await?.expect_status(202)?;
    let id = answer.body["escalationId"].as_str().context("no escalationId")?;
    assert_eq!(Uuid::parse_str(id)?.get_version(), Some(Version::Random));
    assert_eq!(id, Uuid::parse_str(id)?.hyphenated().to_string());
    assert_eq!(answer.body["conversationToken"].as_str().map(str::len), Some(43));
    assert_eq!(answer.body["status"], "received");
    assert_eq!(answer.body["case"], Value::Null);
    let itself = format!("{ESCALATIONS}/{id}");
    assert_eq!(answer.body["links"], json!({ "self": itself, "events": format!("/v1/conversations/{id}/events") }));
    assert_eq!(answer.header("location"), itself);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(system.escalation("acme", id).await?["conversationId"], "conv_8731");
    Ok(())
}

#[tokio::test]
async fn what_is_optional_may_be_absent_and_unknown_members_are_ignored() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let spoken = json!({ "role": "system", "text": "", "sentAt": "2026-11-20T10:14:03+01:00", "mood": [] });
    let request = json!({
        "conversation": { "id": "c1", "messages": [spoken], "channel": {} }, "customer": null, "reason": "policy", "score": 7,
    });
    let escalation = system.escalate_and_settle("acme", &request).await?;
    assert_eq!(escalation["status"], "caseCreated");
    Ok(())
}

#[tokio::test]
async fn every_wrong_field_is_named_by_its_pointer() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let wrong = [
        ("/conversation", json!("c1")),
        ("/conversation/id", Value::Null),
        ("/conversation/id", json!("")),
        ("/conversation/subject", json!(7)),
        ("/conversation/language", json!("x".repeat(256))),
        ("/conversation/messages", json!([])),
        ("/conversation/messages", json!({})),
        ("/conversation/messages/0", json!("Hello")),
        ("/conversation/messages/0/role", json!("agent")),
        ("/conversation/messages/0/text", Value::Null),
        ("/conversation/messages/0/sentAt", json!("yesterday")),
        ("/conversation/messages/0/sentAt", json!("2026-11-20T09:14:03")),
        ("/conversation/messages/0/attachments", json!([{ "name": "log" }])),
        ("/customer/properties/plan", json!({ "name": "enterprise" })),
        ("/customer/properties/plan", json!([1])),
        ("/customer/email", json!(true)),
        ("/reason", json!("bored")),
        ("/reason", Value::Null),
        ("/summary", json!(["short"])),
    ];
    for (pointer, value) in wrong {
        let answer = system.escalate("acme", &with(conversation("c1"), pointer, value)).await?;
        let answer = answer.expect_problem(400, "invalidRequest")?;
        assert!(answer.pointers()[0].starts_with(pointer), "{pointer}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let body =
        with(with(conversation("c1"), "/reason", json!("bored")), "/customer/properties", json!({ "a/b~c": [] }));
    let body = with(body, "/conversation/messages/0", json!({ "text": 1 }));
    let answer = system.escalate("acme", &body).await?.expect_problem(400, "invalidRequest")?;
    let message = "/conversation/messages/0";
    let expected = [
        &format!("{message}/role"),
        &format!("{message}/text"),
        &format!("{message}/sentAt"),
        "/customer/properties/a~1b~0c",
        "/reason",
    ];
    assert_eq!(answer.pointers(), expected);
    Ok(())
}

#[tokio::test]
async fn each_limit_holds_to_the_last_element() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let messages = |count| Value::from(vec![message("m", "Hello"); count]);
    let properties = |count: usize| (0..count).map(|number| (format!("p{number}"), json!(number))).collect::<Value>();
    let text = |characters| Value::from("é".repeat(characters));
    let limits = [
        ("/conversation/messages", messages(5_000), messages(5_001)),
        ("/conversation/messages/0/text", text(100_000), text(100_001)),
        ("/conversation/messages/0/author", text(255), text(256)),
        ("/conversation/id", text(255), text(256)),
        ("/customer/name", text(255), text(256)),
        ("/customer/properties", properties(100), properties(101)),
    ];
    system.stack.lambda().lose_events(None, limits.len());
    for (pointer, at_limit, above) in limits {
        system.escalate("acme", &with(conversation(pointer), pointer, at_limit)).await?.expect_status(202)?;
        let answer = system.escalate("acme", &with(conversation(pointer), pointer, above)).await?;
        assert_eq!(answer.expect_problem(400, "invalidRequest")?.pointers(), [pointer]);
    }
    let answer = escalate_with(&system, ("idempotency-key", &"k".repeat(256)), &conversation("c1")).await?;
    assert_eq!(answer.expect_problem(400, "invalidRequest")?.pointers(), ["/Idempotency-Key"]);
    Ok(())
}

#[tokio::test]
async fn errors_are_checked_in_the_documented_order() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("other").await?;
    let stranger = system.key("other").await?;
    let post = async |key: &str, body: &str| {
        send(system.request_with_key(Method::POST, ESCALATIONS, key).body(body.to_owned())).await
    };
    let valid = conversation("c1").to_string();
    post("wrong", &"{".repeat(MAX_BODY_BYTES + 1)).await?.expect_problem(413, "bodyTooLarge")?;
    let unauthenticated = post("wrong", "{").await?.expect_problem(401, "unauthenticated")?;
    assert_eq!(unauthenticated.header("www-authenticate"), "Bearer");
    post(&stranger, "{").await?.expect_problem(403, "forbidden")?;
    post(PLATFORM_KEY, "{").await?.expect_problem(400, "malformedJson")?;
    post(PLATFORM_KEY, "{}").await?.expect_problem(400, "invalidRequest")?;
    post(PLATFORM_KEY, &valid).await?.expect_problem(404, "notFound")?;
    system.put_organisation("acme").await?;
    post(PLATFORM_KEY, &valid).await?.expect_problem(409, "organisationNotConfigured")?;
    Ok(())
}

#[tokio::test]
async fn what_the_gateway_refuses_by_itself_is_a_problem_too() -> anyhow::Result<()> {
    let system = System::start().await?;
    let nowhere = send(system.request(Method::GET, "/v1/nowhere")).await?;
    nowhere.expect_problem(404, "notFound")?;
    let huge = system.request(Method::POST, "/v1/organisations/acme/escalations").body("x".repeat(7 * 1024 * 1024));
    send(huge).await?.expect_problem(413, "bodyTooLarge")?;
    Ok(())
}

#[tokio::test]
async fn thirty_identical_requests_at_once_make_one_escalation_and_one_case() -> anyhow::Result<()> {
    let system = Arc::new(System::start().await?);
    system.organisation("acme").await?;
    let mut requests = JoinSet::new();
    for _ in 0..30 {
        let system = Arc::clone(&system);
        requests.spawn(async move { system.escalate("acme", &conversation("c1")).await });
    }
    let answers = requests.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let new = answers.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    let repeated = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!((new, repeated), (1, 29));
    for member in ["escalationId", "conversationToken", "links"] {
        let distinct: HashSet<_> = answers.iter().map(|answer| answer.body[member].to_string()).collect();
        assert_eq!(distinct.len(), 1, "{member}");
    }
    system.settle().await;
    assert_eq!(ids(&list(&system, "").await?).len(), 1);
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn equal_json_written_otherwise_is_the_same_request() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let key = ("idempotency-key", "k1");
    let first = escalate_with(&system, key, &conversation("c1")).await?.expect_status(202)?;
    let otherwise = format!("{:#}", conversation("c1")).replace("12", "1.2e1").replace("Ada", "\\u0041da");
    assert_ne!(otherwise, conversation("c1").to_string());
    for _ in 0..2 {
        let again = system.request(Method::POST, ESCALATIONS).header(key.0, key.1).body(otherwise.clone());
        let again = send(again).await?.expect_status(200)?;
        for member in ["escalationId", "conversationToken", "links"] {
            assert_eq!(again.body[member], first.body[member]);
        }
        assert_eq!(again.header("location"), first.header("location"));
        system.settle().await;
    }
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    Ok(())
}

#[tokio::test]
async fn another_body_under_a_used_key_is_refused_even_when_its_escalation_is_final() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let key = ("idempotency-key", "k1");
    system.stack.lambda().lose_events(None, 1);
    escalate_with(&system, key, &conversation("c1")).await?.expect_status(202)?;
    escalate_with(&system, key, &conversation("c2")).await?.expect_problem(422, "idempotencyKeyReused")?;
    let id = ids(&list(&system, "").await?).remove(0);
    system.recover_until("acme", &id, "caseCreated").await?;
    escalate_with(&system, key, &conversation("c2")).await?.expect_problem(422, "idempotencyKeyReused")?;
    Ok(())
}

#[tokio::test]
async fn a_conversation_has_one_escalation_until_that_is_final() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let changed = with(conversation("c1"), "/summary", json!("It happened again."));
    let other_key = ("idempotency-key", "k2");
    system.stack.lambda().lose_events(None, 1);
    let first = system.accept("acme", &conversation("c1")).await?;
    system.escalate("acme", &changed).await?.expect_problem(422, "idempotencyKeyReused")?;
    escalate_with(&system, other_key, &changed).await?.expect_problem(409, "alreadyEscalated")?;
    escalate_with(&system, other_key, &conversation("c1")).await?.expect_problem(409, "alreadyEscalated")?;
    system.recover_until("acme", &first, "caseCreated").await?;
    let repeated = system.escalate("acme", &conversation("c1")).await?.expect_status(200)?;
    assert_eq!(repeated.body["escalationId"], first);
    let second = system.escalate_and_settle("acme", &changed).await?;
    assert_ne!(second["escalationId"], first);
    assert_eq!(second["status"], "caseCreated");
    escalate_with(&system, other_key, &conversation("c1")).await?.expect_status(202)?;
    system.settle().await;
    assert_eq!(system.salesforce().cases("acme").len(), 3);
    Ok(())
}

/// The body becomes a Case with one file, which is the transcript, byte for byte.
async fn assert_arrives_whole(system: &System, body: &Value) -> anyhow::Result<()> {
    let escalation = system.escalate_and_settle("acme", body).await?;
    assert_eq!(escalation["status"], "caseCreated");
    let files = system.salesforce().files("acme");
    assert_eq!(files.len(), 1);
    assert!(files[0].bytes == whole_transcript(body, &escalation)?, "the file is not the transcript");
    Ok(())
}

#[tokio::test]
async fn a_long_conversation_arrives_whole_in_the_case_file() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let body = long_conversation("c1", 150, 10_000);
    assert_arrives_whole(&system, &body).await
}

#[tokio::test]
async fn a_body_of_4_mib_arrives_whole_and_one_byte_more_is_refused() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let body = long_conversation("c1", 44, 94_000);
    let larger = of_size(body.clone(), MAX_BODY_BYTES + 1);
    system.escalate("acme", &larger).await?.expect_problem(413, "bodyTooLarge")?;
    let body = of_size(body, MAX_BODY_BYTES);
    assert_arrives_whole(&system, &body).await
}

#[tokio::test]
async fn a_caller_that_waits_gets_the_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let answer = escalate_with(&system, ("prefer", "respond-async, wait=60"), &conversation("c1")).await?;
    let answer = answer.expect_status(201)?;
    assert_eq!(answer.header("preference-applied"), "wait=25");
    assert_eq!(answer.body["status"], "caseCreated");
    let cases = system.salesforce().cases("acme");
    let case = json!({ "id": cases[0]["Id"], "number": cases[0]["CaseNumber"], "by": "us" });
    assert_eq!(answer.body["case"], case);
    let again = escalate_with(&system, ("prefer", "wait=5"), &conversation("c1")).await?.expect_status(200)?;
    assert_eq!(again.body["case"], case);
    Ok(())
}

#[tokio::test]
async fn a_wait_that_runs_out_is_answered_as_accepted() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(Some("business-hours-router"), 1);
    let answer = escalate_with(&system, ("prefer", "wait=1"), &conversation("c1")).await?.expect_status(202)?;
    assert_eq!(answer.header("preference-applied"), "wait=1");
    assert_eq!((&answer.body["status"], &answer.body["case"]), (&json!("received"), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_caller_that_does_not_wait_is_told_of_no_applied_preference() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let answer = escalate_with(&system, ("prefer", "return=minimal"), &conversation("c1")).await?.expect_status(202)?;
    assert_eq!(answer.header("preference-applied"), "");
    Ok(())
}

#[tokio::test]
async fn pages_of_the_list_hold_each_escalation_once_newest_first() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(None, 60);
    let mut accepted = Vec::new();
    for number in 0..60 {
        accepted.push(system.accept("acme", &conversation(&format!("c{number}"))).await?);
    }
    accepted.reverse();
    let default = list(&system, "").await?.expect_status(200)?;
    assert_eq!(ids(&default), accepted[..25]);
    assert!(default.body["escalations"][0].get("timeline").is_none());
    let whole = list(&system, "limit=100").await?.expect_status(200)?;
    assert_eq!((ids(&whole), &whole.body["cursor"]), (accepted.clone(), &Value::Null));
    for (limit, sizes) in [(7, vec![7, 7, 7, 7, 7, 7, 7, 7, 4]), (20, vec![20, 20, 20]), (60, vec![60])] {
        for filter in ["", "&status=open", "&status=received"] {
            let (mut found, mut pages, mut cursor) = (Vec::new(), Vec::new(), Some(String::new()));
            while let Some(after) = cursor {
                let after = if after.is_empty() { after } else { format!("&cursor={after}") };
                let page = list(&system, &format!("limit={limit}{filter}{after}")).await?.expect_status(200)?;
                cursor = page.body["cursor"].as_str().map(str::to_owned);
                pages.push(ids(&page).len());
                found.extend(ids(&page));
            }
            assert_eq!(found, accepted, "{limit}{filter}");
            assert_eq!(pages, sizes, "{limit}{filter}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_list_can_be_held_to_a_status_and_to_what_is_open_and_counted_by_status() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let done = system.escalate_and_settle("acme", &conversation("done")).await?;
    let secret = |secret: &str| system.salesforce().change_org("acme", |org| org.client_secret = secret.to_owned());
    secret("another");
    system.salesforce().expire_sessions("acme");
    let stuck = system.escalate_and_settle("acme", &conversation("stuck")).await?;
    assert_eq!(stuck["status"], "stuck");
    system.stack.lambda().lose_events(None, 1);
    let received = system.accept("acme", &conversation("received")).await?;
    let id = |escalation: &Value| escalation["escalationId"].as_str().unwrap_or_default().to_owned();
    let expected = [
        ("caseCreated", vec![id(&done)]),
        ("stuck", vec![id(&stuck)]),
        ("received", vec![received.clone()]),
        ("open", vec![received, id(&stuck)]),
        ("ended", vec![]),
        ("startingMessaging", vec![]),
        ("waiting", vec![]),
        ("active", vec![]),
        ("creatingCase", vec![]),
    ];
    let request = system.request(Method::GET, "/v1/organisations/acme/escalations/counts");
    let counts = send(request).await?.expect_status(200)?.body;
    assert_eq!(counts["isComplete"], true);
    for (status, expected) in expected {
        assert_eq!(ids(&list(&system, &format!("status={status}")).await?.expect_status(200)?), expected, "{status}");
        assert!(status == "open" || counts["counts"][status] == expected.len(), "{status}: {counts}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_parameters_of_the_list_are_named() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let wrong = [
        ("limit=0", vec!["/limit"]),
        ("limit=101", vec!["/limit"]),
        ("limit=ten", vec!["/limit"]),
        ("limit=", vec!["/limit"]),
        ("status=lost", vec!["/status"]),
        ("status=CaseCreated", vec!["/status"]),
        ("cursor=xyz", vec!["/cursor"]),
        ("status=lost&limit=-1&cursor=%21", vec!["/status", "/limit", "/cursor"]),
    ];
    for (query, pointers) in wrong {
        let answer = list(&system, query).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn an_escalation_tells_its_decision_and_its_story() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(escalation["decision"]["route"], "case");
    assert_eq!(escalation["decision"]["reason"], "messagingNotConfigured");
    assert_eq!(escalation["decision"]["settingsVersion"], 1);
    assert_eq!(escalation["reason"], "messagingNotConfigured");
    assert_eq!((&escalation["by"], &escalation["case"]["by"]), (&json!("us"), &json!("us")));
    assert_eq!((&escalation["stuck"], &escalation["flowCase"]), (&Value::Null, &Value::Null));
    assert_eq!(events(&escalation), ["accepted", "routed", "caseCreated"]);
    let times: Vec<_> = escalation["timeline"].as_array().into_iter().flatten().map(|entry| &entry["at"]).collect();
    let times = times.into_iter().map(|at| Ok(at.as_str().context("no time")?.parse()?));
    let times = times.collect::<anyhow::Result<Vec<DateTime<Utc>>>>()?;
    assert!(times.is_sorted());
    Ok(())
}

#[tokio::test]
async fn an_escalation_that_does_not_exist_is_not_found() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    for id in ["9f0c7f5e-6a43-4a5c-8f43-0b6f2f1d2c3b", "none"] {
        send(system.request(Method::GET, &format!("{ESCALATIONS}/{id}"))).await?.expect_problem(404, "notFound")?;
        redrive(&system, id).await?.expect_problem(404, "notFound")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_stuck_escalation_tells_the_cure_and_is_driven_on_by_redrive() -> anyhow::Result<()> {
    let system = System::start().await?;
    let acme = system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.client_secret = "another".into());
    let waited = escalate_with(&system, ("prefer", "wait=20"), &conversation("c1")).await?.expect_status(201)?;
    assert_eq!((&waited.body["status"], &waited.body["case"]), (&json!("stuck"), &Value::Null));
    let id = waited.body["escalationId"].as_str().context("no escalationId")?;
    let stuck = system.escalation("acme", id).await?;
    assert_eq!(stuck["stuck"]["code"], "loginRefused");
    assert!(stuck["stuck"]["cure"].as_str().is_some_and(|cure| cure.contains("Client Secret")), "{stuck}");
    system.salesforce().change_org("acme", |org| org.client_secret = acme.client_secret);
    let redriven = redrive(&system, id).await?.expect_status(202)?;
    assert_eq!((&redriven.body["status"], &redriven.body["stuck"]), (&json!("creatingCase"), &Value::Null));
    system.settle().await;
    let escalation = system.escalation("acme", id).await?;
    assert_eq!(events(&escalation), ["accepted", "routed", "stuck", "redriven", "caseCreated"]);
    assert_eq!(system.salesforce().cases("acme").len(), 1);
    redrive(&system, id).await?.expect_problem(409, "notStuck")?;
    Ok(())
}

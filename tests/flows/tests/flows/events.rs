//! Each file in `events/` is fed to its function by the Invoke API, in the state that the file presupposes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chrono::DateTime;
use flows::System;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use reqwest::Method;
use salesforce_simulator::Script;
use serde_json::{Value, json};
use shared::authentication::bearer;
use shared::callback_test::CallbackTest;
use shared::digest::sha256_hex;
use shared::escalation::{CaseReason, Escalation, Status, Stuck};
use shared::escalation_request::{EscalationRequest, parse};
use shared::store::{Acceptance, AuditEntry, Audited, EscalationsToken, EscalationsTokens, StoredKey};
use shared::transcript::Transcript;
use uuid::Uuid;

const ORGANISATION: &str = "demo-fullview-flow";
/// The escalation of an event that names none.
const UNNAMED: Uuid = Uuid::from_u128(1);

/// The state that an event presupposes; each has what those before it have, and a key if the event names one.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    Organisation,
    Settings,
    /// A callback test was started.
    CallbackTest,
    /// The sample escalation was sent.
    Escalated,
    /// The sample escalation has this status.
    Escalation(Status),
    /// Live messaging is set up, and the sample escalation has this status.
    Live(Status),
}

/// What a function makes of an event: its answer's HTTP status, if it answers HTTP, and parts of its body, by JSON pointer.
struct Expectation {
    file: &'static str,
    given: Given,
    status: Option<u16>,
    facts: Vec<(&'static str, Value)>,
}

fn expectations() -> Vec<Expectation> {
    use Given::{Escalated, Nothing, Organisation, Settings};
    let escalation = Given::Escalation;
    let http = |file, given, status, facts| Expectation { file, given, status: Some(status), facts };
    let direct = |file, given, facts| Expectation { file, given, status: None, facts };
    // Each stack signs conversation tokens with a key of its own: that of a file is refused.
    let signed_elsewhere = |file| {
        let facts = vec![("/code", json!("unauthenticated"))];
        Expectation { file, given: Given::Nothing, status: Some(401), facts }
    };
    let accepted = || vec![("/status", json!("received")), ("/case", Value::Null)];
    let mut expectations = vec![
        http("escalation-intake", Settings, 202, accepted()),
        http("escalation-intake-http-api", Settings, 202, accepted()),
        http("escalation-intake-long-conversation", Settings, 202, accepted()),
        http(
            "escalation-intake-list",
            escalation(Status::Received),
            200,
            vec![
                ("/escalations/0/status", json!("received")),
                ("/escalations/1", Value::Null),
                ("/cursor", Value::Null),
            ],
        ),
        http(
            "escalation-intake-show",
            escalation(Status::Received),
            200,
            vec![("/status", json!("received")), ("/timeline/0/event", json!("accepted"))],
        ),
        http(
            "escalation-intake-redrive",
            escalation(Status::Stuck),
            202,
            vec![("/status", json!("creatingCase")), ("/stuck", Value::Null), ("/timeline/1/event", json!("redriven"))],
        ),
        http("settings-put-organisation", Nothing, 201, vec![("/organisationId", json!(ORGANISATION))]),
        http(
            "settings-show",
            Settings,
            200,
            vec![
                ("/version", json!(1)),
                ("/salesforce/clientSecretSet", json!(true)),
                ("/salesforce/clientSecret", Value::Null),
            ],
        ),
        http(
            "settings-put",
            Organisation,
            200,
            vec![
                ("/version", json!(1)),
                ("/businessHours/holidays", json!("DK")),
                ("/case/fields/Source__c/value", json!("AI")),
            ],
        ),
        http("settings-create-key", Organisation, 201, vec![]),
        http("settings-delete-key", Organisation, 204, vec![]),
        http("settings-erase-customer", Organisation, 200, vec![("/deleted/escalations", json!(0))]),
        http("settings-list-escalations-tokens", Organisation, 200, vec![("/tokens", json!([]))]),
        http(
            "settings-create-escalations-token",
            Organisation,
            201,
            vec![("/validUntil", Value::Null), ("/lastUsedAt", Value::Null)],
        ),
        http("settings-delete-escalations-token", Organisation, 204, vec![]),
        http(
            "settings-preview",
            Settings,
            200,
            vec![("/route", json!("case")), ("/caseFields/SuppliedName", json!("Ada Lovelace"))],
        ),
        http(
            "settings-test-connection",
            Settings,
            200,
            vec![("/checks/0/id", json!("token")), ("/checks/0/result", json!("passed"))],
        ),
        http("settings-start-callback-test", Settings, 202, vec![("/state", json!("pending"))]),
        http("settings-show-callback-test", Given::CallbackTest, 200, vec![("/state", json!("pending"))]),
        http("settings-customer-properties", Escalated, 200, vec![("/properties", json!(["plan", "seats", "trial"]))]),
        http("apex-callback", escalation(Status::Received), 204, vec![]),
        http("apex-callback-without-case", escalation(Status::Received), 204, vec![]),
        http("conversation-relay-chat-script", Nothing, 200, vec![]),
        signed_elsewhere("conversation-relay-events"),
        signed_elsewhere("conversation-relay-message"),
        signed_elsewhere("conversation-relay-file"),
        signed_elsewhere("conversation-relay-typing"),
        signed_elsewhere("conversation-relay-read"),
        signed_elsewhere("conversation-relay-end"),
        direct("business-hours-router", escalation(Status::Received), vec![("/status", json!("creatingCase"))]),
        direct("case-creation", escalation(Status::CreatingCase), vec![("/status", json!("caseCreated"))]),
        direct("messaging-session-start", Given::Live(Status::StartingMessaging), vec![("/status", json!("waiting"))]),
        direct("escalation-recovery", escalation(Status::CreatingCase), vec![("/heldBack", json!(0))]),
        direct("escalation-recovery-look", Given::Live(Status::Waiting), vec![("/status", json!("waiting"))]),
    ];
    expectations.extend(settings_page_expectations());
    expectations
}

/// The settings page, and what only it shows.
fn settings_page_expectations() -> Vec<Expectation> {
    use Given::{Nothing, Organisation, Settings};
    let http = |file, given, facts| Expectation { file, given, status: Some(200), facts };
    vec![
        http(
            "settings-holiday-countries",
            Organisation,
            vec![("/countries/0/code", json!("AL")), ("/countries/122", Value::Null)],
        ),
        http(
            "settings-audit",
            Settings,
            vec![
                ("/changes/0/what", json!("settings")),
                ("/changes/0/by", json!("platform")),
                ("/changes/0/version", json!(1)),
                ("/cursor", Value::Null),
            ],
        ),
        http(
            "escalation-intake-counts",
            Given::Escalation(Status::Stuck),
            vec![("/counts/stuck", json!(1)), ("/counts/received", json!(0)), ("/isComplete", json!(true))],
        ),
        http("settings-page", Nothing, vec![]),
        http("settings-page-file", Nothing, vec![]),
    ]
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn names(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The sample events' names, without `.json`.
fn events() -> BTreeSet<String> {
    let files = names(&folder("events")).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn event(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder("events").join(format!("{file}.json"))).unwrap()).unwrap()
}

fn body(event: &Value) -> Value {
    serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
}

/// What an event escalates.
fn request(event: &Value) -> EscalationRequest {
    parse(&body(event)).ok().unwrap()
}

/// The function whose name is the longest beginning of the file's.
fn function(file: &str) -> Option<String> {
    let functions =
        names(&folder("functions")).into_iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    functions.filter(|name| file.starts_with(name.as_str())).max_by_key(String::len)
}

/// The id that an event names in a place, which the state must have.
fn id(event: &Value, pointer: &str) -> Option<Uuid> {
    event.pointer(pointer).map(|id| id.as_str().unwrap().parse().unwrap())
}

/// The escalations token that an event names, or that an org calls back with.
fn escalations_token(event: &Value) -> Option<EscalationsToken> {
    let named = id(event, "/pathParameters/tokenId");
    let token = event["headers"]["Authorization"].as_str().and_then(bearer).filter(|_| called_back(event).is_some());
    let (id, digest) = match (named, token) {
        (None, None) => return None,
        (named, token) => (named.unwrap_or(UNNAMED), sha256_hex(token.unwrap_or_default())),
    };
    Some(EscalationsToken { id, digest, created_at: DateTime::UNIX_EPOCH, valid_until: None })
}

/// What the audit has of a key or token that the state must have.
fn audited(what: Audited, subject: Uuid) -> AuditEntry {
    let (at, by) = (DateTime::UNIX_EPOCH, "platform".to_owned());
    AuditEntry { id: subject, at, by, what, subject: Some(subject), version: None, changes: vec![] }
}

/// The escalation that an org calls back about.
fn called_back(event: &Value) -> Option<Uuid> {
    let is_callback = event["resource"].as_str().is_some_and(|resource| resource.starts_with("/v1/callbacks/"));
    if is_callback { id(&body(event), "/conversationId") } else { None }
}

async fn prepare(system: &System, given: Given, event: &Value) -> anyhow::Result<()> {
    match given {
        Given::Nothing => {}
        Given::Organisation => drop(system.put_organisation(ORGANISATION).await?),
        Given::Settings | Given::CallbackTest | Given::Escalated | Given::Escalation(_) => {
            drop(system.organisation(ORGANISATION).await?);
        }
        Given::Live(_) => drop(system.live_organisation(ORGANISATION, "fullviewFlow", Script::default()).await?),
    }
    if let Some(key_id) = id(event, "/pathParameters/keyId") {
        let key = StoredKey { key_id, digest: "0".repeat(64) };
        system.store().put_key(ORGANISATION, &key, &audited(Audited::KeyCreated, key_id)).await?;
    }
    if let Some(token) = escalations_token(event) {
        let entry = audited(Audited::EscalationsTokenCreated, token.id);
        let tokens = EscalationsTokens { revision: 1, secret_version: String::new(), tokens: vec![token] };
        system.store().replace_escalations_tokens(ORGANISATION, &EscalationsTokens::default(), &tokens, &entry).await?;
    }
    if let Given::CallbackTest = given {
        let test = CallbackTest::started(
            "3f6c1d0a9b7e4825".into(),
            system.salesforce_host().into(),
            system.salesforce().now(),
        );
        system.store().put_callback_test(ORGANISATION, &test).await?;
    }
    if let Given::Escalated = given {
        system.accept(ORGANISATION, &body(&self::event("escalation-intake"))).await?;
    }
    if let Given::Escalation(status) = given {
        let id = id(event, "/escalationId")
            .or_else(|| id(event, "/pathParameters/escalationId"))
            .or_else(|| called_back(event));
        put_escalation(system, id.unwrap_or(UNNAMED), status).await?;
    }
    if let Given::Live(status) = given {
        let id = id(event, "/escalationId").context("the event names no escalation")?;
        put_escalation(system, id, Status::StartingMessaging).await?;
        if status == Status::Waiting {
            invoke(system, "messaging-session-start", event).await?;
        }
    }
    Ok(())
}

/// The sample escalation, as it stands after its acceptance or later.
async fn put_escalation(system: &System, id: Uuid, status: Status) -> anyhow::Result<()> {
    let request = request(&event("escalation-intake"));
    let now = system.salesforce().now();
    let mut escalation = Escalation::accepted(id, ORGANISATION, &request.conversation.id, 1, now);
    if status == Status::StartingMessaging {
        let settings = system.store().settings(ORGANISATION).await?.context("no settings")?;
        escalation.choose_messaging(settings.messaging.context("no messaging")?, now);
    } else if status != Status::Received {
        escalation.choose_case(CaseReason::MessagingNotConfigured, now);
        escalation.due_at = Some(now);
    }
    if status == Status::Stuck {
        escalation.status = Status::Stuck;
        escalation.due_at = None;
        escalation.stuck = Some(Stuck { code: "refused".into(), detail: "Refused.".into(), cure: "Allow it.".into() });
    }
    let packed = request.pack()?;
    let acceptance = Acceptance {
        escalation: &escalation,
        idempotency_key: &request.conversation.id,
        customer_id: request.customer.id.as_deref(),
        body_digest: "",
        replaces_key_of: None,
        replaces_conversation_of: None,
        transcript: Some(&packed),
    };
    Ok(system.store().accept(&acceptance).await?)
}

/// What a function answers; a streamed answer, which is a prelude, eight NULs and the body, as if it were whole.
async fn invoke(system: &System, function: &str, event: &Value) -> anyhow::Result<Value> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let response = system.request(Method::POST, &path).json(event).send().await?;
    let is_answered = response.status() == 200 && !response.headers().contains_key("x-amz-function-error");
    let text = response.text().await?;
    ensure!(is_answered, "{text}");
    let (answer, body) =
        text.split_once("\0\0\0\0\0\0\0\0").map_or((text.as_str(), None), |(prelude, body)| (prelude, Some(body)));
    let mut answer: Value = serde_json::from_str(answer)?;
    if let Some(body) = body {
        answer["body"] = json!(body);
    }
    Ok(answer)
}

/// The HTTP answer in a function's answer, and its body if that is JSON.
fn http(answer: &Value) -> anyhow::Result<(Option<u16>, Value)> {
    let Some(status) = answer["statusCode"].as_u64() else { return Ok((None, answer.clone())) };
    let content_type = [&answer["headers"]["content-type"], &answer["multiValueHeaders"]["content-type"][0]];
    let is_json = content_type.into_iter().filter_map(Value::as_str).all(|content_type| content_type.contains("json"));
    let body =
        answer["body"].as_str().filter(|body| is_json && !body.is_empty()).map(serde_json::from_str).transpose()?;
    Ok((Some(u16::try_from(status)?), body.unwrap_or_default()))
}

async fn check(expected: &Expectation) -> anyhow::Result<()> {
    let system = System::start().await?;
    let event = event(expected.file);
    prepare(&system, expected.given, &event).await?;
    let function = function(expected.file).context("no function has a name that the file's starts with")?;
    let answer = invoke(&system, &function, &event).await?;
    let (status, body) = http(&answer)?;
    ensure!(status == expected.status, "answered {status:?}: {body}");
    for (pointer, value) in &expected.facts {
        let found = body.pointer(pointer).unwrap_or(&Value::Null);
        ensure!(found == value, "{pointer} is {found} and not {value}");
    }
    if let Some(id) = called_back(&event) {
        let escalation = system.escalation(ORGANISATION, &id.to_string()).await?;
        ensure!(escalation["by"] == "salesforceFlow", "{escalation}");
        ensure!(escalation["case"]["id"].as_str() == self::body(&event)["caseId"].as_str(), "{escalation}");
    }
    if let Given::Live(_) = expected.given {
        let conversations = system.salesforce().conversations(ORGANISATION);
        ensure!(conversations.len() == 1 && conversations[0].is_open, "{conversations:?}");
        ensure!(event["escalationId"] == conversations[0].id, "{conversations:?}");
    } else if status.is_none_or(|status| status == 202) && function != "settings" {
        let id = id(&body, "/escalationId").or_else(|| id(&event, "/escalationId")).unwrap_or(UNNAMED);
        becomes_a_whole_case(&system, &event, id).await?;
    }
    Ok(())
}

/// One Case follows, and it or its file holds the whole transcript, byte for byte.
async fn becomes_a_whole_case(system: &System, event: &Value, id: Uuid) -> anyhow::Result<()> {
    system.settle().await;
    let escalation = system.escalation(ORGANISATION, &id.to_string()).await?;
    ensure!(escalation["status"] == "caseCreated", "{escalation}");
    let request = if event["body"].is_string() { request(event) } else { request(&self::event("escalation-intake")) };
    let transcript = Transcript {
        request: &request,
        live: &[],
        accepted_at: serde_json::from_value(escalation["acceptedAt"].clone())?,
        why: CaseReason::MessagingNotConfigured.sentence(),
        next_opening: None,
        time_zone: chrono_tz::UTC,
    };
    let (cases, files) = (system.salesforce().cases(ORGANISATION), system.salesforce().files(ORGANISATION));
    ensure!(cases.len() == 1, "{} Cases", cases.len());
    let description = cases[0]["Description"].as_str().unwrap_or_default();
    let text = files.first().map_or(description.as_bytes(), |file| &file.bytes);
    ensure!(text == transcript.whole().as_bytes(), "the transcript differs");
    Ok(())
}

#[tokio::test]
async fn every_sample_event_does_what_it_is_a_sample_of() {
    let mut failures = Vec::new();
    for expectation in &expectations() {
        if let Err(error) = check(expectation).await {
            failures.push(format!("{}: {error:#}", expectation.file));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn every_sample_event_has_an_expectation_and_a_function() {
    let expected: BTreeSet<_> = expectations().iter().map(|expectation| expectation.file.to_owned()).collect();
    assert_eq!(events(), expected);
    assert!(expected.iter().all(|file| function(file).is_some()));
}

#[test]
fn every_api_gateway_event_reads_back_as_it_was_after_printing() {
    let mut count = 0;
    for file in events() {
        let event = event(&file);
        if event["httpMethod"].is_null() || event["version"] == "2.0" {
            continue;
        }
        let parsed: ApiGatewayProxyRequest = serde_json::from_value(event.clone()).unwrap();
        let printed = serde_json::to_value(&parsed).unwrap();
        assert_eq!(serde_json::from_value::<ApiGatewayProxyRequest>(printed.clone()).unwrap(), parsed, "{file}");
        for member in ["resource", "path", "httpMethod", "body", "isBase64Encoded"] {
            assert_eq!(printed[member], event[member], "{member} of {file}");
        }
        count += 1;
    }
    assert_eq!(count, 33);
}

#[test]
fn an_api_gateway_event_s_path_is_its_resource_with_its_parameters() {
    for file in events() {
        let event = event(&file);
        let Some(resource) = event["resource"].as_str() else { continue };
        let parameters = event["pathParameters"].as_object().into_iter().flatten();
        let path = parameters.fold(resource.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value.as_str().unwrap())
        });
        let asked = event["path"].as_str().unwrap();
        assert_eq!(
            asked.strip_suffix('/').unwrap_or(asked),
            path,
            "{file}: a slash at the end is told, and leads here too"
        );
        assert_eq!(event["requestContext"]["resourcePath"], resource, "{file}");
    }
}

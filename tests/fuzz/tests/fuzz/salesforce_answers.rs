use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use fuzz::{Form, PLANTED, Target, Verdict};
use lambda_http::http;
use reqwest::{Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use shared::conversation::LogEvent;
use shared::salesforce::messaging::{Entry, GuestToken, Messaging, MessagingError};
use shared::salesforce::{
    Host, Login, LoginError, Salesforce, SalesforceError, Session, Subrequest, Transport, TransportError,
};
use shared::settings::MessagingSettings;
use uuid::Uuid;

use crate::entries::check_entry;
use crate::hosts::check_host;

const TARGET: Target<'_> = Target {
    name: "salesforce_answers",
    form: Form::Json,
    words: &[
        "https://acme.my.salesforce.com",
        "https://acme.my.salesforce.com@evil.example",
        "invalid_grant",
        "invalid_client",
        "login rate exceeded",
        "REQUEST_LIMIT_EXCEEDED",
        "UNABLE_TO_LOCK_ROW",
        "DUPLICATE_VALUE",
        "PROCESSING_HALTED",
        "duplicate value found: Order__c duplicates value",
        "No such column 'Plan__c' on sobject",
        "NEEDS_ROUTING",
        "4294967295",
        "e30.eyJleHAiOjgyMTAyNjY4NzY3OTl9.c2ln",
    ],
    accepted_percent: 10,
};
static SALESFORCE: LazyLock<Salesforce> = LazyLock::new(|| Salesforce::new(false));

#[test]
fn an_answer_is_understood_or_is_an_error_that_repeats_nothing_of_it() {
    TARGET.play(check);
}

/// Gives one answer to every request: `{"status", "headers", "body"}`, where a body that is a text is sent as it is.
#[derive(Clone, Debug)]
struct Answering {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answering {
    fn of(input: &Value) -> Option<Self> {
        let header = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        let headers = input["headers"].as_object().into_iter().flatten().filter_map(header).collect();
        let body = input["body"].as_str().map_or_else(|| input["body"].to_string(), str::to_owned).into_bytes();
        Some(Self { status: u16::try_from(input["status"].as_u64()?).ok()?, headers, body })
    }

    fn response(&self) -> Option<Response> {
        let response = http::Response::builder().status(self.status);
        let response = self.headers.iter().fold(response, |response, (name, value)| response.header(name, value));
        response.body(self.body.clone()).ok().map(Response::from)
    }
}

impl Transport for Answering {
    fn send(&self, _request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let response = self.response().ok_or(TransportError::Broken);
        Box::pin(async move { response })
    }
}

fn check(input: &[u8]) -> Verdict {
    let Ok(input) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    let Some(answering) = Answering::of(&input) else { return Verdict::Refused };
    let salesforce = SALESFORCE.clone().through(Arc::new(answering));
    let deployment = MessagingSettings {
        organization_id: "00D000000000001".into(),
        developer_name: "Deployment".into(),
        url: Host::parse_messaging("acme", false).unwrap(),
    };
    let is_logged_in = check_login(&salesforce);
    let has_records = check_rest(&salesforce);
    let is_messaging = check_messaging(&salesforce.messaging(&deployment));
    Verdict::accepted_if(is_logged_in || has_records || is_messaging)
}

/// Nothing waits: the answer is there.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn check_login(salesforce: &Salesforce) -> bool {
    let domain = Host::parse_salesforce("acme", false).unwrap();
    let login = now(salesforce.login(&domain, "client", &SecretString::from("secret")));
    match login {
        Ok(Login { session, .. }) => {
            check_host(&session.instance, ".my.salesforce.com");
            check_token(&session.access_token);
            true
        }
        Err(error) => {
            check_text(&error.to_string());
            assert!(error.is_transient() || matches!(error, LoginError::Refused { cure, .. } if !cure.is_empty()));
            false
        }
    }
}

fn check_rest(salesforce: &Salesforce) -> bool {
    let session =
        Session { access_token: SecretString::from("token"), instance: Host::parse_salesforce("acme", false).unwrap() };
    let parts = [Subrequest::insert("Case", "case", Value::Null)];
    let composite = now(salesforce.composite(&session, &parts, true)).map(|bodies| bodies.len());
    let query = now(salesforce.query(&session, "SELECT Id FROM Case")).map(|records| records.len());
    let number =
        now(salesforce.case_number(&session, "500000000000001AAA")).map(|number| usize::from(number.is_some()));
    let described = now(salesforce.describe_case(&session)).map(|case| case.map_or(0, |case| case.fields.len()));
    let action = now(salesforce.call_apex_action(&session, "Action", &Value::Null)).map(|()| 0);
    let answers = [composite, query, number, described, action];
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        check_error(error);
    }
    answers.iter().any(|answer| answer.as_ref().is_ok_and(|found| *found > 0))
}

fn check_error(error: &SalesforceError) {
    check_text(&error.to_string());
    check_text(&format!("{error:?}"));
    if let SalesforceError::Refused(refusals) = error {
        assert!(refusals.len() <= 50 && refusals.iter().all(|refusal| refusal.fields.len() <= 50));
    }
}

fn check_messaging(messaging: &Messaging<'_>) -> bool {
    let token = SecretString::from("token");
    let guest = now(messaging.token(at()));
    let entries = now(messaging.entries(&token, Uuid::nil(), None));
    let deployment = now(messaging.deployment());
    assert!(deployment.is_ok() == guest.is_ok(), "a deployment is one that gives a token");
    let errors = [
        guest.as_ref().err().cloned(),
        entries.as_ref().err().cloned(),
        now(messaging.routing_status(&token, Uuid::nil())).err(),
        now(messaging.create(&token, Uuid::nil(), &BTreeMap::new(), "en_US")).err(),
        now(messaging.send_text(&token, Uuid::nil(), Uuid::nil(), "Hi")).err(),
        now(messaging.close(&token, Uuid::nil())).err(),
    ];
    for error in errors.iter().flatten() {
        check_messaging_error(error);
    }
    guest.iter().for_each(check_guest);
    if let Ok(entries) = &entries {
        check_entries(entries);
    }
    guest.is_ok() || entries.is_ok_and(|entries| !entries.is_empty())
}

fn check_messaging_error(error: &MessagingError) {
    check_text(&error.to_string());
    if let MessagingError::Limited { retry_after } = error {
        assert!(retry_after.is_none_or(|seconds| seconds <= 3_600), "nobody is put off for years");
    }
}

fn check_guest(guest: &GuestToken) {
    check_token(&guest.access_token);
    assert!(guest.expires_at <= at() + TimeDelta::days(30), "{}", guest.expires_at);
    let is_sent_back = |id: &String| (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(guest.last_event_id.as_ref().is_none_or(is_sent_back));
}

fn check_entries(entries: &[Entry]) {
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let mut identifiers: Vec<_> = entries.iter().map(|entry| &entry.identifier).collect();
    identifiers.sort();
    assert!(identifiers.windows(2).all(|pair| pair[0] != pair[1]), "an entry is read once");
    for entry in entries {
        check_entry(entry);
        let event = LogEvent::Entry(entry.clone());
        let stored = serde_json::from_str(&event.to_json().to_string()).unwrap();
        assert!(LogEvent::from_json(stored) == Some(event), "however deep it is, it can be read again");
    }
}

fn check_token(token: &SecretString) {
    let header = http::HeaderValue::from_str(token.expose_secret());
    assert!(header.is_ok() && token.expose_secret().len() <= 16 * 1024, "a header can carry it");
}

/// What stands in a log and in an escalation's timeline.
fn check_text(text: &str) {
    assert!(!text.contains(PLANTED) && text.len() < 20_000, "{text}");
}

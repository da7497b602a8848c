//! Several calls in one.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use salesforce_simulator::{EXTERNAL_ID_FIELD, Effect, Fault, Named, Route};
use serde_json::{Value, json};

use crate::client::{Answer, CLIENT_ID, Org, Result, case_subrequest};

/// Status and error code of each subresponse; the code is empty if it succeeded.
fn codes(answer: &Answer) -> Vec<(u64, &str)> {
    fn entry(response: &Value) -> (u64, &str) {
        let code = response["body"][0]["errorCode"].as_str();
        (response["httpStatusCode"].as_u64().unwrap_or_default(), code.unwrap_or_default())
    }
    answer.body["compositeResponse"]
        .as_array()
        .map(|responses| responses.iter().map(entry).collect())
        .unwrap_or_default()
}

fn escalation(key: &str) -> Value {
    let data = BASE64_STANDARD.encode("the transcript");
    json!([
        case_subrequest("case", &json!({ "Subject": "Help", EXTERNAL_ID_FIELD: key })),
        {
            "method": "POST",
            "url": "/services/data/v66.0/sobjects/ContentVersion",
            "referenceId": "file",
            "body": { "PathOnClient": "Transcript.txt", "VersionData": data, "FirstPublishLocationId": "@{case.id}" }
        },
        {
            "method": "GET",
            "url": "/services/data/v66.0/sobjects/Case/@{case.id}?fields=CaseNumber",
            "referenceId": "number"
        }
    ])
}

#[tokio::test]
async fn later_subrequests_use_what_earlier_ones_answered() -> Result {
    let org = Org::start().await?;
    let answer = org.composite(true, escalation("key-1")).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(codes(&answer), [(201, ""), (201, ""), (200, "")]);
    let responses = &answer.body["compositeResponse"];
    assert_eq!(responses[0]["referenceId"], "case");
    assert!(responses[0]["httpHeaders"]["Location"].is_string());
    assert_eq!(responses[2]["body"]["CaseNumber"], "00001001");
    let file = &org.handle().files(CLIENT_ID)[0];
    assert_eq!(file.content_version["FirstPublishLocationId"], responses[0]["body"]["id"]);
    assert_eq!(file.bytes, "the transcript");
    Ok(())
}

#[tokio::test]
async fn all_or_none_rolls_everything_back_and_shows_the_culprit() -> Result {
    let org = Org::start().await?;
    let mut subrequests = escalation("key-1");
    subrequests[1]["body"]["VersionData"] = json!("not base64!");
    let answer = org.composite(true, subrequests).await?;
    assert_eq!(answer.status, 200);
    let halted = (400, "PROCESSING_HALTED");
    assert_eq!(codes(&answer), [halted, (400, "JSON_PARSER_ERROR"), halted]);
    assert_eq!((org.cases().len(), org.handle().files(CLIENT_ID).len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_duplicate_is_told_apart_inside_a_composite() -> Result {
    let org = Org::start().await?;
    org.composite(true, escalation("key-1")).await?;
    let answer = org.composite(true, escalation("key-1")).await?;
    assert_eq!(codes(&answer)[0], (400, "DUPLICATE_VALUE"));
    assert_eq!((org.cases().len(), org.handle().files(CLIENT_ID).len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn without_all_or_none_only_dependents_of_a_failure_are_halted() -> Result {
    let org = Org::start().await?;
    let dependent = "/services/data/v66.0/sobjects/Case/@{bad.id}";
    let answer = org
        .composite(
            false,
            json!([
                case_subrequest("bad", &json!({ "Nothing__c": 1 })),
                { "method": "GET", "url": dependent, "referenceId": "dependent" },
                case_subrequest("good", &json!({ "Subject": "Help" })),
            ]),
        )
        .await?;
    assert_eq!(codes(&answer), [(400, "INVALID_FIELD"), (400, "PROCESSING_HALTED"), (201, "")]);
    assert_eq!(org.cases().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_row_lock_can_strike_inside_a_composite() -> Result {
    let org = Org::start().await?;
    org.handle().add_fault(Fault { times: Some(2), ..Fault::once(Route::InsertCase, Effect::unable_to_lock_row()) });
    let mut first_codes = Vec::new();
    for _ in 0..3 {
        first_codes.push(codes(&org.composite(true, escalation("key-1")).await?)[0].0);
    }
    assert_eq!(first_codes, [400, 400, 201]);
    Ok(())
}

#[tokio::test]
async fn headers_of_the_outer_request_apply_to_its_parts() -> Result {
    let org = Org::with(|settings| settings.queues = vec![Named::new("Support")]).await?;
    let queue = org.settings.queues[0].id.clone();
    org.handle().change_org(CLIENT_ID, |settings| settings.assignment_rule_owner = Some(queue));
    let body = json!({ "allOrNone": true, "compositeRequest": escalation("key-1") });
    let request = org.request(Method::POST, "composite").header("Sforce-Auto-Assign", "FALSE").json(&body);
    assert_eq!(request.send().await?.status(), 200);
    assert_eq!(org.cases()[0]["OwnerId"], json!(org.settings.users[0].id));
    Ok(())
}

#[tokio::test]
async fn a_malformed_composite_is_refused_as_a_whole() -> Result {
    let org = Org::start().await?;
    let case = |id: &str| case_subrequest(id, &json!({}));
    let query = |id: usize| {
        let url = "/services/data/v66.0/query?q=SELECT+Id+FROM+Case";
        json!({ "method": "GET", "url": url, "referenceId": format!("q{id}") })
    };
    let mut reserved = case("a");
    reserved["httpHeaders"] = json!({ "Authorization": "Bearer x" });
    for subrequests in [
        json!([case("a"), case("a")]),
        json!([case("not-valid")]),
        json!([reserved]),
        json!([{ "method": "GET" }]),
        (0..26).map(|id| case(&format!("r{id}"))).collect(),
        (0..6).map(query).collect(),
    ] {
        let answer = org.composite(true, subrequests).await?;
        assert_eq!(answer.status, 400);
        assert!(answer.body[0]["errorCode"].is_string());
    }
    assert_eq!(org.cases().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_composite_is_one_api_call() -> Result {
    let org = Org::start().await?;
    org.composite(true, escalation("key-1")).await?;
    assert_eq!(org.handle().counters(CLIENT_ID).api_calls, 1);
    Ok(())
}

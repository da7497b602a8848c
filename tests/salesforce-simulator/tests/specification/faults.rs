//! What goes wrong, on demand.

use std::time::Duration;

use reqwest::Method;
use salesforce_simulator::{EXTERNAL_ID_FIELD, Effect, Fault, Route};
use serde_json::{Value, json};

use crate::client::{CLIENT_ID, Org, Result, case_subrequest};

fn strike(org: &Org, route: Route, effect: Effect) {
    org.handle().add_fault(Fault::once(route, effect));
}

#[tokio::test]
async fn a_connection_dropped_before_the_commit_leaves_nothing() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::DropConnection { after_commit: false });
    assert!(org.insert_case(json!({})).await.is_err());
    assert_eq!(org.cases().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_connection_dropped_after_the_commit_leaves_the_case() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::Composite, Effect::DropConnection { after_commit: true });
    let case = case_subrequest("case", &json!({ EXTERNAL_ID_FIELD: "key-1" }));
    assert!(org.composite(true, json!([case])).await.is_err());
    assert_eq!(org.cases().len(), 1);
    assert_eq!(org.handle().requests(false).last().ok_or("it was received")?.status, None);
    Ok(())
}

#[tokio::test]
async fn a_late_commit_happens_when_it_is_released() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::CommitLate { after_ms: None });
    assert!(org.insert_case(json!({})).await.is_err());
    assert_eq!(org.cases().len(), 0);
    assert_eq!(org.handle().release(), 1);
    assert_eq!(org.cases().len(), 1);
    assert_eq!(org.handle().release(), 0);
    Ok(())
}

#[tokio::test]
async fn a_late_commit_happens_by_itself_after_its_time() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::CommitLate { after_ms: Some(10) });
    assert!(org.insert_case(json!({})).await.is_err());
    let committed = async {
        while org.cases().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), committed).await?;
    Ok(())
}

#[tokio::test]
async fn a_slow_call_is_carried_out_although_its_client_has_gone() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::Delay { before_ms: 100, after_ms: 0 });
    let request = org.request(Method::POST, "sobjects/Case").json(&json!({})).timeout(Duration::from_millis(20));
    assert!(request.send().await.is_err_and(|error| error.is_timeout()));
    let committed = async {
        while org.cases().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), committed).await?;
    Ok(())
}

#[tokio::test]
async fn an_outage_is_an_html_page() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::Query, Effect::unavailable());
    let answer = org.query("SELECT Id FROM Case").await?;
    assert_eq!(answer.status, 503);
    assert!(answer.body.as_str().is_some_and(|body| body.starts_with("<html>")));
    assert_eq!(org.query("SELECT Id FROM Case").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn an_unknown_exception_may_hide_a_commit() -> Result {
    let org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::unknown_exception_after_commit());
    let answer = org.insert_case(json!({})).await?;
    assert_eq!(answer.refusal(), (500, "UNKNOWN_EXCEPTION", Value::Null));
    assert_eq!(org.cases().len(), 1);
    Ok(())
}

#[tokio::test]
async fn both_request_limits_have_their_own_text() -> Result {
    let org = Org::start().await?;
    for (effect, text) in [(Effect::daily_limit(), "TotalRequests"), (Effect::concurrent_limit(), "ConcurrentRequests")]
    {
        strike(&org, Route::InsertCase, effect);
        let answer = org.insert_case(json!({})).await?;
        assert_eq!(answer.refusal(), (403, "REQUEST_LIMIT_EXCEEDED", Value::Null));
        assert!(answer.headers.contains_key("sforce-limit-info"));
        assert!(answer.body[0]["message"].as_str().is_some_and(|message| message.starts_with(text)));
    }
    Ok(())
}

#[tokio::test]
async fn a_session_may_expire_under_a_call() -> Result {
    let mut org = Org::start().await?;
    strike(&org, Route::InsertCase, Effect::ExpireSessions);
    assert_eq!(org.insert_case(json!({})).await?.refusal(), (401, "INVALID_SESSION_ID", Value::Null));
    org.log_in().await?;
    assert_eq!(org.insert_case(json!({})).await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_fault_strikes_only_its_org_and_route() -> Result {
    let org = Org::start().await?;
    org.handle()
        .add_fault(Fault { org: Some("other".into()), ..Fault::once(Route::InsertCase, Effect::unavailable()) });
    strike(&org, Route::Query, Effect::unavailable());
    assert_eq!(org.insert_case(json!({})).await?.status, 201);
    assert_eq!(org.handle().faults().len(), 2);
    org.handle().clear_faults();
    assert_eq!(org.query("SELECT Id FROM Case").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_token_endpoint_can_fail_too() -> Result {
    let org = Org::start().await?;
    let fault = Fault::once(Route::Token, Effect::DropConnection { after_commit: false });
    org.handle().add_fault(Fault { org: Some(CLIENT_ID.into()), ..fault });
    assert!(org.token(&[("client_id", CLIENT_ID)]).await.is_err());
    Ok(())
}

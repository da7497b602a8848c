//! The token endpoint, and what becomes of a session.

use chrono::TimeDelta;
use salesforce_simulator::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Effect, Fault, Route, TokenError};
use serde_json::json;

use crate::client::{Answer, CLIENT_ID, CLIENT_SECRET, Org, Result};

#[tokio::test]
async fn a_token_reply_has_only_texts_and_no_lifetime() -> Result {
    let org = Org::start().await?;
    let answer = org.token(&[("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.body.as_object().ok_or("the reply is an object")?;
    assert!(body.values().all(serde_json::Value::is_string));
    assert!(!body.contains_key("expires_in") && !body.contains_key("refresh_token"));
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["instance_url"], org.simulator.url());
    assert!(body["id"].as_str().is_some_and(|id| id.contains(&org.settings.organization_id)));
    let issued_at: i64 = body["issued_at"].as_str().unwrap_or_default().parse()?;
    assert!((org.handle().now().timestamp_millis() - issued_at).abs() < TimeDelta::minutes(1).num_milliseconds());
    Ok(())
}

#[tokio::test]
async fn the_credentials_may_be_in_a_basic_header() -> Result {
    let org = Org::start().await?;
    let request = org.http.post(format!("{}/services/oauth2/token", org.simulator.url()));
    let request = request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(&[("grant_type", "client_credentials")]);
    assert_eq!(request.send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn each_wrong_parameter_has_its_own_error() -> Result {
    let org = Org::start().await?;
    let wrong_id = org.token(&[("client_id", "x"), ("client_secret", CLIENT_SECRET)]).await?;
    let wrong_secret = org.token(&[("client_id", CLIENT_ID), ("client_secret", "x")]).await?;
    let no_id = org.token(&[]).await?;
    assert_eq!((wrong_id.status, &wrong_id.body["error"]), (400, &json!("invalid_client_id")));
    assert_eq!((wrong_secret.status, &wrong_secret.body["error"]), (400, &json!("invalid_client")));
    assert_eq!((no_id.status, &no_id.body["error"]), (400, &json!("invalid_request")));
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_not_a_form_has_no_grant_type() -> Result {
    let org = Org::start().await?;
    let request = org.http.post(format!("{}/services/oauth2/token", org.simulator.url()));
    let body = json!({ "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    let answer = Answer::of(request.json(&body).send().await?).await?;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("unsupported_grant_type")));
    Ok(())
}

#[tokio::test]
async fn the_hosts_for_people_give_no_tokens_in_this_flow() -> Result {
    let org = Org::start().await?;
    let form = [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    for host in ["login.salesforce.com", "test.salesforce.com"] {
        let request = org.http.post(format!("{}/services/oauth2/token", org.simulator.url())).header("Host", host);
        let answer = Answer::of(request.form(&form).send().await?).await?;
        assert_eq!(answer.body["error_description"], "request not supported on this domain");
    }
    Ok(())
}

#[tokio::test]
async fn every_documented_error_can_be_chosen() -> Result {
    let org = Org::start().await?;
    for (error, status, code, description) in [
        (TokenError::RequestNotSupportedOnThisDomain, 400, "invalid_grant", "request not supported on this domain"),
        (TokenError::NoClientCredentialsUser, 400, "invalid_grant", "no client credentials user enabled"),
        (TokenError::InvalidAppAccess, 400, "invalid_app_access", "user is not admin approved to access this app"),
        (TokenError::UnknownError, 400, "unknown_error", "retry your request"),
    ] {
        org.handle().add_fault(Fault::once(Route::Token, Effect::TokenError { error }));
        let answer = org.token(&[("client_id", CLIENT_ID)]).await?;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body, json!({ "error": code, "error_description": description }));
    }
    for (error, status) in [(TokenError::StayTuned, 420), (TokenError::Maintenance, 503)] {
        org.handle().add_fault(Fault::once(Route::Token, Effect::TokenError { error }));
        let answer = org.token(&[("client_id", CLIENT_ID)]).await?;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["content-type"], "text/html");
    }
    Ok(())
}

#[tokio::test]
async fn an_org_refuses_more_logins_than_its_hour_allows() -> Result {
    let org = Org::with(|settings| settings.login_limit = 2).await?;
    let credentials = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    assert_eq!(org.token(&credentials).await?.status, 200);
    let refused = org.token(&credentials).await?;
    assert_eq!((refused.status, &refused.body["error_description"]), (400, &json!("login rate exceeded")));
    assert_eq!(org.handle().counters(CLIENT_ID).logins, 2);
    org.handle().set_clock_offset(3_600);
    assert_eq!(org.token(&credentials).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_demo_org_exists_from_the_start() -> Result {
    let org = Org::start().await?;
    let answer = org.token(&[("client_id", DEMO_CLIENT_ID), ("client_secret", DEMO_CLIENT_SECRET)]).await?;
    assert_eq!(answer.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_instance_url_may_differ_from_the_host_that_gave_the_token() -> Result {
    let org = Org::with(|settings| settings.instance_url = Some("https://acme.my.salesforce.com".into())).await?;
    let answer = org.token(&[("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]).await?;
    assert_eq!(answer.body["instance_url"], "https://acme.my.salesforce.com");
    Ok(())
}

#[tokio::test]
async fn a_call_without_a_live_session_is_401() -> Result {
    let mut org = Org::start().await?;
    assert_eq!(org.get("limits").await?.status, 200);
    org.handle().expire_sessions(CLIENT_ID);
    let expired = org.get("limits").await?;
    assert_eq!((expired.status, &expired.body[0]["errorCode"]), (401, &json!("INVALID_SESSION_ID")));
    org.log_in().await?;
    assert_eq!(org.get("limits").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_session_without_the_scope_api_is_not_for_the_rest_api() -> Result {
    let org = Org::with(|settings| settings.scope = "id openid".into()).await?;
    assert_eq!(org.get("limits").await?.refusal().1, "INVALID_SESSION_ID");
    Ok(())
}

#[tokio::test]
async fn a_session_ends_by_the_simulators_clock() -> Result {
    let org = Org::with(|settings| settings.session_timeout_seconds = 900).await?;
    org.handle().set_clock_offset(901);
    assert_eq!(org.get("limits").await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn the_token_chooses_the_org() -> Result {
    let org = Org::start().await?;
    org.insert_case(json!({ "Subject": "Mine" })).await?;
    assert_eq!(org.cases().len(), 1);
    assert_eq!(org.handle().cases(DEMO_CLIENT_ID).len(), 0);
    let limits = format!("{}/services/data/v66.0/limits", org.simulator.url());
    assert_eq!(org.http.get(limits).bearer_auth("other").send().await?.status(), 401);
    Ok(())
}

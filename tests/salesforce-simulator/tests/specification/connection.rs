//! The HTTP that every call shares.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::client::{Answer, CLIENT_ID, Org, Result};

#[tokio::test]
async fn the_versions_need_no_session() -> Result {
    let org = Org::start().await?;
    let url = format!("{}/services/data", org.simulator.url());
    let answer = Answer::of(org.http.get(url).send().await?).await?;
    assert_eq!(answer.status, 200);
    let newest = answer.body.as_array().and_then(|versions| versions.last()).ok_or("there are versions")?;
    assert_eq!((&newest["version"], &newest["url"]), (&json!("68.0"), &json!("/services/data/v68.0")));
    Ok(())
}

#[tokio::test]
async fn versions_up_to_30_are_gone_and_unheard_of_ones_not_found() -> Result {
    let org = Org::start().await?;
    for (version, status) in [("v30.0", 410), ("v31.0", 401), ("v66.0", 401), ("v99.0", 404), ("66.0", 404)] {
        let url = format!("{}/services/data/{version}/limits", org.simulator.url());
        assert_eq!(org.http.get(url).send().await?.status(), status, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_resource_is_404_and_a_wrong_method_405() -> Result {
    let org = Org::start().await?;
    for path in ["nothing", "sobjects/Nothing__c/describe"] {
        assert_eq!(org.get(path).await?.refusal(), (404, "NOT_FOUND", Value::Null));
    }
    let put = Answer::of(org.request(Method::PUT, "sobjects/Case").json(&json!({})).send().await?).await?;
    assert_eq!(put.refusal(), (405, "METHOD_NOT_ALLOWED", Value::Null));
    for path in ["services/oauth2/token", "services/data"] {
        let request = org.http.delete(format!("{}/{path}", org.simulator.url()));
        assert_eq!(request.send().await?.status(), 405, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn every_reply_tells_the_calls_used() -> Result {
    let org = Org::with(|settings| settings.daily_api_requests = 2).await?;
    for (path, status, usage) in [("limits", 200, "api-usage=1/2"), ("nothing", 404, "api-usage=2/2")] {
        let answer = org.get(path).await?;
        assert_eq!((answer.status, &answer.headers["sforce-limit-info"]), (status, &usage.parse()?));
    }
    let over = org.get("limits").await?;
    assert_eq!(over.refusal(), (403, "REQUEST_LIMIT_EXCEEDED", Value::Null));
    assert_eq!(org.handle().counters(CLIENT_ID).api_calls, 2);
    Ok(())
}

#[tokio::test]
async fn a_uri_of_more_than_16_384_bytes_is_too_long() -> Result {
    let org = Org::start().await?;
    assert_eq!(org.get(&format!("query?q={}", "x".repeat(16_384))).await?.status, 414);
    Ok(())
}

#[tokio::test]
async fn limits_show_what_is_left() -> Result {
    let org = Org::with(|settings| settings.daily_api_requests = 10).await?;
    assert_eq!(org.get("limits").await?.body["DailyApiRequests"], json!({ "Max": 10, "Remaining": 9 }));
    Ok(())
}

#[tokio::test]
async fn bodies_may_be_compressed_both_ways() -> Result {
    let org = Org::start().await?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"Subject":"Compressed"}"#)?;
    let request = org.request(Method::POST, "sobjects/Case").header("Content-Encoding", "gzip");
    let request = request.header("Content-Type", "application/json").body(encoder.finish()?);
    assert_eq!(request.send().await?.status(), 201);
    assert_eq!(org.cases()[0]["Subject"], "Compressed");

    let plain = Client::builder().no_gzip().timeout(std::time::Duration::from_secs(20)).build()?;
    let url = format!("{}/services/data", org.simulator.url());
    let response = plain.get(&url).header("Accept-Encoding", "gzip").send().await?;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    GzDecoder::new(&response.bytes().await?[..]).read_to_string(&mut text)?;
    assert!(text.starts_with('['));
    assert!(!plain.get(url).send().await?.headers().contains_key("content-encoding"));
    Ok(())
}

#[tokio::test]
async fn a_stopped_simulator_refuses_connections() -> Result {
    let org = Org::start().await?;
    let url = format!("{}/services/data", org.simulator.url());
    org.simulator.stop().await;
    assert!(org.http.get(url).send().await.is_err_and(|error| error.is_connect() || error.is_request()));
    Ok(())
}

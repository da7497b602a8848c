//! The API behaves as a regional REST API of API Gateway with Lambda proxy integrations.

#![cfg(test)]

mod support;

use std::time::Duration;

use local::{Options, Stack};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use support::{Fixture, start};

fn client() -> Client {
    Client::builder().timeout(Duration::from_secs(30)).build().unwrap()
}

async fn send(fixture: &Fixture, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Response {
    let url = format!("{}{path}", fixture.stack.api_url());
    client().request(method, url).body(body).send().await.unwrap()
}

async fn get(fixture: &Fixture, path: &str) -> Response {
    send(fixture, Method::GET, path, "").await
}

/// Lets the function answer with this response in the proxy format.
async fn respond(fixture: &Fixture, response: Value) -> Response {
    send(fixture, Method::POST, "/v1/things/1?do=respond", response.to_string()).await
}

async fn answer(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_request_becomes_an_event_of_format_1() {
    let fixture = start().await.unwrap();
    let url = format!("{}/v1/things/a%20b?x=1&x=2&y=%C3%A9", fixture.stack.api_url());
    let request = client().post(url).header("x-twice", "1").header("x-twice", "2").body("{\"text\":\"שלום\"}");
    let event: Value = request.send().await.unwrap().json().await.unwrap();
    let expected = json!({
        "resource": "/v1/things/{thingId}", "path": "/v1/things/a%20b", "httpMethod": "POST",
        "queryStringParameters": { "x": "2", "y": "é" },
        "multiValueQueryStringParameters": { "x": ["1", "2"], "y": ["é"] },
        "pathParameters": { "thingId": "a%20b" }, "body": "{\"text\":\"שלום\"}", "isBase64Encoded": false,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(event[member], *value, "{member}");
    }
    assert_eq!(event["headers"]["x-twice"], "2");
    assert_eq!(event["multiValueHeaders"]["x-twice"], json!(["1", "2"]));
    let context = &event["requestContext"];
    assert_eq!(context["stage"], "local");
    assert_eq!(context["path"], "/v1/things/a%20b");
    assert_eq!(context["identity"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["requestId"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_request_without_query_and_body_has_null_for_them() {
    let fixture = start().await.unwrap();
    let event: Value = get(&fixture, "/v1/things/all").await.json().await.unwrap();
    for member in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"] {
        assert_eq!(event[member], Value::Null, "{member}");
    }
    assert_eq!(event["resource"], "/v1/things/all");
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_same_resource_and_is_told() {
    let fixture = start().await.unwrap();
    let event: Value = get(&fixture, "/v1/things/all/").await.json().await.unwrap();
    assert_eq!((&event["resource"], &event["path"]), (&json!("/v1/things/all"), &json!("/v1/things/all/")));
    assert_eq!(event["requestContext"]["path"], "/v1/things/all/");
}

/// The event's body and whether it is in base64, for bytes that are no text.
async fn bytes_of_type(fixture: &Fixture, content_type: &str) -> (Value, Value) {
    let url = format!("{}/v1/things/1", fixture.stack.api_url());
    let request = client().post(url).header("content-type", content_type).body(vec![0xff, b'a']);
    let event: Value = request.send().await.unwrap().json().await.unwrap();
    (event["body"].clone(), event["isBase64Encoded"].clone())
}

#[tokio::test]
async fn a_body_of_a_binary_media_type_travels_in_base64_and_of_another_what_is_no_text_is_lost() {
    let fixture = start().await.unwrap();
    for binary in ["multipart/form-data; boundary=x", "Multipart/Form-Data"] {
        assert_eq!(bytes_of_type(&fixture, binary).await, (json!("/2E="), json!(true)), "{binary}");
    }
    assert_eq!(bytes_of_type(&fixture, "image/png").await, (json!("\u{fffd}a"), json!(false)));
}

#[tokio::test]
async fn an_unknown_path_or_method_is_403() {
    let fixture = start().await.unwrap();
    for (method, path) in [(Method::GET, "/v1/nothing"), (Method::DELETE, "/v1/things/1"), (Method::GET, "/")] {
        let response = send(&fixture, method, path, "").await;
        assert_eq!(answer(response).await, (403, json!({ "message": "Missing Authentication Token" })), "{path}");
    }
}

#[tokio::test]
async fn a_body_over_10_mb_is_413_and_so_is_one_that_lambda_does_not_take() {
    let fixture = start().await.unwrap();
    for bytes in [local::MAXIMUM_REQUEST_BYTES + 1, local::MAXIMUM_PAYLOAD_BYTES] {
        let response = send(&fixture, Method::POST, "/v1/things/1", vec![b'x'; bytes]).await;
        assert_eq!(answer(response).await, (413, json!({ "message": "Request Too Long" })), "{bytes}");
    }
}

#[tokio::test]
async fn a_body_of_4_mib_arrives() {
    let fixture = start().await.unwrap();
    let body = json!({ "statusCode": 200, "body": "x".repeat(4 * 1024 * 1024 - 100) });
    assert_eq!(respond(&fixture, body).await.bytes().await.unwrap().len(), 4 * 1024 * 1024 - 100);
}

#[tokio::test]
async fn a_response_has_the_functions_status_headers_and_body() {
    let fixture = start().await.unwrap();
    let response = respond(
        &fixture,
        json!({
            "statusCode": 418, "headers": { "location": "/here", "retry-after": 7 },
            "multiValueHeaders": { "set-cookie": ["a=1", "b=2"] }, "body": "tea",
        }),
    )
    .await;
    assert_eq!(response.status(), 418);
    assert_eq!(response.headers()["location"], "/here");
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(response.text().await.unwrap(), "tea");
}

#[tokio::test]
async fn a_response_in_base64_is_decoded() {
    let fixture = start().await.unwrap();
    let response = respond(&fixture, json!({ "statusCode": 200, "body": "//4=", "isBase64Encoded": true })).await;
    assert_eq!(response.bytes().await.unwrap().as_ref(), [0xff, 0xfe]);
}

#[tokio::test]
async fn an_error_of_the_function_and_a_reply_of_another_format_are_502() {
    let fixture = start().await.unwrap();
    let refused = (502, json!({ "message": "Internal server error" }));
    assert_eq!(answer(get(&fixture, "/v1/things/1?do=fail").await).await, refused);
    assert_eq!(answer(respond(&fixture, json!({ "body": "no status" })).await).await, refused);
}

#[tokio::test]
async fn a_function_that_times_out_is_502() {
    let fixture = start().await.unwrap();
    let response = get(&fixture, "/v1/hasty?do=wait&file=/nowhere").await;
    assert_eq!(answer(response).await, (502, json!({ "message": "Internal server error" })));
}

#[tokio::test]
async fn an_integration_that_takes_too_long_is_504_and_the_function_runs_on() {
    let folder = tempfile::tempdir().unwrap();
    let options = support::options(folder.path()).unwrap();
    let stack = Stack::start(Options { integration_timeout: Duration::from_millis(100), ..options }).await.unwrap();
    let fixture = Fixture { stack, folder };
    let file = fixture.folder.path().join("go");
    let response = get(&fixture, &format!("/v1/things/1?do=wait&file={}", file.display())).await;
    assert_eq!(answer(response).await, (504, json!({ "message": "Endpoint request timed out" })));
    assert_eq!(fixture.stack.lambda().invocations()[0].outcome, local::Outcome::Pending);
    std::fs::write(file, "").unwrap();
    fixture.stack.lambda().settled().await;
    assert_eq!(fixture.stack.lambda().invocations()[0].outcome, local::Outcome::Succeeded);
}

#[tokio::test]
async fn a_streamed_response_arrives_part_by_part() {
    let fixture = start().await.unwrap();
    let file = fixture.folder.path().join("go");
    let mut response = get(&fixture, &format!("/v1/stream?file={}", file.display())).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    std::fs::write(file, "").unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "second");
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_whose_function_dies_breaks_off() {
    let fixture = start().await.unwrap();
    let file = fixture.folder.path().join("go");
    let mut response = get(&fixture, &format!("/v1/stream?do=exit&file={}", file.display())).await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    std::fs::write(file, "").unwrap();
    response.chunk().await.unwrap_err();
}

#[tokio::test]
async fn a_stream_is_cut_off_when_the_integration_s_time_is_up() {
    let fixture = start().await.unwrap();
    let mut response = get(&fixture, "/v1/brief?file=/nowhere").await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_function_that_streams_and_a_route_that_does_not_or_the_reverse_are_502() {
    let fixture = start().await.unwrap();
    for path in ["/v1/buffered?file=/nowhere", "/v1/streamed"] {
        let response = get(&fixture, path).await;
        assert_eq!(answer(response).await, (502, json!({ "message": "Internal server error" })), "{path}");
    }
}

/// The fixture with these `GatewayResponses`, and with little time for integrations.
async fn with_gateway_responses(responses: &str) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let options = support::options(folder.path()).unwrap();
    let template =
        options.template.replace("BinaryMediaTypes:", &format!("GatewayResponses: {responses}, BinaryMediaTypes:"));
    let integration_timeout = Duration::from_secs(2);
    let stack = Stack::start(Options { template, integration_timeout, ..options }).await.unwrap();
    Fixture { stack, folder }
}

/// A gateway response as a template has it.
fn gateway_response(status: u16, retry_after: u8) -> Value {
    json!({
        "StatusCode": status.to_string(),
        "ResponseParameters": {
            "Headers": { "Content-Type": "'application/problem+json'", "Retry-After": format!("'{retry_after}'") },
        },
        "ResponseTemplates": { "application/json": json!({ "status": status }).to_string() },
    })
}

#[tokio::test]
async fn the_template_s_responses_answer_for_what_has_none_from_its_function_the_nearest_first() {
    let responses = json!({
        "DEFAULT_4XX": gateway_response(404, 1), "DEFAULT_5XX": gateway_response(503, 2),
        "INTEGRATION_TIMEOUT": gateway_response(503, 3),
    });
    let fixture = with_gateway_responses(&responses.to_string()).await;
    let slow = format!("/v1/things/1?do=wait&file={}", fixture.folder.path().join("go").display());
    let expected = [("/v1/nothing", 404, "1"), ("/v1/things/1?do=fail", 503, "2"), (&slow, 503, "3")];
    for (path, status, retry_after) in expected {
        let response = get(&fixture, path).await;
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        assert_eq!(response.headers()["retry-after"], retry_after, "{path}");
        assert_eq!(answer(response).await, (status, json!({ "status": status })), "{path}");
    }
}

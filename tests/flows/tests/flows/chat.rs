//! What a browser loads and asks for: the chat's script, and the page that shows it.

use anyhow::Context as _;
use flows::{Answer, System};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use salesforce_simulator::Role;
use serde_json::json;
use shared::digest::sha256_hex;

/// A browser's request, without a key or a token.
async fn get(system: &System, path: &str, header: Option<(&str, &str)>) -> anyhow::Result<Response> {
    let request = system.request_without_key(Method::GET, path);
    header.into_iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What the page's form sends.
async fn ask(system: &System, organisation: &str) -> anyhow::Result<Answer> {
    let form = json!({ "name": "Ada", "question": "It flickers", "language": "de", "organisation": organisation });
    flows::send(system.request_without_key(Method::POST, "/chat/escalations").json(&form)).await
}

#[tokio::test]
async fn any_page_may_load_the_script_through_the_api_and_keep_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let script = get(&system, "/chat.js", Some(("origin", "https://shop.example"))).await?;
    let headers = script.headers().clone();
    assert_eq!(script.status(), 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=300"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(text(&headers, name), value, "{name}");
    }
    let body = script.text().await?;
    assert!(body.contains(r#"customElements.define("fullview-chat""#));
    assert!(
        text(&headers, "etag").len() > 2 && sha256_hex(&body).starts_with(text(&headers, "etag").trim_matches('"'))
    );
    let again = get(&system, "/chat.js", Some(("if-none-match", text(&headers, "etag")))).await?;
    assert_eq!((again.status().as_u16(), text(again.headers(), "etag")), (304, text(&headers, "etag")));
    assert_eq!(again.text().await?, "");
    assert_eq!(get(&system, "/chat.js.map", None).await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn the_page_may_load_only_itself_and_the_agent_s_console() -> anyhow::Result<()> {
    let system = System::start().await?;
    let page = get(&system, "/chat/", None).await?;
    let policy = text(page.headers(), "content-security-policy").to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"),
        "{policy}"
    );
    let console = format!("{}/console/", system.stack.simulator().url());
    assert!(policy.contains(&format!("frame-src {};", system.stack.simulator().url())), "{policy}");
    let body = page.text().await?;
    assert!(body.contains(&console) && !body.contains(local::PLATFORM_KEY), "{body}");
    for (path, content_type) in [("page.js", "text/javascript"), ("page.css", "text/css")] {
        assert!(body.contains(&format!("/chat/{path}")));
        let part = get(&system, &format!("/chat/{path}"), None).await?;
        assert!(text(part.headers(), "content-type").starts_with(content_type));
        assert!(!part.text().await?.contains(local::PLATFORM_KEY));
    }
    assert!(get(&system, "/chat", None).await?.url().path().ends_with("/chat/"));
    Ok(())
}

#[tokio::test]
async fn a_question_on_the_page_becomes_a_conversation_that_waits_for_a_person() -> anyhow::Result<()> {
    let system = System::start().await?;
    for _ in 0..2 {
        let asked = ask(&system, "open").await?.expect_status(200)?.body;
        let member = |name: &str| asked[name].as_str().map(str::to_owned).context("a member is missing");
        let (id, organisation) = (member("escalationId")?, member("organisationId")?);
        system.settle().await;
        let escalation = system.escalation(&organisation, &id).await?;
        assert_eq!((&escalation["status"], &escalation["decision"]["route"]), (&json!("waiting"), &json!("messaging")));
        let conversation = system.conversation(&organisation, &id)?;
        assert_eq!(conversation.routing_attributes["CustomerName"], "Ada");
        assert!(conversation.texts_of(Role::EndUser)[0].contains("It flickers"));
        let chat = system.chat(&id, &member("conversationToken")?);
        chat.end().await?.expect_status(204)?;
    }
    let settings = flows::send(system.request(Method::GET, "/v1/organisations/demo-chat/settings")).await?.body;
    assert_eq!(settings["rescue"], json!({ "longestWaitMinutes": 20 }));
    Ok(())
}

#[tokio::test]
async fn a_question_out_of_hours_becomes_a_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    let asked = ask(&system, "closed").await?.expect_status(200)?.body;
    system.settle().await;
    let member = |name: &str| asked[name].as_str().unwrap_or_default();
    let escalation = system.escalation(member("organisationId"), member("escalationId")).await?;
    assert_eq!((&escalation["status"], &escalation["reason"]), (&json!("caseCreated"), &json!("outsideBusinessHours")));
    assert_eq!(asked.as_object().map(serde_json::Map::len), Some(3), "{asked}");
    Ok(())
}

#[tokio::test]
async fn a_question_to_nobody_is_refused_and_makes_nothing() -> anyhow::Result<()> {
    let system = System::start().await?;
    let request = system.request_without_key(Method::POST, "/chat/escalations");
    let answer = request.json(&json!({ "name": "Ada", "organisation": "open" })).send().await?;
    assert_eq!(answer.status(), 422);
    assert!(system.salesforce().org("demo-chat").is_none());
    Ok(())
}

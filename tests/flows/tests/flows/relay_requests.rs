//! What the customer's chat may ask for, and when it is refused.

use flows::{Chat, System, conversation};
use reqwest::{Method, Response};
use salesforce_simulator::{Role, Script};
use serde_json::json;

async fn live() -> anyhow::Result<System> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    Ok(system)
}

async fn open(system: &System) -> anyhow::Result<Chat<'_>> {
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    Ok(chat)
}

/// A request from a page, without a token.
async fn from_a_page(system: &System, method: Method, path: &str) -> anyhow::Result<Response> {
    system.request_without_key(method, path).header("origin", "https://shop.example").send().await
}

#[tokio::test]
async fn a_repeated_message_is_the_first_one_and_another_text_under_its_id_is_refused() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    let first = chat.say("m1", "Hello").await?.expect_status(202)?;
    assert_eq!(chat.say("m1", "Hello").await?.expect_status(202)?.body, first.body);
    chat.say("m1", "Something else").await?.expect_problem(409, "messageIdReused")?;
    let file = ("a.txt", "text/plain");
    let first = chat.send_file("f1", file, b"one".to_vec()).await?.expect_status(202)?;
    assert_eq!(chat.send_file("f1", file, b"one".to_vec()).await?.expect_status(202)?.body, first.body);
    chat.send_file("f1", file, b"two".to_vec()).await?.expect_problem(409, "messageIdReused")?;
    chat.send_file("m1", file, b"one".to_vec()).await?.expect_problem(409, "messageIdReused")?;
    assert_eq!(system.conversation("acme", &chat.id)?.texts_of(Role::EndUser)[1..], ["Hello", ""]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn only_the_conversation_s_own_token_opens_it() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    let other = system.open_chat("acme", &conversation("other")).await?;
    for token in [other.token.as_str(), "wrong", ""] {
        let intruder = system.chat(&chat.id, token);
        for answer in [intruder.say("m1", "Hello").await?, intruder.typing(true).await?, intruder.end().await?] {
            let answer = answer.expect_problem(401, "unauthenticated")?;
            assert_eq!(answer.header("access-control-allow-origin"), "*");
        }
        assert_eq!(intruder.events(None).await?.status(), 401);
        assert_eq!(intruder.request(Method::GET, "files/f1").send().await?.status(), 401);
    }
    let unknown = system.chat("3b9d2c9e-9a53-4f4b-8d8f-0d9f6a0f8f10", &chat.token);
    unknown.say("m1", "Hello").await?.expect_problem(401, "unauthenticated")?;
    system.settle().await;
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_token_is_valid_until_24_hours_after_the_end() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    chat.end().await?.expect_status(204)?;
    system.nothing_is_left_open_or_doubled("acme").await?;
    system.pass_time(24 * 3600 - 600);
    assert_eq!(chat.connect(None).await?.end().await?.data, json!({ "by": "customer" }));
    system.pass_time(600 + 60);
    assert_eq!(chat.events(None).await?.status(), 401);
    Ok(())
}

#[tokio::test]
async fn any_page_may_ask_for_a_conversation_and_for_nothing_else() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    for path in ["events", "files/f1", "messages", "files", "typing", "read", "end"] {
        let answer = from_a_page(&system, Method::OPTIONS, &format!("/v1/conversations/{}/{path}", chat.id)).await?;
        assert_eq!(answer.status(), 204, "{path}");
        let headers = ["origin", "methods", "headers"]
            .map(|name| answer.headers()[format!("access-control-allow-{name}")].to_str().unwrap_or_default());
        assert_eq!(headers, ["*", "GET, POST", "authorization, content-type, last-event-id"], "{path}");
    }
    let answer = from_a_page(&system, Method::OPTIONS, "/v1/organisations/acme/escalations").await?;
    assert!(!answer.status().is_success());
    assert!(!answer.headers().contains_key("access-control-allow-methods"));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn what_is_not_valid_is_named() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    let post = async |path: &str, body: &str| {
        let request = chat.request(Method::POST, path).header("content-type", "application/json").body(body.to_owned());
        flows::send(request).await
    };
    post("messages", "{").await?.expect_problem(400, "malformedJson")?;
    for (path, body, pointers) in [
        ("messages", json!({}), &["/id", "/text"][..]),
        ("messages", json!({ "id": "a/b", "text": " " }), &["/id", "/text"]),
        ("messages", json!({ "id": "a", "text": "x".repeat(4_001) }), &["/text"]),
        ("typing", json!({ "typing": "yes" }), &["/typing"]),
        ("read", json!({ "messageId": 7 }), &["/messageId"]),
    ] {
        let answer = post(path, &body.to_string()).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(answer.pointers(), pointers, "{path} {body}");
    }
    chat.say("longest", &"x".repeat(4_000)).await?.expect_status(202)?;
    assert_eq!(chat.request(Method::GET, "files/unknown").send().await?.status(), 404);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn a_file_is_refused_if_it_is_too_large_broken_or_of_a_type_that_runs_in_a_browser() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    let file = |bytes: usize| (0..=u8::MAX).cycle().take(bytes).collect();
    chat.send_file("f1", ("a.pdf", "application/pdf"), file(4_000_000)).await?.expect_status(202)?;
    for bytes in [4_000_001, 5_000_000, 11_000_000] {
        let answer = chat.send_file("f2", ("a.pdf", "application/pdf"), file(bytes)).await?;
        answer.expect_problem(413, "bodyTooLarge")?;
    }
    chat.send_file("f2", ("a.html", "text/html"), b"<p>".to_vec()).await?.expect_problem(415, "fileTypeNotAllowed")?;
    let upload = async |body: &'static str| {
        let request = chat.request(Method::POST, "files").header("content-type", "multipart/form-data; boundary=x");
        flows::send(request.body(body)).await?.expect_problem(400, "invalidRequest")
    };
    for (body, pointer) in [
        ("--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nf3", ""),
        ("--x--\r\n", "/id"),
        ("--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nf3\r\n--x--\r\n", "/file"),
    ] {
        assert_eq!(upload(body).await?.pointers(), [pointer], "{body}");
    }
    let arrived = system.conversation("acme", &chat.id)?;
    let arrived = arrived.messages().filter(|entry| entry.payload.to_string().contains("a.pdf")).count();
    assert_eq!(arrived, 1);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn the_61st_message_of_a_minute_is_refused_until_the_minute_is_over() -> anyhow::Result<()> {
    let system = live().await?;
    let chat = open(&system).await?;
    for number in 0..60 {
        chat.say(&format!("m{number}"), &format!("message {number}")).await?.expect_status(202)?;
    }
    let refused = chat.say("m60", "one too many").await?.expect_problem(429, "tooManyMessages")?;
    let seconds: i64 = refused.header("retry-after").parse()?;
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(refused.header("access-control-expose-headers"), "retry-after", "a page of another origin may read it");
    chat.say("m0", "message 0").await?.expect_status(202)?;
    system.pass_time(seconds);
    chat.say("m60", "one too many").await?.expect_status(202)?;
    system.pass_minutes(5).await;
    let conversation = system.conversation("acme", &chat.id)?;
    let expected: Vec<_> = (0..60).map(|number| format!("message {number}")).chain(["one too many".into()]).collect();
    assert_eq!(
        conversation.texts_of(Role::EndUser)[1..],
        expected,
        "all arrive, although Salesforce takes 22 a minute"
    );
    system.nothing_is_left_open_or_doubled("acme").await
}

/// What the chat may do no more.
async fn is_over(chat: &Chat<'_>) -> anyhow::Result<()> {
    let file = ("a.txt", "text/plain");
    let answers = [
        chat.say("late", "Hello?").await?,
        chat.send_file("late", file, b"x".to_vec()).await?,
        chat.typing(true).await?,
        chat.read("m1").await?,
    ];
    for answer in answers {
        answer.expect_problem(409, "conversationEnded")?;
    }
    Ok(())
}

#[tokio::test]
async fn the_customer_s_end_before_the_conversation_was_started_opens_none() -> anyhow::Result<()> {
    for function in ["business-hours-router", "messaging-session-start"] {
        let system = live().await?;
        system.stack.lambda().lose_events(Some(function), 1);
        let chat = open(&system).await?;
        chat.end().await?.expect_status(204)?;
        is_over(&chat).await?;
        chat.end().await?.expect_problem(409, "conversationEnded")?;
        assert_eq!(chat.connect(None).await?.end().await?.data, json!({ "by": "customer" }), "{function}");
        system.pass_minutes(3).await;
        assert_eq!(system.salesforce().conversations("acme").len(), 0, "{function}");
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_customer_s_end_of_a_live_conversation_closes_it() -> anyhow::Result<()> {
    for script in [Script::default(), Script::agent_joins("Grace Hopper")] {
        let system = live().await?;
        system.salesforce().set_script("acme", script);
        let chat = open(&system).await?;
        chat.end().await?.expect_status(204)?;
        is_over(&chat).await?;
        system.settle().await;
        assert!(!system.conversation("acme", &chat.id)?.is_open);
        let escalation = system.escalation("acme", &chat.id).await?;
        assert_eq!([&escalation["status"], &escalation["by"]], ["ended", "customer"]);
        system.nothing_is_left_open_or_doubled("acme").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_customer_s_end_does_not_keep_a_case_that_was_chosen_from_being_made() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(Some("case-creation"), 1);
    let chat = open(&system).await?;
    assert_eq!(system.escalation("acme", &chat.id).await?["status"], "creatingCase");
    is_over(&chat).await?;
    chat.end().await?.expect_status(204)?;
    system.recover_until("acme", &chat.id, "caseCreated").await?;
    let last = chat.connect(None).await?.end().await?;
    assert_eq!((last.name.as_str(), &last.data["by"]), ("case", &json!("us")));
    is_over(&chat).await?;
    chat.end().await?.expect_problem(409, "conversationEnded")?;
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn what_the_customer_says_before_a_case_is_chosen_is_in_the_case() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(Some("business-hours-router"), 1);
    let chat = open(&system).await?;
    chat.say("m1", "It has stopped for good.").await?.expect_status(202)?;
    system.recover_until("acme", &chat.id, "caseCreated").await?;
    let case = system.salesforce().cases("acme").remove(0);
    let description = case["Description"].as_str().unwrap_or_default();
    assert_eq!(description.matches("It has stopped for good.").count(), 1, "{description}");
    Ok(())
}

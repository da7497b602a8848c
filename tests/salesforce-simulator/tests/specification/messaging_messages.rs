//! What a customer sends and reads in a conversation.

use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use salesforce_simulator::{AcknowledgementType, DEVELOPER_NAME, EndedBy, Entry, RepeatedMessage, Role};
use serde_json::{Value, json};

use crate::{
    client::{Answer, CLIENT_ID, Result},
    guest::{CONVERSATION, Guest, id, message, on, text},
};

fn file(message: &Value, name: &str, bytes: Vec<u8>) -> Result<Form> {
    let entry = Part::text(message.to_string()).mime_str("application/json")?;
    Ok(Form::new()
        .part("messageEntry", entry)
        .part("fileData", Part::bytes(bytes).file_name(name.to_owned()).mime_str("text/plain")?))
}

fn file_message() -> Value {
    json!({ "message": { "id": id(1), "fileId": id(2), "text": "see" }, "esDeveloperName": DEVELOPER_NAME })
}

async fn send_file(guest: &Guest, form: Form) -> Result<StatusCode> {
    Ok(guest.request(Method::POST, &on("file")).multipart(form).send().await?.status())
}

#[tokio::test]
async fn a_message_is_202_and_an_entry_of_its_id() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let answer = guest.say(&id(1), "hello").await?;
    assert_eq!((answer.status, &answer.body["conversationEntries"][0]["id"]), (202, &json!(id(1))));
    let entry = &guest.entries("").await?[0];
    assert_eq!(
        (text(entry), &entry["identifier"], &entry["sender"]["role"]),
        ("hello", &json!(id(1)), &json!("EndUser"))
    );
    Ok(())
}

#[tokio::test]
async fn a_message_must_be_exact() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    for (pointer, value) in [
        ("/message/id", json!("00000000-0000-5000-8000-00000000000A")),
        ("/message/id", json!("m1")),
        ("/message/messageType", json!("Text")),
        ("/message/staticContent/formatType", json!("Attachments")),
        ("/message/staticContent/text", json!("")),
        ("/message/staticContent/text", json!("x".repeat(4_097))),
        ("/message/staticContent", json!({ "formatType": "Text", "text": "x", "html": "x" })),
        ("/esDeveloperName", json!("Another")),
    ] {
        let mut body = message("00000000-0000-5000-8000-00000000000a", "hello");
        *body.pointer_mut(pointer).ok_or("the member exists")? = value;
        assert_eq!(guest.post(&on("message"), &body).await?.status, 400, "{pointer}");
    }
    let mut unknown = message(&id(1), "hello");
    unknown["conversationId"] = json!(CONVERSATION);
    assert_eq!(guest.post(&on("message"), &unknown).await?.status, 400);
    assert_eq!(guest.conversation()?.messages().count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_repeated_message_doubles_unless_chosen_otherwise() -> Result {
    for (behaviour, status, messages) in
        [(RepeatedMessage::Doubles, 202, 2), (RepeatedMessage::Ignored, 202, 1), (RepeatedMessage::Conflict, 409, 1)]
    {
        let guest = Guest::uncertain(|uncertain| uncertain.repeated_message = behaviour).await?;
        guest.create().await?;
        guest.say(&id(1), "hello").await?;
        assert_eq!(guest.say(&id(1), "hello").await?.status, status, "{behaviour:?}");
        let conversation = guest.conversation()?;
        assert_eq!(conversation.messages().count(), messages, "{behaviour:?}");
        assert_eq!(conversation.messages().filter(|entry| entry.identifier == id(1)).count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_url_at_an_end_splits_a_message_and_the_first_part_has_its_id() -> Result {
    for (split, formats) in [(true, vec!["Text", "RichLink"]), (false, vec!["Text"])] {
        let guest = Guest::uncertain(|uncertain| uncertain.split_urls = split).await?;
        guest.create().await?;
        guest.say(&id(1), "look at https://example.com").await?;
        let conversation = guest.conversation()?;
        let format = |entry: &Entry| entry.payload.pointer("/abstractMessage/staticContent/formatType").cloned();
        assert_eq!(conversation.messages().filter_map(format).collect::<Vec<_>>(), formats);
        let texts = if split { vec!["look at", "https://example.com"] } else { vec!["look at https://example.com"] };
        assert_eq!(conversation.texts_of(Role::EndUser), texts);
        assert_eq!(conversation.messages().next().ok_or("a message")?.identifier, id(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_conversation_takes_22_messages_in_a_minute() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    for number in 1..=22 {
        assert_eq!(guest.say(&id(number), "hello").await?.status, 202);
    }
    assert_eq!(guest.say(&id(23), "hello").await?.status, 429);
    guest.handle().set_clock_offset(61);
    assert_eq!(guest.say(&id(23), "hello").await?.status, 202);
    Ok(())
}

#[tokio::test]
async fn tokens_and_renewals_are_limited_in_a_minute() -> Result {
    let guest = Guest::with(|org| (org.tokens_per_minute, org.continuations_per_minute) = (2, 1)).await?;
    assert_eq!(guest.ask_for_token(&guest.token_request()).await?.status, 200);
    assert_eq!(guest.ask_for_token(&guest.token_request()).await?.status, 429);
    assert_eq!(guest.renew_token().await?.status, 200);
    assert_eq!(guest.renew_token().await?.status, 429);
    guest.handle().set_clock_offset(61);
    assert_eq!(guest.ask_for_token(&guest.token_request()).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn entries_are_paged_filtered_and_newest_first() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    for (number, text) in (1..).zip(["one", "two", "three"]) {
        guest.handle().set_clock_offset(i64::from(number) * 10);
        guest.say(&id(number), text).await?;
    }
    let texts = async |query: &str| -> Result<Vec<String>> {
        let entries = guest.entries(&format!("?entryTypeFilter=Message{query}")).await?;
        Ok(entries.iter().map(|entry| text(entry).to_owned()).collect())
    };
    assert_eq!(texts("").await?, ["three", "two", "one"]);
    assert_eq!(texts("&limit=2").await?, ["three", "two"]);
    assert_eq!(texts("&limit=2&direction=FromStart").await?, ["one", "two"]);
    let second = guest.conversation()?.messages().nth(1).ok_or("a message")?.at.timestamp_millis();
    assert_eq!(texts(&format!("&startTimestamp={second}")).await?, ["three", "two"]);
    assert_eq!(texts(&format!("&endTimestamp={second}")).await?, ["two", "one"]);
    for query in ["?limit=0", "?limit=51", "?direction=Up", "?entryTypeFilter=Text", "?startTimestamp=x", "?page=2"] {
        assert_eq!(guest.get(&on(&format!("entries{query}"))).await?.status, 400, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn entries_may_come_in_another_form() -> Result {
    let guest = Guest::uncertain(|uncertain| {
        (uncertain.entries_oldest_first, uncertain.listed_payload_as_text) = (true, true);
        (uncertain.session_in_related_records, uncertain.entries_lag_ms) = (false, 60_000);
    })
    .await?;
    guest.create().await?;
    guest.say(&id(1), "hello").await?;
    assert_eq!(guest.entries("").await?.len(), 0);
    guest.handle().set_clock_offset(61);
    let entries = guest.entries("").await?;
    assert_eq!(
        (&entries[0]["entryType"], &entries[2]["entryType"]),
        (&json!("SessionStatusChanged"), &json!("Message"))
    );
    assert!(entries[2]["entryPayload"].is_string());
    assert_eq!(entries[2]["relatedRecords"], json!([]));
    Ok(())
}

#[tokio::test]
async fn the_entries_of_a_closed_conversation_may_be_hidden() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.entries_hidden_after_close = true).await?;
    guest.create().await?;
    guest.close().await?;
    assert_eq!(guest.get(&on("entries")).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_customers_file_is_an_attachment_that_can_be_downloaded() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    assert_eq!(send_file(&guest, file(&file_message(), "a.txt", b"words".to_vec())?).await?, 202);
    let entry = &guest.entries("").await?[0];
    let content = &entry["entryPayload"]["abstractMessage"]["staticContent"];
    let attachment = &content["attachments"][0];
    assert_eq!((&entry["identifier"], &content["text"]), (&json!(id(1)), &json!("see")));
    assert_eq!(
        (&attachment["id"], &attachment["name"], &attachment["mimeType"]),
        (&json!(id(2)), &json!("a.txt"), &json!("text/plain"))
    );
    let url = attachment["url"].as_str().ok_or("a URL")?;
    assert_eq!(guest.http.get(url).send().await?.text().await?, "words");
    Ok(())
}

#[tokio::test]
async fn a_file_must_be_of_an_allowed_size_type_and_form() -> Result {
    let guest = Guest::with(|org| org.max_file_bytes = 5).await?;
    guest.create().await?;
    let send = async |message: &Value, name: &str, bytes: &[u8]| -> Result<StatusCode> {
        send_file(&guest, file(message, name, bytes.to_vec())?).await
    };
    assert_eq!(send(&file_message(), "a.txt", b"123456").await?, 413);
    assert_eq!(send(&file_message(), "a.exe", b"1").await?, 415);
    assert_eq!(send(&file_message(), "a", b"1").await?, 415);
    let mut wrong = file_message();
    wrong["message"]["fileId"] = json!("f1");
    assert_eq!(send(&wrong, "a.txt", b"1").await?, 400);
    let renamed = Form::new().part("entry", Part::text("{}").mime_str("application/json")?);
    assert_eq!(send_file(&guest, renamed).await?, 400);
    assert_eq!(guest.post(&on("file"), &file_message()).await?.status, 415);
    assert_eq!(guest.conversation()?.messages().count(), 0);
    Ok(())
}

#[tokio::test]
async fn an_agents_file_may_need_the_guests_token() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.attachments_need_token = true).await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().agent_sends_file(CLIENT_ID, CONVERSATION, ("b.pdf", "application/pdf"), vec![0, 255])?;
    let entry = &guest.entries("").await?[0];
    let url = entry.pointer("/entryPayload/abstractMessage/staticContent/attachments/0/url");
    let url = url.and_then(Value::as_str).ok_or("a URL")?;
    assert_eq!(guest.http.get(url).send().await?.status(), 401);
    let response = guest.http.get(url).bearer_auth(&guest.token).send().await?;
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert_eq!(response.bytes().await?[..], [0, 255]);
    Ok(())
}

#[tokio::test]
async fn typing_is_taken_for_what_it_is() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    for (entry_type, typing) in [("TypingStartedIndicator", true), ("TypingStoppedIndicator", false)] {
        let answer = guest.post(&on("entry"), &json!({ "entryType": entry_type, "id": id(1) })).await?;
        assert_eq!((answer.status, guest.conversation()?.end_user_typing), (200, typing));
    }
    assert_eq!(guest.post(&on("entry"), &json!({ "entryType": "Message", "id": id(1) })).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn receipts_name_entries_that_exist() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.acknowledgement_status = 204).await?;
    guest.create().await?;
    let entry = guest.entries("").await?[0]["identifier"].clone();
    let receipt =
        |entry: &Value| json!({ "acks": [{ "id": id(1), "entryType": "Read", "conversationEntryId": entry }] });
    assert_eq!(guest.post(&on("acknowledge-entries"), &receipt(&entry)).await?.status, 204);
    assert_eq!(guest.conversation()?.acknowledgements[0].entry_type, AcknowledgementType::Read);
    assert_eq!(guest.post(&on("acknowledge-entries"), &receipt(&json!("x"))).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn a_transcript_holds_what_was_said() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.say(&id(1), "hello").await?;
    let transcript = guest.get(&on(&format!("transcript?esDeveloperName={DEVELOPER_NAME}"))).await?;
    assert_eq!(transcript.body, "Guest: hello\n");
    Ok(())
}

#[tokio::test]
async fn an_agent_gone_silently_leaves_no_trace() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    let before = guest.entries("").await?;
    guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::System, false)?;
    assert_eq!(guest.entries("").await?, before);
    assert_eq!(guest.conversation()?.texts_of(Role::EndUser).len(), 0);
    let answer: Answer = guest.say(&id(1), "hello").await?;
    assert_eq!(answer.status, 417);
    Ok(())
}

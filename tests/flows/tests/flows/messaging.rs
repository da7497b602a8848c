//! An escalation becomes a live conversation, whose agent and flow are told all that they need.

use flows::{System, conversation, details, events, long_conversation, with};
use salesforce_simulator::{Conversation, Role, Script};
use serde_json::{Value, json};

#[tokio::test]
async fn an_agent_who_accepts_makes_it_active() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::agent_joins("Grace Hopper")).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    assert_eq!(system.escalation("acme", &id).await?["status"], "waiting");
    let active = system.recover_until("acme", &id, "active").await?;
    assert_eq!(events(&active), ["accepted", "routed", "messagingStarted", "contextSent", "agentJoined"]);
    let opened = system.conversation("acme", &id)?;
    assert_eq!((opened.creates, opened.language.as_deref()), (1, Some("en_US")));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn nobody_who_answers_makes_a_case_after_the_longest_wait() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    system.pass_minutes(19).await;
    assert_eq!(system.escalation("acme", &id).await?["status"], "waiting", "the longest wait is 20 minutes");
    let done = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!((&done["reason"], &done["by"]), (&json!("longestWait"), &json!("us")), "{done}");
    assert!(!system.conversation("acme", &id)?.is_open, "it is closed before the Case is made");
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn the_agent_reads_the_summary_first_and_then_the_whole_conversation_in_one_message() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("short")).await?;
    let opened = system.conversation("acme", &id)?;
    let [text] = opened.texts_of(Role::EndUser)[..] else { anyhow::bail!("not one message: {opened:?}") };
    let places = ["The export of invoices fails.", "Ada Lovelace", "The export stops at 80 percent."];
    assert!(places.map(|part| text.find(part)).is_sorted_by(|one, next| one.is_some() && one < next), "{text}");
    assert_eq!(details(&system.escalation("acme", &id).await?, "contextSent"), ["1 message"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

/// The customer's texts and files, after a start with a conversation that two messages do not hold.
async fn long_context(system: &System) -> anyhow::Result<(Conversation, Value)> {
    let id = system.start_live("acme", &long_conversation("long", 300, 300)).await?;
    let escalation = system.escalation("acme", &id).await?;
    assert_eq!(escalation["status"], "waiting", "{escalation}");
    let opened = system.conversation("acme", &id)?;
    for text in opened.texts_of(Role::EndUser) {
        assert!(text.encode_utf16().count() < 4_000, "{}", text.len());
    }
    system.nothing_is_left_open_or_doubled("acme").await?;
    Ok((opened, escalation))
}

#[tokio::test]
async fn a_long_conversation_is_two_messages_below_the_limit_and_a_file_between_them() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let (opened, escalation) = long_context(&system).await?;
    let contents: Vec<_> = opened.messages().map(|entry| &entry.payload["abstractMessage"]["staticContent"]).collect();
    let file = format!("Transcript-{}.txt", opened.id);
    assert_eq!(contents.len(), 3, "{contents:?}");
    assert_eq!(contents[1]["attachments"][0]["name"], json!(file));
    let last = contents[2]["text"].as_str().unwrap_or_default();
    assert!(last.contains(&format!("The whole conversation is in the file {file}.")), "{last}");
    assert_eq!(details(&escalation, "contextSent"), ["2 messages and the transcript file"]);
    Ok(())
}

#[tokio::test]
async fn a_channel_that_takes_no_file_leaves_the_whole_conversation_with_us_and_says_so() -> anyhow::Result<()> {
    for (status, is_too_large) in [(413, true), (415, false)] {
        let system = System::start().await?;
        system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
        system.salesforce().change_messaging("acme", |messaging| {
            if is_too_large {
                messaging.max_file_bytes = 1_000;
            } else {
                messaging.file_types = vec!["pdf".into()];
            }
        });
        let (opened, escalation) = long_context(&system).await?;
        let requests = system.salesforce().requests(false);
        assert_eq!(requests.iter().filter(|request| request.status == Some(status)).count(), 1);
        let texts = opened.texts_of(Role::EndUser);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[1].contains(&format!("kept by Fullview under {}", opened.id)), "{}", texts[1]);
        assert_eq!(details(&escalation, "contextSent"), ["2 messages, cut; the channel took no file"]);
    }
    Ok(())
}

#[tokio::test]
async fn the_flow_gets_the_mapped_attributes_as_they_are_spelled_and_not_the_absent_ones() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let rows = [("plan", "Plan"), ("seats", "seats"), ("email", "CustomerEmail"), ("notes", "Notes"), ("gone", "Gone")];
    system
        .update_settings("acme", |settings| {
            let rows = rows.map(|(attribute, value)| json!({ "attribute": attribute, "value": value }));
            settings["routingAttributes"] = json!(rows);
        })
        .await?;
    system.salesforce().change_messaging("acme", |messaging| {
        messaging.hidden_pre_chat_fields =
            ["FullviewEscalationId", "Plan", "Seats", "CustomerEmail", "Notes", "Gone"].map(Into::into).to_vec();
    });
    let body = with(conversation("mapped"), "/customer/properties/notes", json!("é".repeat(300)));
    let id = system.start_live("acme", &body).await?;
    let opened = system.conversation("acme", &id)?;
    let expected = json!({
        "FullviewEscalationId": id, "Plan": "enterprise", "CustomerEmail": "ada@example.com", "Notes": "é".repeat(255),
    });
    assert_eq!(json!(opened.routing_attributes), expected);
    assert_eq!(json!(opened.dropped_routing_attributes), json!({ "seats": "12" }), "Salesforce knows `Seats`");
    let escalation = system.escalation("acme", &id).await?;
    assert_eq!(details(&escalation, "degraded"), ["routing attribute Notes: cut to 255 characters"]);
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn the_escalation_s_id_goes_with_every_conversation() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "omniChannelFlow", Script::default()).await?;
    let id = system.start_live("acme", &conversation("one")).await?;
    assert_eq!(json!(system.conversation("acme", &id)?.routing_attributes), json!({ "FullviewEscalationId": id }));
    system.nothing_is_left_open_or_doubled("acme").await
}

//! A conversation from its beginning to its end.

use reqwest::Method;
use salesforce_simulator::{
    AgentEnd, ChannelState, DEVELOPER_NAME, DeploymentType, DuplicateCreate, EndedBy, ErrorShape, MessagingOrg, Role,
    RoutingStatus, SessionStatus,
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, CLIENT_ID, Result},
    guest::{CONVERSATION, Guest, id, message, on, text},
};

#[tokio::test]
async fn a_token_is_a_jwt_of_a_new_guest() -> Result {
    let guest = Guest::start().await?;
    let claims = Guest::claims(&guest.token)?;
    assert_eq!(claims["orgId"], guest.org_id);
    assert_eq!(claims["capabilitiesVersion"], "1");
    let left = claims["exp"].as_i64().ok_or("a moment")? - guest.handle().now().timestamp();
    assert!((21_500..=21_600).contains(&left));
    assert_eq!(claims["sub"], guest.granted["context"]["endUser"]["subject"]);
    let config = &guest.granted["context"]["configuration"]["embeddedServiceConfig"];
    assert_eq!(config["deploymentType"], "api");
    assert_eq!(config["forms"][0]["formFields"][0]["name"], "FullviewEscalationId");
    assert_eq!(claims["channelAddId"], config["embeddedServiceMessagingChannel"]["channelAddressIdentifier"]);
    let other = guest.ask_for_token(&guest.token_request()).await?.body;
    assert_ne!(other["context"]["endUser"], guest.granted["context"]["endUser"]);
    Ok(())
}

#[tokio::test]
async fn a_token_request_must_be_exact() -> Result {
    let guest = Guest::start().await?;
    for (member, value) in [
        ("orgId", json!("00D00000000000")),
        ("orgId", json!("00D009999999999")),
        ("esDeveloperName", json!("Another")),
        ("capabilitiesVersion", json!("2")),
        ("capabilitiesVersion", json!(1)),
        ("platform", json!("Server")),
        ("platform", Value::Null),
        ("developerName", json!("v1")),
    ] {
        let mut request = guest.token_request();
        request[member] = value.clone();
        assert_eq!(guest.ask_for_token(&request).await?.status, 400, "{member} {value}");
    }
    Ok(())
}

#[tokio::test]
async fn only_a_published_deployment_of_type_api_gives_tokens() -> Result {
    type Change = fn(&mut MessagingOrg);
    let changes: [(Change, &str); 4] = [
        (|org| org.published = false, "not published"),
        (|org| org.deployment_type = DeploymentType::Web, "deploymentType"),
        (|org| org.channel = ChannelState::Inactive, "not active"),
        (|org| org.developer_name = "Another".into(), "esDeveloperName"),
    ];
    for (change, word) in changes {
        let guest = Guest::with(change).await?;
        let refused = guest.ask_for_token(&guest.token_request()).await?;
        assert_eq!(refused.status, 400);
        assert!(refused.body["message"].as_str().is_some_and(|message| message.contains(word)), "{}", refused.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_reply_tells_of_the_queue_position_only_if_the_org_is_said_to() -> Result {
    for told in [None, Some(true), Some(false)] {
        let guest = Guest::with(|org| org.told_queue_position = told).await?;
        let channel =
            &guest.granted["context"]["configuration"]["embeddedServiceConfig"]["embeddedServiceMessagingChannel"];
        assert_eq!(channel["isQueuePositionEnabled"].as_bool(), told);
    }
    Ok(())
}

#[tokio::test]
async fn a_create_is_201_without_a_body_and_opens_a_waiting_session() -> Result {
    let guest = Guest::start().await?;
    let answer = guest.create_with(json!({ "language": "en_US", "routingAttributes": null })).await?;
    assert_eq!((answer.status, answer.body), (201, json!("")));
    let conversation = guest.conversation()?;
    assert_eq!((conversation.session_status(), conversation.is_open), (SessionStatus::Waiting, true));
    assert!(conversation.session_id().starts_with("0Mw"));
    assert_eq!(guest.routing_status().await?, "INITIAL");
    Ok(())
}

#[tokio::test]
async fn only_attributes_that_the_deployment_knows_reach_the_flow() -> Result {
    let guest = Guest::with(|org| org.hidden_pre_chat_fields = vec!["Plan".into(), "Long".into()]).await?;
    let attributes = json!({ "Plan": "pro", "plan": "pro", "Long": "x".repeat(256) });
    assert_eq!(guest.create_with(json!({ "routingAttributes": attributes })).await?.status, 201);
    let conversation = guest.conversation()?;
    assert_eq!(conversation.routing_attributes.into_iter().collect::<Vec<_>>(), [("Plan".into(), "pro".into())]);
    assert_eq!(conversation.dropped_routing_attributes.into_keys().collect::<Vec<_>>(), ["Long", "plan"]);
    Ok(())
}

#[tokio::test]
async fn a_create_must_be_exact() -> Result {
    let guest = Guest::start().await?;
    for members in [
        json!({ "conversationId": CONVERSATION.to_uppercase() }),
        json!({ "conversationId": id(1) }),
        json!({ "conversationId": "conversation" }),
        json!({ "esDeveloperName": "Another" }),
        json!({ "routingAttributes": { "Seats": 12 } }),
        json!({ "subject": "unknown member" }),
    ] {
        assert_eq!(guest.create_with(members.clone()).await?.status, 400, "{members}");
    }
    let plain = guest.request(Method::POST, "conversation").body("{}");
    assert_eq!(plain.send().await?.status(), 415);
    assert_eq!(guest.handle().conversations(CLIENT_ID), []);
    Ok(())
}

#[tokio::test]
async fn a_language_may_be_required() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.language_required = true).await?;
    assert_eq!(guest.create().await?.status, 400);
    assert_eq!(guest.create_with(json!({ "language": "en_US" })).await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_second_create_is_a_conflict_or_not() -> Result {
    for (behaviour, status, sessions) in
        [(DuplicateCreate::Conflict, 409, 1), (DuplicateCreate::Created, 201, 1), (DuplicateCreate::NewSession, 201, 2)]
    {
        let guest = Guest::uncertain(|uncertain| uncertain.duplicate_create = behaviour).await?;
        guest.create().await?;
        assert_eq!(guest.create().await?.status, status, "{behaviour:?}");
        let conversation = guest.conversation()?;
        assert_eq!((conversation.creates, conversation.sessions.len()), (2, sessions));
    }
    Ok(())
}

#[tokio::test]
async fn nothing_works_without_a_valid_token_or_on_the_conversation_of_another() -> Result {
    let mut guest = Guest::start().await?;
    guest.create().await?;
    let own = std::mem::replace(&mut guest.token, "wrong".into());
    assert_eq!(guest.get(&on("entries")).await?.status, 401);
    let other = guest.ask_for_token(&guest.token_request()).await?.body;
    guest.token = other["accessToken"].as_str().ok_or("a token")?.into();
    assert_eq!(guest.get(&on("entries")).await?.status, 404);
    assert_eq!(guest.say(&id(1), "hello").await?.status, 404);
    guest.token = own;
    guest.handle().expire_tokens(CLIENT_ID);
    assert_eq!(guest.say(&id(1), "hello").await?.status, 401);
    assert_eq!(guest.renew_token().await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn a_token_ends_with_its_lifetime() -> Result {
    let guest = Guest::with(|org| org.token_lifetime_seconds = 3_600).await?;
    guest.handle().set_clock_offset(3_500);
    assert_eq!(guest.create().await?.status, 201);
    guest.handle().set_clock_offset(3_600);
    assert_eq!(guest.create().await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn a_renewed_token_is_of_the_same_guest_and_another_client() -> Result {
    let mut guest = Guest::start().await?;
    guest.create().await?;
    let old = Guest::claims(&guest.token)?;
    guest.handle().set_clock_offset(600);
    let renewed = guest.renew_token().await?;
    assert_eq!(guest.get(&on("entries")).await?.status, 200);
    guest.token = renewed.body["accessToken"].as_str().ok_or("a token")?.into();
    let new = Guest::claims(&guest.token)?;
    assert_eq!(old["sub"], new["sub"]);
    assert_ne!(old["clientId"], new["clientId"]);
    assert!(old["exp"].as_i64() < new["exp"].as_i64());
    assert_eq!(guest.say(&id(1), "hello").await?.status, 202);
    Ok(())
}

#[tokio::test]
async fn a_renewal_may_keep_the_old_end_and_end_the_old_token() -> Result {
    let guest = Guest::uncertain(|uncertain| {
        (uncertain.continuation_keeps_expiry, uncertain.continuation_ends_old_token) = (true, true);
    })
    .await?;
    guest.handle().set_clock_offset(600);
    let renewed = guest.renew_token().await?.body;
    let (old, new) = (Guest::claims(&guest.token)?, Guest::claims(renewed["accessToken"].as_str().ok_or("a token")?)?);
    assert_eq!(old["exp"], new["exp"]);
    assert_eq!(guest.renew_token().await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn an_agent_joins_speaks_and_leaves_for_the_queue() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().agent_says(CLIENT_ID, CONVERSATION, "How can I help?")?;
    assert_eq!(guest.routing_status().await?, "ROUTED");
    let entries = guest.entries("?entryTypeFilter=Message").await?;
    assert_eq!((text(&entries[0]), &entries[0]["sender"]["role"]), ("How can I help?", &json!("Agent")));
    assert_eq!(entries[0]["relatedRecords"], json!([guest.conversation()?.session_id()]));
    assert_eq!(guest.conversation()?.agents(), ["Grace"]);
    guest.handle().leave_agent(CLIENT_ID, CONVERSATION, true)?;
    let conversation = guest.conversation()?;
    assert_eq!((conversation.agents().len(), conversation.session_status()), (0, SessionStatus::Waiting));
    assert_eq!(guest.routing_status().await?, "TRANSFER");
    Ok(())
}

#[tokio::test]
async fn an_agent_who_is_not_there_says_nothing() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.handle().agent_says(CLIENT_ID, CONVERSATION, "hello")?;
    assert_eq!(guest.conversation()?.messages().count(), 0);
    assert!(guest.handle().agent_says(CLIENT_ID, "another", "hello").is_err());
    Ok(())
}

#[tokio::test]
async fn an_agents_end_is_told_in_the_way_that_is_chosen() -> Result {
    for (behaviour, removals, ends) in [
        (AgentEnd::ParticipantAndStatus, 1, 1),
        (AgentEnd::ParticipantOnly, 1, 0),
        (AgentEnd::StatusOnly, 0, 1),
        (AgentEnd::Silent, 0, 0),
    ] {
        let guest = Guest::uncertain(|uncertain| uncertain.agent_end = behaviour).await?;
        guest.create().await?;
        guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
        guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::Agent, true)?;
        let entries = guest.entries("").await?;
        let holds = |text: &str| entries.iter().filter(|entry| entry.to_string().contains(text)).count();
        let told = (holds(r#""operation":"remove""#), holds(r#""sessionStatus":"Ended""#));
        assert_eq!(told, (removals, ends), "{behaviour:?}");
        assert_eq!(guest.routing_status().await?, "NEEDS_ROUTING");
        assert_eq!(guest.conversation()?.ended_by(), Some(EndedBy::Agent));
    }
    Ok(())
}

#[tokio::test]
async fn a_close_ends_everything_but_reading() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    guest.say(&id(1), "hello").await?;
    let answer = guest.close().await?;
    assert_eq!((answer.status, answer.body), (204, json!("")));
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    let conversation = guest.conversation()?;
    assert_eq!((conversation.is_open, conversation.agents().len()), (false, 0));
    assert_eq!(conversation.ended_by(), Some(EndedBy::EndUser));
    assert_eq!(guest.say(&id(2), "hello").await?.status, 404);
    assert_eq!(guest.close().await?.status, 404);
    let entries = guest.entries("").await?;
    assert_eq!(entries[0]["entryType"], "CloseConversation");
    assert_eq!(entries[1]["entryPayload"]["sessionEndedByRole"], "EndUser");
    Ok(())
}

#[tokio::test]
async fn a_close_has_no_body_and_names_the_deployment() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let path = format!("conversation/{CONVERSATION}");
    assert_eq!(guest.delete(&path).await?.status, 400);
    assert_eq!(guest.delete(&format!("{path}?esDeveloperName=Another")).await?.status, 400);
    let with_body = guest.request(Method::DELETE, &format!("{path}?esDeveloperName={DEVELOPER_NAME}"));
    assert_eq!(with_body.json(&json!({})).send().await?.status(), 400);
    assert_eq!(guest.post(&format!("{path}/close"), &json!({})).await?.status, 404);
    assert!(guest.conversation()?.is_open);
    Ok(())
}

#[tokio::test]
async fn an_ended_session_leaves_the_conversation_open() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let answer = guest.delete(&on(&format!("session?esDeveloperName={DEVELOPER_NAME}"))).await?;
    assert_eq!(answer.status, 204);
    let conversation = guest.conversation()?;
    assert_eq!((conversation.is_open, conversation.session_status()), (true, SessionStatus::Ended));
    Ok(())
}

#[tokio::test]
async fn a_message_after_the_end_is_417_unless_pre_chat_is_once() -> Result {
    for (every_session, status, sessions) in [(true, 417, 1), (false, 202, 2)] {
        let guest = Guest::with(|org| org.pre_chat_every_session = every_session).await?;
        guest.create().await?;
        guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::System, true)?;
        assert_eq!(guest.say(&id(1), "hello").await?.status, status);
        assert_eq!(guest.conversation()?.sessions.len(), sessions);
        let mut again = message(&id(2), "hello");
        again["isNewMessagingSession"] = true.into();
        assert_eq!(guest.post(&on("message"), &again).await?.status, 202);
        assert_eq!(guest.conversation()?.sessions.len(), sessions + 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_conversation_of_the_guest_is_listed() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let listed = guest.get("conversation/list").await?.body;
    assert_eq!(
        (&listed["openConversationsFound"], &listed["conversations"][0]["conversationId"]),
        (&json!(1), &json!(CONVERSATION))
    );
    guest.close().await?;
    assert_eq!(guest.get("conversation/list").await?.body["conversations"], json!([]));
    let listed = guest.get("conversation/list?inclClosedConvs=true&limit=50").await?.body;
    assert_eq!(
        (&listed["closedConversationsFound"], listed["conversations"].as_array().map(Vec::len)),
        (&json!(1), Some(1))
    );
    assert_eq!(guest.get("conversation/list?limit=51").await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405() -> Result {
    let guest = Guest::start().await?;
    for path in ["conversations", "conversation/x/stream", "conversation/x/attachment"] {
        assert_eq!(guest.get(path).await?.status, 404, "{path}");
    }
    assert_eq!(guest.get("conversation").await?.status, 405);
    assert_eq!(guest.post(&on("entries"), &json!({})).await?.status, 405);
    Ok(())
}

#[tokio::test]
async fn a_refusal_has_the_shape_that_is_chosen() -> Result {
    let refusal = |answer: Answer| answer.body;
    for (shape, expected) in [
        (ErrorShape::Message, json!({ "message": "Not Found" })),
        (ErrorShape::Labelled, json!({ "error": "NOT_FOUND", "message": "Not Found", "code": 404 })),
        (ErrorShape::List, json!({ "errors": [{ "message": "Not Found" }] })),
        (ErrorShape::Empty, json!("")),
    ] {
        let guest = Guest::uncertain(|uncertain| uncertain.error_body = shape).await?;
        assert_eq!(refusal(guest.get(&on("entries")).await?), expected, "{shape:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_routing_status_after_an_end_can_be_chosen() -> Result {
    let guest = Guest::uncertain(|uncertain| uncertain.routing_status_after_end = RoutingStatus::Routed).await?;
    guest.create().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::Agent, true)?;
    assert_eq!(guest.routing_status().await?, "ROUTED");
    assert_eq!(guest.conversation()?.texts_of(Role::Agent), [""; 0]);
    Ok(())
}

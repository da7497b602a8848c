//! The page for people, and what the control API does for it.

use std::{collections::BTreeSet, time::Duration};

use reqwest::{Response, header::HeaderMap};
use salesforce_simulator::{Acknowledgement, AcknowledgementType, Action, EndedBy, Role, WaitShown};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    client::{CLIENT_ID, Org, Result},
    guest::{CONVERSATION, Guest, id, on},
};

const PATIENCE: Duration = Duration::from_secs(10);
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*";

/// The event stream of the console.
struct Desk {
    response: Response,
    text: String,
}

impl Desk {
    async fn open(guest: &Guest, query: &str) -> Result<Self> {
        let url = format!("{}/control/desk?{query}", guest.simulator.url());
        let response = guest.http.get(url).send().await?;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { response, text: String::new() })
    }

    async fn next(&mut self) -> Result<Value> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let data = frame.lines().find_map(|line| line.strip_prefix("data: ")).ok_or("an event has data")?;
                let (desk, rest) = (serde_json::from_str(data)?, rest.to_owned());
                self.text = rest;
                return Ok(desk);
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await??.ok_or("the stream goes on")?;
            self.text.push_str(std::str::from_utf8(&chunk)?);
        }
    }

    /// Reads until the first conversation is as it should be.
    async fn until(&mut self, is_expected: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let desk = self.next().await?;
            if is_expected(&desk["conversations"][0]) {
                return Ok(desk);
            }
        }
    }
}

/// An org whose package is not configured, with a conversation that waits.
async fn waiting() -> Result<Guest> {
    let guest = Guest::start().await?;
    guest.create().await?;
    Ok(guest)
}

/// The same with an agent in it.
async fn active() -> Result<Guest> {
    let guest = waiting().await?;
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    Ok(guest)
}

fn url(guest: &Guest, path: &str) -> String {
    format!("{}/control/orgs/{CLIENT_ID}/{path}", guest.simulator.url())
}

/// Status and text of the answer to an action.
async fn act(guest: &Guest, action: Value) -> Result<(u16, String)> {
    let url = url(guest, &format!("conversations/{CONVERSATION}/actions"));
    let response = guest.http.post(url).json(&action).send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

/// Every file of the page that another names, with its headers and its text.
async fn page(org: &Org) -> Result<Vec<(HeaderMap, String)>> {
    let (mut known, mut open, mut files) = (BTreeSet::new(), vec![String::new()], Vec::new());
    while let Some(path) = open.pop() {
        let response = org.http.get(format!("{}/console/{path}", org.simulator.url())).send().await?;
        let (headers, text) = (response.error_for_status_ref()?.headers().clone(), response.text().await?);
        let named = text.split('"').filter(|word| !word.contains(char::is_whitespace));
        let named = named.map(|word| word.trim_start_matches("./"));
        let named = named.filter(|word| [".js", ".css"].iter().any(|end| word.ends_with(end)));
        open.extend(named.filter(|word| known.insert((*word).to_owned())).map(Into::into));
        files.push((headers, text));
    }
    Ok(files)
}

#[tokio::test]
async fn the_console_needs_nothing_from_elsewhere_and_sets_nothing_as_html() -> Result {
    let files = page(&Org::start().await?).await?;
    assert!(files.len() > 10);
    for (headers, text) in files {
        assert_eq!(headers["content-security-policy"], POLICY);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "http://", "https://"] {
            assert!(!text.contains(word), "{word}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_desk_shows_a_conversation_from_its_beginning_to_its_end() -> Result {
    let guest = Guest::with(|org| org.hidden_pre_chat_fields.push("Name".into())).await?;
    let mut desk = Desk::open(&guest, &format!("org={CLIENT_ID}&conversation={CONVERSATION}")).await?;
    let empty = desk.next().await?;
    assert_eq!((&empty["conversations"], &empty["conversation"]), (&json!([]), &Value::Null));
    guest.create_with(json!({ "routingAttributes": { "Name": "Ada", "Other": "x" } })).await?;
    guest.say(&id(1), "hello").await?;
    let shown = desk.until(|line| line["customerMessages"] == 1).await?;
    let line = &shown["conversations"][0];
    assert_eq!((&line["status"], &line["agents"], &line["undelivered"]), (&json!("Waiting"), &json!([]), &json!(1)));
    assert_eq!(line["routingAttributes"], json!({ "Name": "Ada" }));
    assert_eq!(line["lastWords"], json!({ "role": "EndUser", "author": "Guest", "text": "hello" }));
    assert_eq!(shown["conversation"], json!(guest.conversation()?));
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    desk.until(|line| line["status"] == "Active" && line["agents"] == json!(["Grace"])).await?;
    guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::Agent, false)?;
    desk.until(|line| line["status"] == "Ended" && line["endedBy"] == "agent" && line["isOpen"] == true).await?;
    guest.close().await?;
    desk.until(|line| line["isOpen"] == false).await?;
    Ok(())
}

#[tokio::test]
async fn the_desk_shows_the_org_with_the_newest_work_until_one_is_chosen() -> Result {
    let guest = Guest::start().await?;
    let orgs: Vec<_> = guest.handle().orgs().into_iter().map(|org| org.client_id).collect();
    let mut desk = Desk::open(&guest, "").await?;
    let first = desk.next().await?;
    assert_eq!((&first["org"], &first["orgs"]), (&json!(orgs[0]), &json!(orgs)));
    guest.create().await?;
    assert_eq!(desk.until(|line| line["id"] == CONVERSATION).await?["org"], CLIENT_ID);
    let mut chosen = Desk::open(&guest, &format!("org={}", orgs[0])).await?;
    assert_eq!(chosen.next().await?["conversations"], json!([]));
    let mut unknown = Desk::open(&guest, "org=later").await?;
    assert_eq!(unknown.next().await?["org"], "later");
    Ok(())
}

#[tokio::test]
async fn the_desk_tells_every_change_of_a_case_and_of_the_settings() -> Result {
    let guest = waiting().await?;
    let mut desk = Desk::open(&guest, &format!("org={CLIENT_ID}")).await?;
    let before = desk.next().await?;
    assert_eq!((&before["waitShown"], &before["callsBack"]), (&json!("both"), &json!(false)));
    guest.handle().make_flow_case(CLIENT_ID, CONVERSATION)?;
    let after = desk.next().await?;
    assert_ne!(before["casesVersion"], after["casesVersion"]);
    guest.handle().change_messaging(CLIENT_ID, |org| org.uncertain.wait_shown = WaitShown::QueuePosition);
    guest.handle().set_clock_offset(60);
    let mut changed = desk.next().await?;
    while changed["clockOffsetSeconds"] != 60 {
        changed = desk.next().await?;
    }
    assert_eq!(changed["waitShown"], "queuePosition");
    assert_eq!(changed["casesVersion"], after["casesVersion"]);
    Ok(())
}

#[tokio::test]
async fn only_one_agent_accepts_a_conversation() -> Result {
    let guest = waiting().await?;
    guest.handle().play(CLIENT_ID, CONVERSATION, Action::QueuePosition { position: 2 })?;
    assert_eq!(guest.conversation()?.queue_position, Some(2));
    let accepts = |name: &str| json!({ "kind": "agentAccepts", "name": name });
    assert_eq!(act(&guest, accepts("Grace")).await?.0, 204);
    let refused = (409, "An agent has the conversation already.".to_owned());
    assert_eq!(act(&guest, accepts("Alan")).await?, refused);
    guest.handle().play(CLIENT_ID, CONVERSATION, Action::AgentAccepts { name: "Alan".into() })?;
    let conversation = guest.conversation()?;
    assert_eq!((conversation.agents(), conversation.queue_position), (vec!["Grace"], None));
    let work = guest.entries("?entryTypeFilter=RoutingWorkResult&direction=FromStart").await?;
    let work: Vec<_> = work.iter().map(|entry| &entry["entryPayload"]["workType"]).collect();
    assert_eq!(work, ["Assigned", "Accepted"]);
    Ok(())
}

#[tokio::test]
async fn an_action_that_would_do_nothing_is_refused_with_the_reason() -> Result {
    let guest = waiting().await?;
    let deeds = [
        json!({ "kind": "agentSays", "text": "Hello" }),
        json!({ "kind": "agentTyping", "typing": true }),
        json!({ "kind": "agentLeaves", "requeue": true }),
        json!({ "kind": "agentSendsMessage", "message": {} }),
        json!({ "kind": "agentSendsFile", "name": "a.txt", "contentType": "text/plain", "content": "a" }),
    ];
    for deed in &deeds {
        assert_eq!(act(&guest, deed.clone()).await?, (409, "No agent is in the conversation.".to_owned()), "{deed}");
    }
    guest.handle().join_agent(CLIENT_ID, CONVERSATION, "Grace")?;
    guest.handle().end_session(CLIENT_ID, CONVERSATION, EndedBy::Agent, true)?;
    for deed in deeds.iter().chain(&[json!({ "kind": "agentAccepts", "name": "Grace" })]) {
        assert_eq!(act(&guest, deed.clone()).await?, (409, "The conversation is over.".to_owned()), "{deed}");
    }
    assert_eq!(guest.conversation()?.messages().count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_file_of_the_agent_keeps_its_bytes_and_is_no_page_of_the_simulator() -> Result {
    let guest = active().await?;
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let upload = |conversation: &str| {
        let url = url(&guest, &format!("conversations/{conversation}/files?name=%C3%BC%20%26.png"));
        guest.http.post(url).header("Content-Type", "image/png").body(bytes.clone()).send()
    };
    assert_eq!(upload(CONVERSATION).await?.status(), 204);
    assert_eq!(upload("another").await?.status(), 404);
    let conversation = guest.conversation()?;
    let sent = conversation.messages().next_back().ok_or("a message")?;
    let file = &sent.payload["abstractMessage"]["staticContent"]["attachments"][0];
    assert_eq!(
        (&sent.sender.name, &file["name"], &file["mimeType"]),
        (&"Grace".into(), &json!("ü &.png"), &json!("image/png"))
    );
    let path = format!("attachments/{}", file["id"].as_str().ok_or("an id")?);
    let shown = guest.http.get(url(&guest, &path)).send().await?;
    let headers = shown.headers().clone();
    assert_eq!(
        (&headers["content-type"], &headers["content-disposition"]),
        (&"image/png".parse()?, &"attachment".parse()?)
    );
    assert_eq!(
        (&headers["content-security-policy"], &headers["x-content-type-options"]),
        (&"sandbox".parse()?, &"nosniff".parse()?)
    );
    assert_eq!(shown.bytes().await?, bytes);
    assert_eq!(guest.http.get(url(&guest, "attachments/none")).send().await?.status(), 404);
    guest.handle().leave_agent(CLIENT_ID, CONVERSATION, false)?;
    assert_eq!(upload(CONVERSATION).await?.status(), 409);
    Ok(())
}

#[tokio::test]
async fn each_message_of_the_customer_is_acknowledged_once() -> Result {
    let guest = active().await?;
    let acknowledge = |read: bool| act(&guest, json!({ "kind": "agentAcknowledges", "read": read }));
    let told = || -> Result<Vec<_>> {
        let told = guest.conversation()?.agent_acknowledgements.into_iter();
        Ok(told
            .map(|Acknowledgement { entry_type, conversation_entry_id, .. }| (conversation_entry_id, entry_type))
            .collect())
    };
    let (delivered, read) = (AcknowledgementType::Delivery, AcknowledgementType::Read);
    guest.say(&id(1), "one").await?;
    guest.say(&id(2), "two").await?;
    for _ in 0..2 {
        assert_eq!(acknowledge(false).await?.0, 204);
        assert_eq!(told()?, [(id(1), delivered), (id(2), delivered)]);
    }
    guest.say(&id(3), "three").await?;
    assert_eq!(acknowledge(true).await?.0, 204);
    assert_eq!(told()?[2..], [(id(1), read), (id(2), read), (id(3), read)]);
    assert_eq!(acknowledge(false).await?.0, 204);
    assert_eq!(told()?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn the_agent_may_send_a_message_of_any_type() -> Result {
    let guest = active().await?;
    let choices = json!({ "formatType": "Buttons", "text": "Did that help?", "optionItems": [{ "titleItem": { "title": "Yes" } }] });
    let message = json!({ "messageType": "ChoicesMessage", "choices": choices });
    assert_eq!(act(&guest, json!({ "kind": "agentSendsMessage", "message": message })).await?.0, 204);
    let entry = &guest.entries("?entryTypeFilter=Message").await?[0];
    let sent = &entry["entryPayload"]["abstractMessage"];
    assert_eq!((&sent["choices"], &sent["id"]), (&choices, &entry["identifier"]));
    assert_eq!(entry["sender"]["role"], json!(Role::Agent));
    Ok(())
}

#[tokio::test]
async fn when_nobody_is_available_the_flow_makes_a_case() -> Result {
    let guest = waiting().await?;
    assert_eq!(act(&guest, json!({ "kind": "flowRefuses" })).await?.0, 204);
    assert_eq!(guest.handle().cases(CLIENT_ID).len(), 1);
    let failure = &guest.entries("?entryTypeFilter=RoutingResult").await?[0];
    assert_eq!(failure["entryPayload"]["failureType"], "RoutingError");
    Ok(())
}

#[tokio::test]
async fn it_is_known_when_the_customer_last_typed() -> Result {
    let guest = waiting().await?;
    for (kind, is_typing) in [("TypingStartedIndicator", true), ("TypingStoppedIndicator", false)] {
        let before = guest.handle().now();
        guest.post(&on("entry"), &json!({ "entryType": kind, "id": id(9) })).await?;
        let conversation = guest.conversation()?;
        assert_eq!(conversation.end_user_typing, is_typing);
        assert!(conversation.end_user_typing_at.is_some_and(|at| at >= before && at <= guest.handle().now()));
    }
    Ok(())
}

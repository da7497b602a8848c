//! What the customer is told does not depend on what is unsure about Salesforce; and who leaves is not the end.

use flows::{Chat, Connection, FLIPS, System, conversation, events};
use salesforce_simulator::{Action, EndedBy, Named, Role, Script, Uncertain};
use serde_json::{Value, json};

const GRACE: &str = "Grace Hopper";
const ALAN: &str = "Alan Turing";
const FILE: &[u8] = &[0, 159, 146, 150, 255];

async fn live(organisation: &str, system: &System, change: impl FnOnce(&mut Uncertain)) -> anyhow::Result<()> {
    system.live_organisation(organisation, "fullviewFlow", Script::default()).await?;
    system.salesforce().change_org(organisation, |org| org.users.extend([GRACE, ALAN].map(Named::new)));
    system.salesforce().change_messaging(organisation, |messaging| change(&mut messaging.uncertain));
    Ok(())
}

async fn talking(system: &System) -> anyhow::Result<(Chat<'_>, Connection)> {
    live("acme", system, |_| ()).await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    system.salesforce().join_agent("acme", &chat.id, GRACE)?;
    events.until_status("active").await?;
    Ok((chat, events))
}

fn play(system: &System, chat: &Chat<'_>, action: Action) -> anyhow::Result<()> {
    Ok(system.salesforce().play("acme", &chat.id, action)?)
}

/// From the queue through two agents to the end, with a text and a file each way; what the customer and the agent have of it.
async fn whole_chat(system: &System, organisation: &str, change: fn(&mut Uncertain)) -> anyhow::Result<Value> {
    live(organisation, system, change).await?;
    let salesforce = system.salesforce();
    let chat = system.open_chat(organisation, &conversation("one")).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("waiting").await?;
    salesforce.wait_for(|salesforce| (salesforce.streams(organisation) == 1).then_some(())).await?;
    salesforce.play(organisation, &chat.id, Action::QueuePosition { position: 2 })?;
    events.until("queue", |queue| queue["position"].is_number()).await?;
    salesforce.join_agent(organisation, &chat.id, GRACE)?;
    events.until_status("active").await?;
    chat.say("m1", "It fails at https://example.com/export").await?.expect_status(202)?;
    events.until_receipt("m1", "forwarded").await?;
    salesforce.play(organisation, &chat.id, Action::AgentAcknowledges { read: true })?;
    events.until_receipt("m1", "read").await?;
    chat.send_file("f1", ("log.txt", "text/plain"), FILE.to_vec()).await?.expect_status(202)?;
    events.until_receipt("f1", "forwarded").await?;
    salesforce.agent_sends_file(organisation, &chat.id, ("fix.bin", "application/pdf"), FILE)?;
    let file = events.until("file", |file| file["from"] == "agent").await?;
    anyhow::ensure!(chat.download(&file).await?.bytes().await? == FILE, "another file");
    salesforce.transfer(organisation, &chat.id, Some(ALAN))?;
    salesforce.agent_says(organisation, &chat.id, "https://example.com/help is your page")?;
    let said = events.until("message", |message| message["from"] == "agent").await?;
    chat.read(said.data["id"].as_str().unwrap_or_default()).await?.expect_status(204)?;
    salesforce.end_session(organisation, &chat.id, EndedBy::Agent, true)?;
    look_at_the_end(system, organisation, &chat).await?;
    events.end().await?;
    system.nothing_is_left_open_or_doubled(organisation).await?;
    Ok(told(&events))
}

/// A connection stays on the clock on which it began: after a jump, the looks that it would ask for are asked for here.
async fn look_at_the_end(system: &System, organisation: &str, chat: &Chat<'_>) -> anyhow::Result<()> {
    for seconds in [5, 15] {
        system.look_after(seconds, organisation, &chat.id).await?;
    }
    Ok(())
}

/// All that is replayed to any client, in order, without what differs by time.
fn told(events: &Connection) -> Value {
    let tell = |name: &str, data: &Value| match name {
        "message" => json!([data["from"], data["author"], data["text"]]),
        "file" => json!([data["from"], data["name"], data["size"]]),
        "agent" => json!([data["change"], data["name"]]),
        _ => json!([name, data["status"], data["by"]]),
    };
    let begun = |data: &Value| data["status"] == "received" || data["status"] == "startingMessaging";
    let numbered = events.numbered().into_iter().filter(|event| !begun(&event.data));
    numbered.map(|event| tell(&event.name, &event.data)).collect()
}

fn expected() -> Value {
    json!([
        ["status", "waiting", null],
        ["joined", GRACE],
        ["status", "active", null],
        ["customer", null, "It fails at https://example.com/export"],
        ["customer", "log.txt", FILE.len()],
        ["agent", "fix.bin", null],
        ["left", GRACE],
        ["joined", ALAN],
        ["agent", ALAN, "https://example.com/help is your page"],
        ["left", ALAN],
        ["status", "ended", null],
        ["ended", null, "agent"],
    ])
}

/// The switches whose number leaves this rest, so that the halves are tested side by side.
async fn is_told_the_same(half: usize) -> anyhow::Result<()> {
    let system = System::start().await?;
    let mut failures = Vec::new();
    for (number, (name, change)) in FLIPS.into_iter().enumerate().filter(|(number, _)| number % 2 == half) {
        let told = whole_chat(&system, &format!("org-{number}"), change).await;
        let mut told = told.unwrap_or_else(|error| json!(format!("{error:#}")));
        if let Some(events) = told.as_array_mut().filter(|_| name == "only the session's end is told") {
            events.insert(9, json!(["left", ALAN]));
        }
        if told != expected() {
            failures.push(format!("{name}: {told}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

#[tokio::test]
async fn whatever_is_unsure_about_salesforce_a_whole_chat_is_told_the_same() -> anyhow::Result<()> {
    is_told_the_same(0).await
}

#[tokio::test]
async fn whatever_else_is_unsure_about_salesforce_a_whole_chat_is_told_the_same() -> anyhow::Result<()> {
    is_told_the_same(1).await
}

#[tokio::test]
async fn one_of_two_agents_may_leave_and_the_other_goes_on() -> anyhow::Result<()> {
    let system = System::start().await?;
    let (chat, mut events) = talking(&system).await?;
    play(&system, &chat, Action::AgentJoins { name: ALAN.into() })?;
    play(&system, &chat, Action::OneAgentLeaves { name: GRACE.into() })?;
    events.until("agent", |agent| agent["change"] == "left").await?;
    for _ in 0..3 {
        assert_eq!(system.look_after(60, "acme", &chat.id).await?["status"], "active");
    }
    system.salesforce().agent_says("acme", &chat.id, "I am still here.")?;
    let said = events.until_text("I am still here.").await?;
    assert_eq!(said.data["author"], ALAN);
    system.salesforce().end_session("acme", &chat.id, EndedBy::Agent, true)?;
    look_at_the_end(&system, "acme", &chat).await?;
    assert_eq!(events.end().await?.data, json!({ "by": "agent" }));
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn rich_messages_are_readable_with_their_links_and_choices() -> anyhow::Result<()> {
    let system = System::start().await?;
    let (chat, mut events) = talking(&system).await?;
    let titled = |title: &str| json!({ "itemType": "TitleItem", "title": title });
    let option =
        |title: &str| json!({ "itemType": "TitleOptionItem", "titleItem": titled(title), "optionIdentifier": title });
    let link = json!({ "itemType": "TitleLinkItem", "titleItem": titled("Our prices"), "url": "https://a.example/" });
    let messages = [
        json!({ "messageType": "StaticContentMessage", "staticContent": { "formatType": "RichLink", "linkItem": link } }),
        json!({ "messageType": "ChoicesMessage",
                "choices": { "formatType": "Buttons", "text": "What is it?", "optionItems": [option("Order"), option("Bill")] } }),
        json!({ "messageType": "TomorrowsMessage", "content": { "mood": 7 } }),
    ];
    for message in messages {
        play(&system, &chat, Action::AgentSendsMessage { message })?;
    }
    let mut shown = Vec::new();
    for _ in 0..3 {
        let data = events.until("message", |message| message["from"] == "agent").await?.data;
        shown.push(json!([data["text"], data["links"], data["choices"]]));
    }
    assert_eq!(shown[0], json!(["", [{ "title": "Our prices", "url": "https://a.example/" }], []]));
    assert_eq!(shown[1], json!(["What is it?", [], [{ "label": "Order" }, { "label": "Bill" }]]));
    assert!(shown[2][0].as_str().is_some_and(|text| !text.is_empty()), "it says that it can't be shown: {}", shown[2]);
    chat.end().await?.expect_status(204)?;
    system.nothing_is_left_open_or_doubled("acme").await
}

#[tokio::test]
async fn between_the_rescue_and_the_close_a_message_is_refused_and_what_salesforce_still_takes_is_in_the_case()
-> anyhow::Result<()> {
    let system = System::start().await?;
    live("acme", &system, |_| ()).await?;
    let chat = system.open_chat("acme", &conversation("one")).await?;
    system.settle().await;
    chat.say("m1", "Is anybody there?").await?.expect_status(202)?;
    system.pass_time(20 * 60);
    system.stack.lambda().lose_events(Some("case-creation"), 1);
    assert_eq!(system.look_after(0, "acme", &chat.id).await?["status"], "creatingCase");
    chat.say("m2", "Too late").await?.expect_problem(409, "conversationEnded")?;
    play(&system, &chat, Action::AgentJoins { name: GRACE.into() })?;
    play(&system, &chat, Action::AgentSays { text: "Here I am!".into() })?;
    let done = system.recover_until("acme", &chat.id, "caseCreated").await?;
    assert!(!events(&done).contains(&"agentJoined"), "a late join is ignored: {done}");
    let description = system.salesforce().cases("acme").remove(0)["Description"].to_string();
    assert!(["Is anybody there?", "Here I am!"].iter().all(|text| description.contains(text)), "{description}");
    assert!(!description.contains("Too late"), "it was refused");
    assert_eq!(chat.connect(None).await?.end().await?.name, "case");
    assert_eq!(system.conversation("acme", &chat.id)?.texts_of(Role::EndUser).len(), 2);
    system.nothing_is_left_open_or_doubled("acme").await
}

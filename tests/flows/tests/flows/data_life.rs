//! How long what is stored about customers is kept.

use std::collections::{BTreeMap, BTreeSet};

use flows::{Chat, FUNCTIONS, System, conversation, long_conversation, send, with};
use local::Options;
use reqwest::Method;
use salesforce_simulator::{EndedBy, OrgSettings, Script};
use serde_json::{Value, json};
use shared::digest::sha256_hex;

const DAY: i64 = 24 * 3_600;

/// Whatever a customer or an agent says, and whatever is known of the customer, has this in it.
const WORD: &str = "planted";

/// By which an escalation is found without its id.
const MARKS: [&str; 3] = ["CONVERSATION", "CUSTOMER", "IDEMPOTENCY"];

/// A short escalation of the planted customer.
pub(crate) fn planted(name: &str) -> Value {
    let customer = json!({ "id": "cus_planted", "name": "Ada planted", "email": "planted@example.com", "phone": "+44 planted",
                           "properties": { "plan": "planted plan" } });
    let body = with(conversation(name), "/customer", customer);
    let body = with(body, "/summary", json!("planted summary"));
    with(body, "/conversation/messages/0/text", json!("A planted complaint."))
}

/// What may be left of an escalation of the planted customer: words, ids and digests.
pub(crate) fn signs(name: &str, id: &str) -> Vec<String> {
    vec![WORD.to_owned(), id.to_owned(), name.to_owned(), sha256_hex("cus_planted"), sha256_hex(name)]
}

fn kinds<'a>(kinds: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    kinds.into_iter().map(str::to_owned).collect()
}

/// What is kept of an escalation beside its marks.
fn all() -> BTreeSet<String> {
    kinds(["CONVERSATION_LOG", "ESCALATION", "FEED", "FILE", "TRANSCRIPT"].into_iter().chain(MARKS))
}

/// The customer and an agent talk, and the agent ends it; the close that follows is done.
pub(crate) async fn talk<'a>(system: &'a System, organisation: &str, name: &str) -> anyhow::Result<Chat<'a>> {
    let chat = system.open_chat(organisation, &planted(name)).await?;
    let mut events = chat.connect(None).await?;
    events.until_status("active").await?;
    chat.say("m1", "A planted question.").await?.expect_status(202)?;
    events.until_receipt("m1", "forwarded").await?;
    chat.send_file("f1", ("planted.txt", "text/plain"), b"A planted file.".to_vec()).await?.expect_status(202)?;
    events.until_receipt("f1", "forwarded").await?;
    system.salesforce().agent_says(organisation, &chat.id, "A planted answer.")?;
    events.until_text("A planted answer.").await?;
    system.salesforce().end_session(organisation, &chat.id, EndedBy::Agent, true)?;
    events.end().await?;
    system.settle().await;
    system.pass_minutes(2).await;
    Ok(chat)
}

/// The customer says and sends something before the escalation is routed, of which the router has not heard yet.
pub(crate) async fn speak<'a>(system: &'a System, organisation: &str, name: &str) -> anyhow::Result<Chat<'a>> {
    system.stack.lambda().lose_events(Some("business-hours-router"), 1);
    let chat = system.open_chat(organisation, &planted(name)).await?;
    chat.say("m1", "A planted question.").await?.expect_status(202)?;
    chat.send_file("f1", ("planted.txt", "text/plain"), b"A planted file.".to_vec()).await?.expect_status(202)?;
    Ok(chat)
}

/// Lets days pass; what has expired then is deleted by the table.
async fn pass_days(system: &System, days: i64) -> anyhow::Result<()> {
    system.pass_time(days * DAY);
    system.recover().await;
    system.stack.delete_expired()?;
    Ok(())
}

#[tokio::test]
async fn all_of_a_customer_is_kept_for_the_retention_and_nothing_after_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    let chat = talk(&system, "acme", "conversation-planted").await?;
    let signs = signs("conversation-planted", &chat.id);
    pass_days(&system, 89).await?;
    assert_eq!(system.kinds_holding(&signs).await?, all(), "after 89 days");
    pass_days(&system, 2).await?;
    assert_eq!(system.kinds_holding(&signs).await?, kinds(MARKS), "after 91 days");
    assert_eq!(system.kinds_holding(&[WORD.to_owned()]).await?, kinds([]), "marks are digests");
    pass_days(&system, 90).await?;
    assert_eq!(system.kinds_holding(&signs).await?, kinds([]), "after 181 days");
    Ok(())
}

#[tokio::test]
async fn an_outcome_may_be_kept_longer_than_what_was_said_and_says_nothing_of_it() -> anyhow::Result<()> {
    let days = [("TRANSCRIPT_RETENTION_DAYS", "7"), ("OUTCOME_RETENTION_DAYS", "30")];
    let days = BTreeMap::from(days.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let environment = FUNCTIONS.map(|function| (function.to_owned(), days.clone())).into();
    let system = System::start_with(Options { environment, ..Options::default() }).await?;
    system.organisation("acme").await?;
    let long = with(long_conversation("long-planted", 3_000, 600), "/customer/name", json!("planted"));
    let escalation = system.escalate_and_settle("acme", &long).await?;
    let id = escalation["escalationId"].as_str().unwrap_or_default();
    let signs = [WORD.to_owned(), id.to_owned()];
    assert!(system.kinds_holding(&signs).await?.contains("TRANSCRIPT"));
    pass_days(&system, 8).await?;
    let left = system.kinds_holding(&signs).await?;
    assert_eq!(left, kinds(["ESCALATION"].into_iter().chain(MARKS)));
    assert_eq!(system.escalation("acme", id).await?["timeline"], escalation["timeline"]);
    pass_days(&system, 23).await?;
    assert_eq!(system.kinds_holding(&signs).await?, kinds(MARKS));
    Ok(())
}

/// An escalation that got stuck with what its customer has said and sent before.
async fn stuck(system: &System) -> anyhow::Result<Chat<'_>> {
    system.organisation("acme").await?;
    system.salesforce().put_org(OrgSettings::new("acme", "changed"));
    system.salesforce().expire_sessions("acme");
    let chat = speak(system, "acme", "stuck-planted").await?;
    drop(chat.connect(None).await?);
    system.recover_until("acme", &chat.id, "stuck").await?;
    Ok(chat)
}

#[tokio::test]
async fn nothing_of_an_escalation_expires_while_it_is_open() -> anyhow::Result<()> {
    let system = System::start().await?;
    let chat = stuck(&system).await?;
    let signs = signs("stuck-planted", &chat.id);
    let before = system.kinds_holding(&signs).await?;
    let least = kinds(["CONVERSATION_LOG", "ESCALATION", "FEED", "FILE", "TRANSCRIPT"].into_iter().chain(MARKS));
    assert!(before.is_superset(&least), "{before:?}");
    for _ in 0..8 {
        pass_days(&system, 46).await?;
        assert_eq!(system.kinds_holding(&signs).await?, before);
    }
    assert_eq!(system.escalation("acme", &chat.id).await?["status"], "stuck");
    system.salesforce().put_org(OrgSettings::new("acme", "acme-secret"));
    let redrive = format!("/v1/organisations/acme/escalations/{}/redrive", chat.id);
    send(system.request(Method::POST, &redrive)).await?.expect_status(202)?;
    system.recover_until("acme", &chat.id, "caseCreated").await?;
    let description = system.salesforce().cases("acme")[0]["Description"].to_string();
    for said in ["A planted complaint.", "A planted question."] {
        assert!(description.contains(said), "{said}");
    }
    pass_days(&system, 91).await?;
    assert_eq!(system.kinds_holding(&signs).await?, kinds(MARKS));
    Ok(())
}

#[tokio::test]
async fn what_has_expired_is_gone_even_before_the_table_deletes_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let old = system.escalate_and_settle("acme", &conversation("one")).await?;
    let old = old["escalationId"].as_str().unwrap_or_default();
    let path = |below: &str| format!("/v1/organisations/acme/{below}");
    system.pass_time(91 * DAY);
    send(system.request(Method::GET, &path(&format!("escalations/{old}")))).await?.expect_problem(404, "notFound")?;
    let list = send(system.request(Method::GET, &path("escalations"))).await?.expect_status(200)?;
    assert_eq!(list.body["escalations"], json!([]));
    let again = system.escalate_and_settle("acme", &conversation("one")).await?;
    assert_ne!(again["escalationId"], old, "its key is free again");
    system.pass_time(310 * DAY);
    let audit = send(system.request(Method::GET, &path("settings/audit"))).await?.expect_status(200)?;
    assert_eq!(audit.body, json!({ "changes": [], "cursor": null }));
    Ok(())
}

#[tokio::test]
async fn the_audit_is_kept_for_its_own_time() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let told = ["integrationType".to_owned()];
    pass_days(&system, 399).await?;
    assert_eq!(system.kinds_holding(&told).await?, kinds(["AUDIT"]));
    pass_days(&system, 2).await?;
    assert_eq!(system.kinds_holding(&told).await?, kinds([]));
    Ok(())
}

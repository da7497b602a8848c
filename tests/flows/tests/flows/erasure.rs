//! One customer's data is deleted: all of it, nothing else, and not while it is needed.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use flows::{Answer, Cut, System, Watched, conversation, send, with};
use futures_util::future::{try_join, try_join_all};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use salesforce_simulator::Script;
use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use shared::store::{Connection, Feed};
use uuid::Uuid;

use crate::data_life::{planted, signs, speak, talk};

async fn erase(system: &System, organisation: &str, customer: &str) -> anyhow::Result<Answer> {
    let customer = utf8_percent_encode(customer, NON_ALPHANUMERIC);
    send(system.request(Method::DELETE, &format!("/v1/organisations/{organisation}/customers/{customer}"))).await
}

fn nothing() -> Value {
    json!({ "escalations": 0, "transcripts": 0, "events": 0, "files": 0 })
}

/// An escalation of a customer, as short as can be.
fn of(customer: &str, name: &str) -> Value {
    with(conversation(name), "/customer", json!({ "id": customer }))
}

fn id(escalation: &Value) -> &str {
    escalation["escalationId"].as_str().unwrap_or_default()
}

fn in_a_minute() -> DateTime<Utc> {
    SystemClock::shifted_by(TimeDelta::minutes(1)).now()
}

/// The audit's entries of erasures.
async fn erasures(system: &System, organisation: &str) -> anyhow::Result<Vec<Value>> {
    let path = format!("/v1/organisations/{organisation}/settings/audit?limit=100");
    let audit = send(system.request(Method::GET, &path)).await?.expect_status(200)?;
    let entries = audit.body["changes"].as_array().context("no changes")?;
    Ok(entries.iter().filter(|entry| entry["what"] == "customerErased").cloned().collect())
}

#[tokio::test]
async fn all_that_is_kept_of_the_customer_is_deleted_and_what_is_not_ours_is_named() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
    let chat = talk(&system, "acme", "conversation-planted").await?;
    system.update_settings("acme", |settings| settings["messaging"] = Value::Null).await?;
    let case = system.escalate_and_settle("acme", &planted("case-planted")).await?;
    assert_eq!(case["status"], "caseCreated");

    let answer = erase(&system, "acme", "cus_planted").await?.expect_status(200)?.body;
    let deleted = &answer["deleted"];
    assert_eq!(
        (&deleted["escalations"], &deleted["transcripts"], &deleted["files"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert!(deleted["events"].as_u64() >= Some(4), "{deleted}");
    assert_eq!(answer["kept"]["cases"], json!([case["case"]]));
    assert_eq!(answer["kept"]["conversations"], json!([chat.id]));
    assert!(answer["kept"]["backupsUntil"].is_string());
    for (name, id) in [("conversation-planted", chat.id.as_str()), ("case-planted", id(&case))] {
        assert_eq!(system.kinds_holding(&signs(name, id)).await?, BTreeSet::new());
        let shown = system.request(Method::GET, &format!("/v1/organisations/acme/escalations/{id}"));
        send(shown).await?.expect_problem(404, "notFound")?;
    }
    assert_eq!(chat.events(None).await?.status(), 401, "its token opens nothing any more");
    Ok(())
}

#[tokio::test]
async fn other_customers_and_other_organisations_keep_theirs() -> anyhow::Result<()> {
    let system = System::start().await?;
    let mut others = Vec::new();
    for (organisation, customer) in [("acme", "cus_1"), ("acme", "cus_10"), ("acme", "cus_2"), ("other", "cus_1")] {
        if system.salesforce().org(organisation).is_none() {
            system.organisation(organisation).await?;
        }
        let name = format!("{organisation}-{customer}");
        others.push((
            organisation,
            name.clone(),
            system.escalate_and_settle(organisation, &of(customer, &name)).await?,
        ));
    }
    let unnamed = with(conversation("unnamed"), "/customer", json!({}));
    others.push(("acme", "unnamed".to_owned(), system.escalate_and_settle("acme", &unnamed).await?));
    others.remove(0);
    let mut before = Vec::new();
    for (_, name, escalation) in &others {
        before.push(system.kinds_holding(&[id(escalation).to_owned(), name.clone()]).await?);
    }
    let erased = erase(&system, "acme", "cus_1").await?.expect_status(200)?;
    assert_eq!(erased.body["deleted"]["escalations"], 1);
    for ((organisation, name, escalation), before) in others.iter().zip(before) {
        assert_eq!(system.kinds_holding(&[id(escalation).to_owned(), name.clone()]).await?, before);
        assert_eq!(system.escalation(organisation, id(escalation)).await?, *escalation);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_deleted_while_an_escalation_of_the_customer_is_open() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &of("cus_1", "done")).await?;
    system.stack.lambda().lose_events(Some("business-hours-router"), 1);
    let open = system.accept("acme", &of("cus_1", "open")).await?;
    let before = system.kinds_holding(&["done".to_owned(), open.clone()]).await?;
    let refused = erase(&system, "acme", "cus_1").await?.expect_problem(409, "escalationOpen")?;
    assert_eq!(refused.pointers(), ["/customerId"]);
    assert_eq!(refused.body["errors"][0]["detail"], format!("escalation {open} is received"));
    assert_eq!(system.kinds_holding(&["done".to_owned(), open.clone()]).await?, before);
    assert_eq!(erasures(&system, "acme").await?.len(), 0);
    system.recover_until("acme", &open, "caseCreated").await?;
    let erased = erase(&system, "acme", "cus_1").await?.expect_status(200)?;
    assert_eq!(erased.body["deleted"]["escalations"], 2);
    Ok(())
}

#[tokio::test]
async fn a_conversation_that_is_still_to_be_closed_is_open() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    let chat = system.open_chat("acme", &planted("to-be-closed")).await?;
    system.settle().await;
    system.stack.lambda().lose_events(Some("escalation-recovery"), 1);
    chat.end().await?.expect_status(204)?;
    let refused = erase(&system, "acme", "cus_planted").await?.expect_problem(409, "escalationOpen")?;
    let detail = format!("escalation {} is ended, but its conversation is not closed yet", chat.id);
    assert_eq!(refused.body["errors"][0]["detail"], detail);
    system.pass_minutes(1).await;
    erase(&system, "acme", "cus_planted").await?.expect_status(200)?;
    assert_eq!(system.kinds_holding(&signs("to-be-closed", &chat.id)).await?, BTreeSet::new());
    Ok(())
}

#[tokio::test]
async fn nothing_is_deleted_while_the_customer_s_chat_is_connected() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let id = system.accept("acme", &of("cus_1", "done")).await?;
    system.settle().await;
    let connection = Connection { id: Uuid::from_u128(1), until: in_a_minute() };
    let connect = |feed: &mut Feed| {
        feed.connect(connection, connection.until - TimeDelta::minutes(1));
        true
    };
    system.store().change_feed(id.parse()?, connection.until, connect).await?;
    let refused = erase(&system, "acme", "cus_1").await?.expect_problem(409, "escalationOpen")?;
    let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with(&format!("the chat of escalation {id} is connected, until 2")), "{detail}");
    system.pass_time(61);
    erase(&system, "acme", "cus_1").await?.expect_status(200)?;
    assert_eq!(system.kinds_holding(&["done".to_owned(), id]).await?, BTreeSet::new());
    Ok(())
}

#[tokio::test]
async fn nothing_passes_any_more_in_a_conversation_that_was_erased() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let id = system.accept("acme", &of("cus_1", "done")).await?;
    system.settle().await;
    erase(&system, "acme", "cus_1").await?.expect_status(200)?;
    let (feed, is_changed) = system.store().change_feed(id.parse()?, in_a_minute(), |_| true).await?;
    assert_eq!((feed, is_changed), (Feed::default(), false));
    assert_eq!(system.kinds_holding(&[id]).await?, BTreeSet::new());
    Ok(())
}

#[tokio::test]
async fn a_repetition_finds_nothing_and_the_audit_has_one_entry_without_the_customer() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &planted("one")).await?;
    erase(&system, "acme", "cus_planted").await?.expect_status(200)?;
    for customer in ["cus_planted", "cus_unknown"] {
        let again = erase(&system, "acme", customer).await?.expect_status(200)?;
        assert_eq!(again.body["deleted"], nothing());
    }
    let entries = erasures(&system, "acme").await?;
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["by"], &entries[0]["subject"]), (&json!("platform"), &Value::Null));
    assert_eq!(entries[0]["changes"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_repeated_after_the_erasure_is_a_new_one_and_learns_nothing_of_the_old() -> anyhow::Result<()>
{
    let system = System::start().await?;
    system.organisation("acme").await?;
    let old = system.escalate_and_settle("acme", &planted("one")).await?;
    erase(&system, "acme", "cus_planted").await?.expect_status(200)?;
    let new = system.escalate("acme", &planted("one")).await?.expect_status(202)?;
    assert_ne!(new.body["escalationId"], old["escalationId"]);
    assert_eq!((&new.body["status"], &new.body["case"]), (&json!("received"), &Value::Null));
    system.settle().await;
    let erased = erase(&system, "acme", "cus_planted").await?.expect_status(200)?;
    assert_eq!(erased.body["deleted"]["escalations"], 1);
    Ok(())
}

#[tokio::test]
async fn a_mark_that_leads_to_another_customer_s_escalation_by_now_stays() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &of("cus_1", "shared")).await?;
    let later = system.escalate_and_settle("acme", &of("cus_2", "shared")).await?;
    erase(&system, "acme", "cus_1").await?.expect_status(200)?;
    let repeated = system.escalate("acme", &of("cus_2", "shared")).await?.expect_status(200)?;
    assert_eq!(repeated.body["escalationId"], later["escalationId"]);
    Ok(())
}

#[tokio::test]
async fn any_id_that_can_be_escalated_can_be_erased() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let longest = "😀".repeat(255);
    for customer in ["a/b", "a#b", "a b?c=d&e", "50%", "%41", "ada@example.com", "æ", longest.as_str()] {
        let escalation = system.escalate_and_settle("acme", &of(customer, "any")).await?;
        let erased = erase(&system, "acme", customer).await?.expect_status(200)?;
        assert_eq!(erased.body["deleted"]["escalations"], 1, "{customer}");
        assert_eq!(system.kinds_holding(&[id(&escalation).to_owned()]).await?, BTreeSet::new(), "{customer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_id_is_named_and_an_unknown_organisation_is_not_found() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    for wrong in ["%FF", "50%", "%zz", &"a".repeat(256)] {
        let path = format!("/v1/organisations/acme/customers/{wrong}");
        let refused = send(system.request(Method::DELETE, &path)).await?.expect_problem(400, "invalidRequest")?;
        assert_eq!(refused.pointers(), ["/customerId"], "{wrong}");
    }
    erase(&system, "nobody", "cus_1").await?.expect_problem(404, "notFound")?;
    let key = system.key("acme").await?;
    let with_key = system.request_with_key(Method::DELETE, "/v1/organisations/acme/customers/%FF", &key);
    send(with_key).await?.expect_problem(403, "forbidden")?;
    Ok(())
}

#[tokio::test]
async fn an_escalation_that_races_is_deleted_or_found_the_next_time() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &planted("first")).await?;
    let names: Vec<_> = (0..8).map(|number| format!("race-{number}")).collect();
    let accepting = try_join_all(names.iter().map(async |name| system.accept("acme", &planted(name)).await));
    let erasing = try_join_all((0..8).map(async |_| erase(&system, "acme", "cus_planted").await));
    let (ids, answers) = try_join(accepting, erasing).await?;
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())), "{answers:?}");
    system.settle().await;
    system.pass_minutes(2).await;
    erase(&system, "acme", "cus_planted").await?.expect_status(200)?;
    for (name, id) in names.iter().zip(&ids) {
        assert_eq!(system.kinds_holding(&signs(name, id)).await?, BTreeSet::new());
    }
    Ok(())
}

#[tokio::test]
async fn it_may_be_killed_anywhere_and_a_repetition_goes_on() -> anyhow::Result<()> {
    let watched = Watched::start("settings").await?;
    let system = &watched.system;
    system.organisation("acme").await?;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let name = format!("planted-{call}-{cut:?}");
            let chat = speak(system, "acme", &name).await?;
            system.recover_until("acme", &chat.id, "caseCreated").await?;
            let erased = erasures(system, "acme").await?.len();
            watched.kill_at(call, cut);
            for _ in 0..3 {
                if erase(system, "acme", "cus_planted").await?.status == 200 {
                    break;
                }
            }
            was_made |= watched.steps.spare() >= call;
            let left = system.kinds_holding(&signs(&name, &chat.id)).await?;
            assert_eq!(left, BTreeSet::new(), "killed {cut:?} call {call}");
            assert_eq!(erasures(system, "acme").await?.len(), erased + 1, "killed {cut:?} call {call}");
        }
        if !was_made {
            assert!(call > 10, "it made only {} calls", call - 1);
            break;
        }
    }
    Ok(())
}

//! Requests that one escalation makes, from intake to outcome, in warm functions.

use flows::{System, long_conversation};
use salesforce_simulator::{Contact, Script};
use serde::Serialize;
use serde_json::json;

use super::goal::Goal;
use crate::usage::{Count, Counter};

/// How many of each are counted.
const PLAYED: u32 = 10;

/// What one of them asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requests {
    case: Count,
    case_with_contact: Count,
    live: Count,
    live_with_second_message: Count,
}

/// Plays Cases and live starts one after the other, with hints, in a system of its own.
pub(super) async fn run(system: &System) -> anyhow::Result<Requests> {
    let counter = Counter::start(system).await?;
    let [plain, linked] = ["requests-case", "requests-contact"];
    system.organisation_with(plain, |settings| settings["case"] = json!({ "contact": "none" })).await?;
    system.organisation_with(linked, |settings| settings["case"] = json!({ "contact": "link" })).await?;
    system.salesforce().change_org(linked, |org| org.contacts.push(Contact::new("Ada Lovelace", "ada@example.com")));
    let live = "requests-live";
    system.live_organisation(live, "fullviewFlow", Script::default()).await?;
    Ok(Requests {
        case: count(system, &counter, plain, 300, "caseCreated").await?,
        case_with_contact: count(system, &counter, linked, 300, "caseCreated").await?,
        live: count(system, &counter, live, 100, "waiting").await?,
        live_with_second_message: count(system, &counter, live, 450, "waiting").await?,
    })
}

/// Conversations of ten messages with so many characters each.
async fn count(
    system: &System,
    counter: &Counter<'_>,
    organisation: &str,
    characters: usize,
    outcome: &str,
) -> anyhow::Result<Count> {
    let ids = std::cell::RefCell::new(Vec::new());
    let play = async |number: u32| {
        let body = long_conversation(&format!("{organisation}-{characters}-{number}"), 10, characters);
        let id = system.accept(organisation, &body).await?;
        system.settle().await;
        ids.borrow_mut().push(id);
        Ok(())
    };
    play(u32::MAX).await?;
    let count = counter.during(PLAYED, play).await?;
    for id in ids.into_inner() {
        let escalation = system.escalation(organisation, &id).await?;
        anyhow::ensure!(escalation["status"] == outcome, "{escalation}");
    }
    Ok(count)
}

/// One Salesforce call for a Case, three for a live start; and so many requests to DynamoDB.
pub(super) fn goals(requests: &Requests) -> Vec<Goal> {
    let Requests { case, case_with_contact, live, live_with_second_message } = requests;
    let kinds = [
        ("a Case", case, 1.0, 8.0),
        ("a Case with a Contact", case_with_contact, 2.0, 8.0),
        ("a live start", live, 3.0, 11.0),
        ("a live start with two messages", live_with_second_message, 4.0, 11.0),
    ];
    kinds
        .into_iter()
        .flat_map(|(name, count, salesforce, dynamodb)| {
            [
                Goal::at_most(format!("requests to Salesforce for {name}"), salesforce, count.salesforce_requests, ""),
                Goal::at_most(format!("requests to DynamoDB for {name}"), dynamodb, count.dynamodb_requests, ""),
            ]
        })
        .collect()
}

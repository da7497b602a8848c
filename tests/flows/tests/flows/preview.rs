//! What the preview says is what the router then does.

use anyhow::Context as _;
use fastrand::Rng;
use flows::{System, conversation, send, with};
use reqwest::Method;
use salesforce_simulator::{Field, FieldType, Script};
use serde_json::{Value, json};

const PREVIEW: &str = "/v1/organisations/acme/settings/preview";
const ROUNDS: usize = 24;

/// Hours, attributes and fields that nobody chose; the moment may be inside or outside of the hours, and in any zone.
fn change(settings: &mut Value, rng: &mut Rng) {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let mut interval = || {
        let (open, hours) = (rng.u8(..24), rng.u8(1..24));
        json!([{ "open": format!("{open:02}:00"), "close": format!("{:02}:30", (open + hours) % 24) }])
    };
    let weekly: Value = days.into_iter().map(|day| (day, interval())).collect();
    let zone = ["Asia/Tokyo", "America/St_Johns", "Pacific/Chatham", "UTC"][rng.usize(..4)];
    settings["integrationType"] = json!(["fullviewFlow", "fullviewFlow", "omniChannelFlow"][rng.usize(..3)]);
    settings["businessHours"] = json!({ "timeZone": zone, "weekly": weekly, "holidays": "JP" });
    let attributes = ["plan", "seats", "email", "reason", "language", "gone"].map(|name| (name, rng.bool()));
    let attributes = attributes.into_iter().filter(|(_, is_mapped)| *is_mapped);
    settings["routingAttributes"] =
        attributes.map(|(name, _)| json!({ "attribute": name, "value": name.to_uppercase() })).collect();
    settings["case"] =
        json!({ "origin": "Web", "fields": { "Plan__c": { "attribute": "plan" }, "Source__c": { "value": "AI" } } });
}

async fn preview(system: &System, at: &Value, escalated: &Value) -> anyhow::Result<Value> {
    let question = json!({
        "at": at, "customer": escalated["customer"], "reason": escalated["reason"],
        "language": escalated["conversation"]["language"],
    });
    Ok(send(system.request(Method::POST, PREVIEW).json(&question)).await?.expect_status(200)?.body)
}

#[tokio::test]
async fn whatever_the_settings_and_the_moment_the_preview_is_what_then_happens() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.live_organisation("acme", "fullviewFlow", Script::default()).await?;
    system.salesforce().change_org("acme", |org| {
        org.case_fields = ["Plan__c", "Source__c"].map(|name| Field::new(name, FieldType::String, 40)).to_vec();
    });
    let mut rng = Rng::with_seed(7);
    let mut routes = Vec::new();
    for round in 0..ROUNDS {
        system.pass_time(rng.i64(0..90_000));
        system.update_settings("acme", |settings| change(settings, &mut rng)).await?;
        let body = with(conversation(&format!("c{round}")), "/conversation/language", json!("en_US"));
        let escalation = system.escalate_and_settle("acme", &body).await?;
        let decision = &escalation["decision"];
        let preview = preview(&system, &decision["decidedAt"], &body).await?;
        for member in ["route", "reason", "nextOpening"] {
            assert_eq!(preview[member], decision[member], "round {round}, {member}");
        }
        let id = escalation["escalationId"].as_str().context("an id")?;
        if decision["route"] == "messaging" {
            let mut sent = system.conversation("acme", id)?.routing_attributes;
            sent.extend(system.conversation("acme", id)?.dropped_routing_attributes);
            sent.remove("FullviewEscalationId");
            assert_eq!(preview["routingAttributes"], json!(sent), "round {round}");
        } else {
            assert_eq!(preview["routingAttributes"], json!({}));
            let cases = system.salesforce().cases("acme");
            let case = cases.last().context("a Case")?;
            for (field, value) in preview["caseFields"].as_object().context("fields")? {
                assert_eq!(case.get(field), Some(value), "round {round}, {field}");
            }
        }
        routes.push(decision["route"].clone());
    }
    assert!(routes.contains(&json!("messaging")) && routes.contains(&json!("case")), "{routes:?}");
    Ok(())
}

#[tokio::test]
async fn without_settings_there_is_nothing_to_foresee_unless_they_are_sent_along() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.put_organisation("acme").await?;
    let mut question = json!({ "at": "2026-12-25T09:00:00Z" });
    let ask = async |question: &Value| send(system.request(Method::POST, PREVIEW).json(question)).await;
    ask(&question).await?.expect_problem(409, "organisationNotConfigured")?;
    question["settings"] = flows::settings(system.salesforce_host(), "acme", "secret");
    let answer = ask(&question).await?.expect_status(200)?;
    assert_eq!([&answer.body["route"], &answer.body["reason"]], ["case", "messagingNotConfigured"]);
    question["settings"]["rescue"] = json!({ "longestWaitMinutes": 0 });
    let refused = ask(&question).await?.expect_problem(400, "invalidRequest")?;
    assert_eq!(refused.pointers(), ["/settings/rescue/longestWaitMinutes"]);
    Ok(())
}

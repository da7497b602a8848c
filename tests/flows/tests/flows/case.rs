//! What becomes of an escalation that becomes a Case: the decision, the fields, what is left out, and who is asked.

use flows::{System, conversation, long_conversation, message};
use salesforce_simulator::{Contact, Effect, ExternalIdField, Fault, FileUploads, Named, Route};
use serde_json::{Value, json};

/// The only Case of an org.
fn only_case(system: &System, organisation: &str) -> Value {
    let cases = system.salesforce().cases(organisation);
    assert_eq!(cases.len(), 1, "one Case");
    Value::Object(cases[0].clone())
}

fn events(escalation: &Value, event: &str) -> Vec<String> {
    let found = escalation["timeline"].as_array().into_iter().flatten().filter(|entry| entry["event"] == event);
    found.map(|entry| entry["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Business hours on a weekday that is half a week from now.
fn closed_now() -> Value {
    let day =
        (chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()) + chrono::TimeDelta::days(3)).format("%A");
    let day = day.to_string().to_lowercase();
    json!({ "timeZone": "Europe/Copenhagen", "weekly": { day: [{ "open": "09:00", "close": "17:00" }] } })
}

fn messaging(system: &System) -> Value {
    json!({ "organizationId": "00D000000000001", "developerName": "Deployment", "url": system.salesforce_host() })
}

#[tokio::test]
async fn without_messaging_there_is_a_case_with_all_that_an_agent_needs() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(escalation["status"], "caseCreated");
    assert_eq!((&escalation["by"], &escalation["reason"]), (&json!("us"), &json!("messagingNotConfigured")));
    assert_eq!(escalation["decision"]["route"], "case");
    assert_eq!(escalation["decision"]["settingsVersion"], 1);
    let case = only_case(&system, "acme");
    assert_eq!(escalation["case"], json!({ "id": case["Id"], "number": case["CaseNumber"], "by": "us" }));
    assert_eq!(case["Fullview_Escalation_Id__c"], escalation["escalationId"]);
    assert_eq!((&case["Subject"], &case["Origin"]), (&json!("Invoice export fails"), &json!("Chat")));
    assert_eq!((&case["SuppliedName"], &case["SuppliedEmail"]), (&json!("Ada Lovelace"), &json!("ada@example.com")));
    let description = case["Description"].as_str().unwrap();
    for part in [
        "The AI could not resolve it.",
        "Live messaging is not set up.",
        "plan: enterprise",
        "seats: 12",
        "The export of invoices fails.",
        "Ada (customer), 20 November 2026, 09:14 UTC",
        "The export stops at 80 percent.",
    ] {
        assert!(description.contains(part), "{part} in {description}");
    }
    assert!(system.salesforce().files("acme").is_empty());
    Ok(())
}

#[tokio::test]
async fn out_of_hours_there_is_a_case_that_tells_the_next_opening_in_the_organisation_s_time() -> anyhow::Result<()> {
    let system = System::start().await?;
    let messaging = messaging(&system);
    system
        .organisation_with("acme", |settings| {
            settings["messaging"] = messaging;
            settings["businessHours"] = closed_now();
        })
        .await?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(escalation["reason"], "outsideBusinessHours");
    assert_eq!(escalation["decision"]["reason"], "outsideBusinessHours");
    assert!(escalation["decision"]["nextOpening"].as_str().unwrap().ends_with('Z'));
    let case = only_case(&system, "acme");
    let description = case["Description"].as_str().unwrap();
    assert!(description.contains("Next opening: ") && description.contains("09:00 CE"), "{description}");
    Ok(())
}

#[tokio::test]
async fn a_long_transcript_is_in_a_file_whole_and_the_description_says_so() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let mut body = long_conversation("c1", 300, 400);
    body["conversation"]["messages"][7] = message("m7", "שלום 你好 👩‍👩‍👧 e\u{301}\r\nend");
    let escalation = system.escalate_and_settle("acme", &body).await?;
    let files = system.salesforce().files("acme");
    assert_eq!(files.len(), 1);
    let id = escalation["escalationId"].as_str().unwrap();
    let case = only_case(&system, "acme");
    assert_eq!(files[0].content_version["PathOnClient"], format!("Transcript-{id}.txt"));
    assert_eq!(files[0].content_version["FirstPublishLocationId"], case["Id"]);
    let text = String::from_utf8(files[0].bytes.to_vec())?;
    for message in body["conversation"]["messages"].as_array().unwrap() {
        assert!(text.contains(&message["text"].as_str().unwrap().replace("\r\n", "\n")));
    }
    assert!(!text.contains('\r'));
    let description = case["Description"].as_str().unwrap();
    assert!(
        description.contains(&format!(
            "of 300 messages are shown. The whole conversation is in the file Transcript-{id}.txt."
        ))
    );
    Ok(())
}

#[tokio::test]
async fn the_contact_is_linked_only_when_exactly_one_has_the_address() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let odd = "o'neil\\@example.com";
    system.salesforce().change_org("acme", |org| {
        org.contacts = vec![
            Contact::new("Ada", "ADA@example.com"),
            Contact::new("O", odd),
            Contact::new("B", "two@example.com"),
            Contact::new("C", "two@example.com"),
        ];
    });
    for (index, (email, linked)) in
        [("ada@example.com", true), (odd, true), ("two@example.com", false), ("none@example.com", false)]
            .into_iter()
            .enumerate()
    {
        let mut body = conversation(&format!("c{index}"));
        body["customer"]["email"] = json!(email);
        system.escalate_and_settle("acme", &body).await?;
        let case = system.salesforce().cases("acme").into_iter().nth(index).unwrap();
        assert_eq!(case.get("ContactId").is_some_and(Value::is_string), linked, "{email}");
    }
    Ok(())
}

#[tokio::test]
async fn each_refused_optional_part_is_left_out_once_and_noted() -> anyhow::Result<()> {
    let system = System::start().await?;
    system
        .organisation_with("acme", |settings| {
            settings["case"] = json!({ "ownerId": "00G000000000009AAA", "assignmentRule": false, "recordTypeId": "012000000000009AAA",
                                       "fields": { "Nowhere__c": { "attribute": "plan" } }, "attachTranscript": "always" });
        })
        .await?;
    system.salesforce().change_org("acme", |org| org.file_uploads = FileUploads::Forbidden);
    let mut body = conversation("c1");
    body["customer"]["email"] = json!("not an @ address");
    let escalation = system.escalate_and_settle("acme", &body).await?;
    assert_eq!(escalation["status"], "caseCreated");
    let degraded = events(&escalation, "degraded").join("\n");
    for part in ["OwnerId", "RecordTypeId", "Nowhere__c", "SuppliedEmail", "file"] {
        assert!(degraded.contains(&format!("{part}: ")), "{part} in {degraded}");
    }
    let case = only_case(&system, "acme");
    assert_eq!(case["Origin"], "Chat", "what was not refused is kept");
    assert!(case["Description"].as_str().unwrap().contains("not an @ address"), "nothing is lost to the agent");
    Ok(())
}

#[tokio::test]
async fn owner_record_type_and_mapped_fields_are_set() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let org = system
        .salesforce()
        .change_org("acme", |org| {
            org.queues = vec![Named::new("Support")];
            org.record_types = vec![Named::new("Chat")];
            org.case_fields =
                vec![salesforce_simulator::Field::new("Plan__c", salesforce_simulator::FieldType::String, 40)];
        })
        .unwrap();
    let mut document = flows::settings(system.salesforce_host(), "acme", "acme-secret");
    document["case"] = json!({ "ownerId": org.queues[0].id, "assignmentRule": false, "recordTypeId": org.record_types[0].id,
                               "priority": "High", "fields": { "Plan__c": { "attribute": "plan" } } });
    system.put_settings("acme", 1, &document).await?.expect_status(200)?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(events(&escalation, "degraded"), Vec::<String>::new());
    let case = only_case(&system, "acme");
    assert_eq!((&case["OwnerId"], &case["RecordTypeId"]), (&json!(org.queues[0].id), &json!(org.record_types[0].id)));
    assert_eq!((&case["Plan__c"], &case["Priority"]), (&json!("enterprise"), &json!("High")));
    Ok(())
}

#[tokio::test]
async fn an_org_without_a_usable_field_gets_the_reference_in_the_subject() -> anyhow::Result<()> {
    for field in [ExternalIdField::Missing, ExternalIdField::ReadOnly] {
        let system = System::start().await?;
        system.organisation("acme").await?;
        system.salesforce().change_org("acme", |org| org.external_id_field = field);
        for index in 0..2 {
            let escalation = system.escalate_and_settle("acme", &conversation(&format!("c{index}"))).await?;
            assert_eq!(escalation["status"], "caseCreated", "{escalation:#}");
            let case = system.salesforce().cases("acme").into_iter().nth(index).unwrap();
            let reference = format!(" [FV-{}]", escalation["escalationId"].as_str().unwrap());
            assert!(case["Subject"].as_str().unwrap().ends_with(&reference));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_validation_rule_leads_to_stuck_with_the_cure_and_redrive_leads_on() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.validation_rule = Some("Say please".into()));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(escalation["status"], "stuck");
    assert_eq!(escalation["stuck"]["code"], "caseRefused");
    assert!(escalation["stuck"]["cure"].as_str().unwrap().contains("validation rule"));
    system.salesforce().change_org("acme", |org| org.validation_rule = None);
    let id = escalation["escalationId"].as_str().unwrap();
    let redrive = system.request(reqwest::Method::POST, &format!("/v1/organisations/acme/escalations/{id}/redrive"));
    flows::send(redrive).await?.expect_status(202)?;
    system.settle().await;
    let escalation = system.escalation("acme", id).await?;
    assert_eq!((&escalation["status"], &escalation["stuck"]), (&json!("caseCreated"), &Value::Null));
    assert_eq!(only_case(&system, "acme")["Origin"], "Chat", "what the rule cost is back");
    Ok(())
}

#[tokio::test]
async fn a_refused_login_is_stuck_until_the_settings_change() -> anyhow::Result<()> {
    let system = System::start().await?;
    let acme = system.organisation("acme").await?;
    system.salesforce().change_org("acme", |org| org.client_secret = "another".into());
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!((&escalation["status"], &escalation["stuck"]["code"]), (&json!("stuck"), &json!("loginRefused")));
    assert!(escalation["stuck"]["cure"].as_str().unwrap().contains("Client Secret"));
    let mut document = flows::settings(system.salesforce_host(), "acme", "another");
    document["salesforce"]["clientId"] = json!(acme.id);
    system.put_settings("acme", 1, &document).await?.expect_status(200)?;
    system.settle().await;
    let id = escalation["escalationId"].as_str().unwrap();
    let escalation = system.recover_until("acme", id, "caseCreated").await?;
    assert_eq!(events(&escalation, "redriven"), ["settings changed"]);
    Ok(())
}

#[tokio::test]
async fn a_required_field_that_nobody_maps_names_itself_in_the_cure() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.salesforce().add_fault(Fault {
        org: None,
        route: Some(Route::InsertCase),
        times: None,
        effect: Effect::Refuse {
            status: 400,
            error_code: "REQUIRED_FIELD_MISSING".into(),
            message: "Required fields are missing: [Region__c]".into(),
            fields: Some(vec!["Region__c".into()]),
        },
    });
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    assert_eq!(escalation["status"], "stuck");
    assert!(escalation["stuck"]["cure"].as_str().unwrap().contains("Region__c"));
    Ok(())
}

#[tokio::test]
async fn a_mapped_field_that_must_be_unique_does_not_keep_the_case_away() -> anyhow::Result<()> {
    let system = System::start().await?;
    system
        .organisation_with("acme", |settings| {
            settings["case"] = json!({ "fields": { "Plan__c": { "value": "taken" } } });
        })
        .await?;
    system.salesforce().change_org("acme", |org| {
        org.case_fields =
            vec![salesforce_simulator::Field::new("Plan__c", salesforce_simulator::FieldType::String, 40)];
    });
    let taken = Effect::Refuse {
        status: 400,
        error_code: "DUPLICATE_VALUE".into(),
        message: "duplicate value found: Plan__c duplicates value on record with id: 500000000000001".into(),
        fields: Some(vec![]),
    };
    system.salesforce().add_fault(Fault::once(Route::InsertCase, taken));
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    let escalation = system.recover_until("acme", escalation["escalationId"].as_str().unwrap(), "caseCreated").await?;
    assert_eq!(events(&escalation, "degraded"), ["Plan__c: DUPLICATE_VALUE"]);
    assert!(only_case(&system, "acme").get("Plan__c").is_none_or(Value::is_null));
    Ok(())
}

/// Makes a Case in an org as a flow of its own does.
async fn make_case(system: &System, organisation: &str, case: Value) -> anyhow::Result<()> {
    let (http, host) = (reqwest::Client::builder().build()?, format!("http://{}", system.salesforce_host()));
    let credentials = [
        ("grant_type", "client_credentials"),
        ("client_id", organisation),
        ("client_secret", &format!("{organisation}-secret")),
    ];
    let login = http.post(format!("{host}/services/oauth2/token")).form(&credentials).send().await?;
    let login: Value = login.error_for_status()?.json().await?;
    let request = http.post(format!("{host}/services/data/v66.0/sobjects/Case")).json(&case);
    let token = login["access_token"].as_str().unwrap_or_default();
    request.bearer_auth(token).send().await?.error_for_status()?;
    Ok(())
}

#[tokio::test]
async fn a_case_to_which_the_org_s_flow_gave_the_escalation_s_id_is_the_outcome_by_the_flow() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    system.stack.lambda().lose_events(Some("case-creation"), 1);
    let id = system.accept("acme", &conversation("c1")).await?;
    system.settle().await;
    make_case(&system, "acme", json!({ "Subject": "By the flow", "Fullview_Escalation_Id__c": id })).await?;
    let escalation = system.recover_until("acme", &id, "caseCreated").await?;
    assert_eq!((&escalation["by"], &escalation["case"]["by"]), (&json!("salesforceFlow"), &json!("salesforceFlow")));
    assert_eq!(only_case(&system, "acme")["Subject"], "By the flow");
    Ok(())
}

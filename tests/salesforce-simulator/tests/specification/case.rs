//! What an insert of a Case accepts and what it makes.

use reqwest::Method;
use salesforce_simulator::{Contact, Field, FieldType, Named, normalise, salesforce_id};
use serde_json::{Value, json};

use crate::client::{Answer, Org, Result};

#[tokio::test]
async fn an_insert_answers_201_with_an_id_and_a_location() -> Result {
    let org = Org::start().await?;
    let answer = org.insert_case(json!({ "Subject": "Help" })).await?;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, json!({ "id": answer.id(), "success": true, "errors": [] }));
    assert!(answer.id().starts_with("500") && answer.id().len() == 18);
    assert_eq!(normalise(answer.id()).as_deref(), Some(answer.id()));
    assert_eq!(answer.headers["location"], format!("/services/data/v66.0/sobjects/Case/{}", answer.id()));
    Ok(())
}

#[tokio::test]
async fn case_numbers_count_up_with_eight_digits() -> Result {
    let org = Org::start().await?;
    for subject in ["One", "Two"] {
        org.insert_case(json!({ "Subject": subject })).await?;
    }
    let numbers: Vec<_> = org.cases().iter().map(|case| case["CaseNumber"].clone()).collect();
    assert_eq!(numbers, ["00001001", "00001002"]);
    Ok(())
}

#[tokio::test]
async fn a_new_case_has_the_orgs_defaults() -> Result {
    let org = Org::start().await?;
    let id = org.insert_case(json!({})).await?.id().to_owned();
    let case = org.get(&format!("sobjects/Case/{id}?fields=Status,Priority,OwnerId,Origin")).await?.body;
    assert_eq!(case["attributes"]["type"], "Case");
    assert_eq!((&case["Status"], &case["Priority"]), (&json!("New"), &json!("Medium")));
    assert_eq!(case["OwnerId"], json!(org.settings.users[0].id));
    assert_eq!(case["Origin"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn texts_up_to_their_limit_are_stored_and_longer_ones_refused() -> Result {
    let org = Org::start().await?;
    for (field, limit) in [("Subject", 255), ("Description", 32_000), ("SuppliedName", 80), ("SuppliedPhone", 40)] {
        assert_eq!(org.insert_case(json!({ field: "x".repeat(limit) })).await?.status, 201, "{field}");
        let answer = org.insert_case(json!({ field: "x".repeat(limit + 1) })).await?;
        assert_eq!(answer.refusal(), (400, "STRING_TOO_LONG", json!([field])));
    }
    Ok(())
}

#[tokio::test]
async fn a_length_counts_utf_16_units() -> Result {
    let org = Org::start().await?;
    let answer = org.insert_case(json!({ "SuppliedPhone": "📞".repeat(21) })).await?;
    assert_eq!(answer.refusal(), (400, "STRING_TOO_LONG", json!(["SuppliedPhone"])));
    Ok(())
}

#[tokio::test]
async fn an_unknown_field_is_no_such_column() -> Result {
    let org = Org::start().await?;
    let answer = org.insert_case(json!({ "Plan__c": "x" })).await?;
    assert_eq!(answer.refusal(), (400, "INVALID_FIELD", Value::Null));
    assert_eq!(answer.body[0]["message"], "No such column 'Plan__c' on sobject of type Case");
    Ok(())
}

#[tokio::test]
async fn a_read_only_field_is_named() -> Result {
    let org = Org::start().await?;
    let answer = org.insert_case(json!({ "CaseNumber": "1" })).await?;
    assert_eq!(answer.refusal(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE", json!(["CaseNumber"])));
    Ok(())
}

#[tokio::test]
async fn a_bad_email_address_is_refused() -> Result {
    let org = Org::start().await?;
    let answer = org.insert_case(json!({ "SuppliedEmail": "ada@localhost" })).await?;
    assert_eq!(answer.refusal(), (400, "INVALID_EMAIL_ADDRESS", json!(["SuppliedEmail"])));
    Ok(())
}

#[tokio::test]
async fn an_auto_response_rule_requires_an_email_address() -> Result {
    let org = Org::with(|settings| settings.auto_response_rule = true).await?;
    for body in [json!({}), json!({ "SuppliedEmail": null }), json!({ "SuppliedEmail": "" })] {
        assert_eq!(org.insert_case(body).await?.refusal(), (400, "REQUIRED_FIELD_MISSING", json!(["SuppliedEmail"])));
    }
    assert_eq!(org.insert_case(json!({ "SuppliedEmail": "ada@example.com" })).await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_validation_rule_refuses_every_case_with_the_admins_message() -> Result {
    let org = Org::with(|settings| settings.validation_rule = Some("Choose a product".into())).await?;
    let answer = org.insert_case(json!({})).await?;
    assert_eq!(answer.refusal(), (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", json!([])));
    assert_eq!(answer.body[0]["message"], "Choose a product");
    Ok(())
}

#[tokio::test]
async fn custom_fields_have_types_values_and_may_be_required() -> Result {
    let org = Org::with(|settings| {
        settings.case_fields = vec![
            Field {
                restricted_values: Some(vec!["Free".into(), "Paid".into()]),
                ..Field::new("Plan__c", FieldType::Picklist, 255)
            },
            Field::new("Seats__c", FieldType::Double, 0),
            Field::new("Vip__c", FieldType::Boolean, 0),
            Field { required: true, ..Field::new("Source__c", FieldType::String, 10) },
        ];
    })
    .await?;
    let valid = json!({ "Source__c": "AI", "Plan__c": "Paid", "Seats__c": 12, "Vip__c": true });
    assert_eq!(org.insert_case(valid).await?.status, 201);
    let missing = org.insert_case(json!({})).await?;
    assert_eq!(missing.refusal(), (400, "REQUIRED_FIELD_MISSING", json!(["Source__c"])));
    let value = org.insert_case(json!({ "Source__c": "AI", "Plan__c": "Trial" })).await?;
    assert_eq!(value.refusal(), (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", json!(["Plan__c"])));
    for body in [json!({ "Seats__c": "12" }), json!({ "Vip__c": "true" }), json!({ "Source__c": 1 })] {
        assert_eq!(org.insert_case(body).await?.refusal(), (400, "JSON_PARSER_ERROR", Value::Null));
    }
    Ok(())
}

#[tokio::test]
async fn an_unrestricted_picklist_takes_any_value() -> Result {
    let org = Org::start().await?;
    assert_eq!(org.insert_case(json!({ "Origin": "Carrier pigeon" })).await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn references_must_exist_and_have_the_right_type() -> Result {
    let org = Org::with(|settings| {
        settings.contacts = vec![Contact::new("Ada", "ada@example.com")];
        settings.queues = vec![Named::new("Support")];
        settings.record_types = vec![Named::new("Support Case")];
    })
    .await?;
    let (contact, queue) = (&org.settings.contacts[0].id, &org.settings.queues[0].id);
    let valid =
        json!({ "ContactId": contact[..15], "OwnerId": queue, "RecordTypeId": org.settings.record_types[0].id });
    assert_eq!(org.insert_case(valid).await?.status, 201);
    assert_eq!(org.cases()[0]["ContactId"], json!(contact));
    for (field, prefix) in [("ContactId", "003"), ("OwnerId", "00G"), ("OwnerId", "005"), ("RecordTypeId", "012")] {
        let unknown = org.insert_case(json!({ field: salesforce_id(prefix, 9, 9) })).await?;
        assert_eq!(unknown.refusal(), (400, "INVALID_CROSS_REFERENCE_KEY", json!([field])));
        for malformed in ["x".to_owned(), salesforce_id("001", 1, 1)] {
            let answer = org.insert_case(json!({ field: malformed })).await?;
            assert_eq!(answer.refusal(), (400, "MALFORMED_ID", json!([field])));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_assignment_rule_overrides_the_owner_unless_switched_off() -> Result {
    let org = Org::with(|settings| settings.queues = vec![Named::new("Support"), Named::new("Sales")]).await?;
    let (support, sales) = (org.settings.queues[0].id.clone(), org.settings.queues[1].id.clone());
    org.handle().change_org("client-id", |settings| settings.assignment_rule_owner = Some(support.clone()));
    for (header, owner) in [(None, &support), (Some("TRUE"), &support), (Some("FALSE"), &sales)] {
        let mut request = org.request(Method::POST, "sobjects/Case").json(&json!({ "OwnerId": sales }));
        if let Some(value) = header {
            request = request.header("Sforce-Auto-Assign", value);
        }
        assert_eq!(request.send().await?.status(), 201);
        assert_eq!(org.cases().last().ok_or("a Case was made")?["OwnerId"], json!(owner));
    }
    Ok(())
}

#[tokio::test]
async fn an_update_answers_204_and_changes_the_record() -> Result {
    let org = Org::start().await?;
    let id = org.insert_case(json!({ "Subject": "Help" })).await?.id().to_owned();
    let answer = org.patch(&format!("sobjects/Case/{}", &id[..15]), json!({ "Status": "Closed" })).await?;
    assert_eq!((answer.status, answer.body), (204, json!("")));
    assert_eq!(org.cases()[0]["Status"], "Closed");
    let unknown = org.patch(&format!("sobjects/Case/{}", salesforce_id("500", 9, 9)), json!({})).await?;
    assert_eq!(unknown.refusal(), (404, "NOT_FOUND", Value::Null));
    Ok(())
}

#[tokio::test]
async fn describe_lists_the_fields_that_the_user_can_see() -> Result {
    let org = Org::start().await?;
    let answer = org.get("sobjects/Case/describe").await?;
    let fields = answer.body["fields"].as_array().ok_or("there are fields")?;
    let subject = fields.iter().find(|field| field["name"] == "Subject").ok_or("Subject is one")?;
    assert_eq!((&subject["type"], &subject["length"]), (&json!("string"), &json!(255)));
    assert_eq!(subject["createable"], true);
    assert_eq!(answer.body["createable"], true);
    Ok(())
}

#[tokio::test]
async fn describe_tells_the_rights_and_the_record_types_of_the_user() -> Result {
    let org = Org::with(|settings| {
        settings.creates_cases = false;
        settings.record_types.push(Named::new("Support"));
    })
    .await?;
    let described = org.get("sobjects/Case/describe").await?.body;
    assert_eq!(described["createable"], false);
    let own = &described["recordTypeInfos"][0];
    assert_eq!((&own["recordTypeId"], &own["available"]), (&json!(org.settings.record_types[0].id), &json!(true)));
    let refused = org.insert_case(json!({ "Subject": "Help" })).await?;
    assert_eq!(refused.refusal().1, "INSUFFICIENT_ACCESS_OR_READONLY");
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() -> Result {
    let org = Org::start().await?;
    let request = org.request(Method::POST, "sobjects/Case");
    let plain = Answer::of(request.body("Subject=Help").header("Content-Type", "text/plain").send().await?).await?;
    assert_eq!((plain.status, &plain.body[0]["errorCode"]), (415, &json!("UNSUPPORTED_MEDIA_TYPE")));
    let request = org.request(Method::POST, "sobjects/Case").header("Content-Type", "application/json");
    let broken = Answer::of(request.body("{").send().await?).await?;
    assert_eq!(broken.refusal(), (400, "JSON_PARSER_ERROR", Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_read_of_an_unknown_field_is_refused_and_so_is_an_unknown_id() -> Result {
    let org = Org::start().await?;
    let id = org.insert_case(json!({})).await?.id().to_owned();
    let field = org.get(&format!("sobjects/Case/{id}?fields=Id,Plan__c")).await?;
    assert_eq!(field.refusal(), (400, "INVALID_FIELD", Value::Null));
    for unknown in [salesforce_id("500", 9, 9), "x".into()] {
        assert_eq!(org.get(&format!("sobjects/Case/{unknown}")).await?.refusal(), (404, "NOT_FOUND", Value::Null));
    }
    Ok(())
}

#[tokio::test]
async fn the_clock_of_the_simulator_dates_a_case() -> Result {
    let mut org = Org::start().await?;
    org.handle().set_clock_offset(86_400 * 365);
    org.log_in().await?;
    org.insert_case(json!({})).await?;
    let year = org.handle().now().format("%Y").to_string();
    assert!(org.cases()[0]["CreatedDate"].as_str().is_some_and(|created| created.starts_with(&year)));
    Ok(())
}

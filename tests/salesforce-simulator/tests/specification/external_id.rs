//! The unique external id: reads, upserts and duplicates.

use salesforce_simulator::{EXTERNAL_ID_FIELD, ExternalIdField};
use serde_json::{Value, json};

use crate::client::{Org, Result};

const PATH: &str = "sobjects/Case/Fullview_Escalation_Id__c";

#[tokio::test]
async fn a_case_is_read_by_its_external_id() -> Result {
    let org = Org::start().await?;
    let id = org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?.id().to_owned();
    let found = org.get(&format!("{PATH}/key-1?fields=Id,CaseNumber")).await?;
    assert_eq!(found.status, 200);
    assert_eq!((&found.body["Id"], &found.body["CaseNumber"]), (&json!(id), &json!("00001001")));
    for other in ["key-2", "KEY-1"] {
        assert_eq!(org.get(&format!("{PATH}/{other}")).await?.refusal(), (404, "NOT_FOUND", Value::Null));
    }
    Ok(())
}

#[tokio::test]
async fn a_second_insert_with_the_same_external_id_is_a_duplicate() -> Result {
    let org = Org::start().await?;
    let id = org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?.id().to_owned();
    let duplicate = org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    assert_eq!(duplicate.refusal(), (400, "DUPLICATE_VALUE", json!([])));
    let expected =
        format!("duplicate value found: {EXTERNAL_ID_FIELD} duplicates value on record with id: {}", &id[..15]);
    assert_eq!(duplicate.body[0]["message"], expected);
    assert_eq!(org.cases().len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_winner_of_a_race_may_stay_hidden_for_a_moment() -> Result {
    let org = Org::with(|settings| settings.hidden_reads_after_duplicate = 2).await?;
    org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(org.get(&format!("{PATH}/key-1")).await?.status);
    }
    assert_eq!(statuses, [404, 404, 200]);
    Ok(())
}

#[tokio::test]
async fn an_upsert_inserts_once_and_then_updates() -> Result {
    let org = Org::start().await?;
    let path = format!("{PATH}/key-1");
    let first = org.patch(&path, json!({ "Subject": "One" })).await?;
    assert_eq!((first.status, &first.body["created"]), (201, &json!(true)));
    let second = org.patch(&path, json!({ "Subject": "Two" })).await?;
    assert_eq!((second.status, &second.body["created"]), (200, &json!(false)));
    assert_eq!(first.id(), second.id());
    assert_eq!(org.cases()[0]["Subject"], "Two");
    Ok(())
}

#[tokio::test]
async fn an_upsert_refuses_its_key_in_the_body_and_may_be_for_updates_only() -> Result {
    let org = Org::start().await?;
    let in_body = org.patch(&format!("{PATH}/key-1"), json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    assert_eq!(in_body.refusal(), (400, "INVALID_FIELD", Value::Null));
    assert_eq!(org.patch(&format!("{PATH}/key-1?updateOnly=true"), json!({})).await?.status, 404);
    assert_eq!(org.cases().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_missing_field_is_no_column_and_no_key() -> Result {
    let org = Org::with(|settings| settings.external_id_field = ExternalIdField::Missing).await?;
    let insert = org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    assert_eq!(insert.refusal(), (400, "INVALID_FIELD", Value::Null));
    let read = org.get(&format!("{PATH}/key-1")).await?;
    assert_eq!(read.refusal(), (404, "NOT_FOUND", Value::Null));
    assert!(read.body[0]["message"].as_str().is_some_and(|message| message.contains("external ID field")));
    Ok(())
}

#[tokio::test]
async fn a_field_that_is_not_editable_can_be_read_but_not_written() -> Result {
    let org = Org::with(|settings| settings.external_id_field = ExternalIdField::ReadOnly).await?;
    let insert = org.insert_case(json!({ EXTERNAL_ID_FIELD: "key-1" })).await?;
    assert_eq!(insert.refusal(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE", json!([EXTERNAL_ID_FIELD])));
    assert_eq!(org.query("SELECT Fullview_Escalation_Id__c FROM Case").await?.status, 200);
    Ok(())
}

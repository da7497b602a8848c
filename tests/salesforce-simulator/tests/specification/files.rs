//! Files: `ContentVersion`.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use salesforce_simulator::{FileUploads, salesforce_id};
use serde_json::{Value, json};

use crate::client::{CLIENT_ID, Org, Result};

fn upload(data: &str, location: &str) -> Value {
    json!({ "PathOnClient": "Transcript.txt", "VersionData": data, "FirstPublishLocationId": location })
}

#[tokio::test]
async fn a_file_is_stored_linked_and_can_be_downloaded() -> Result {
    let org = Org::start().await?;
    let case = org.insert_case(json!({})).await?.id().to_owned();
    let bytes = b"caf\xc3\xa9\n\x00\xff";
    let file = org.post("sobjects/ContentVersion", upload(&BASE64_STANDARD.encode(bytes), &case)).await?;
    assert_eq!(file.status, 201);
    assert!(file.id().starts_with("068"));
    let request = org.request(Method::GET, &format!("sobjects/ContentVersion/{}/VersionData", file.id()));
    assert_eq!(request.send().await?.bytes().await?, bytes.as_slice());
    let soql = format!("SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{case}'");
    let document = org.query(&soql).await?.body["records"][0]["ContentDocumentId"].clone();
    assert!(document.as_str().is_some_and(|id| id.starts_with("069")));
    let versions = org.query("SELECT Title, ContentSize, FileExtension FROM ContentVersion").await?;
    let record = &versions.body["records"][0];
    assert_eq!((&record["Title"], &record["ContentSize"]), (&json!("Transcript"), &json!(bytes.len())));
    assert_eq!(record["FileExtension"], "txt");
    Ok(())
}

#[tokio::test]
async fn a_file_needs_a_name_valid_base64_and_a_record() -> Result {
    let org = Org::start().await?;
    let case = org.insert_case(json!({})).await?.id().to_owned();
    let mut nameless = upload("eA==", &case);
    nameless["PathOnClient"] = Value::Null;
    for (body, code) in [
        (nameless, "REQUIRED_FIELD_MISSING"),
        (upload("not base64!", &case), "JSON_PARSER_ERROR"),
        (upload("eA==", &salesforce_id("500", 9, 9)), "INVALID_CROSS_REFERENCE_KEY"),
        (upload("eA==", "x"), "MALFORMED_ID"),
    ] {
        assert_eq!(org.post("sobjects/ContentVersion", body).await?.refusal().1, code);
    }
    assert_eq!(org.handle().files(CLIENT_ID).len(), 0);
    Ok(())
}

#[tokio::test]
async fn uploads_may_be_forbidden_or_the_storage_full() -> Result {
    let org = Org::start().await?;
    let case = org.insert_case(json!({})).await?.id().to_owned();
    for (uploads, code) in [
        (FileUploads::Forbidden, "INSUFFICIENT_ACCESS_OR_READONLY"),
        (FileUploads::StorageFull, "STORAGE_LIMIT_EXCEEDED"),
    ] {
        org.handle().change_org(CLIENT_ID, |settings| settings.file_uploads = uploads);
        assert_eq!(org.post("sobjects/ContentVersion", upload("eA==", &case)).await?.refusal().1, code);
    }
    Ok(())
}

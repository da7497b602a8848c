//! SOQL.

use chrono::{SecondsFormat, TimeDelta};
use salesforce_simulator::{Contact, DEMO_CLIENT_ID};
use serde_json::json;

use crate::client::{Org, Result};

#[tokio::test]
async fn a_contact_is_found_by_email_whatever_its_case() -> Result {
    let org = Org::with(|settings| {
        settings.contacts = vec![Contact::new("Ada", "Ada@Example.com"), Contact::new("O'Hara", "o'hara@example.com")];
    })
    .await?;
    let answer = org.query("SELECT Id, Name FROM Contact WHERE Email = 'ada@example.COM' LIMIT 2").await?;
    assert_eq!((answer.status, &answer.body["totalSize"], &answer.body["done"]), (200, &json!(1), &json!(true)));
    let record = &answer.body["records"][0];
    assert_eq!((&record["Id"], &record["Name"]), (&json!(org.settings.contacts[0].id), &json!("Ada")));
    assert_eq!(record["attributes"]["type"], "Contact");
    let escaped = org.query(r"SELECT Id FROM Contact WHERE Email = 'o\'hara@example.com'").await?;
    assert_eq!(escaped.body["totalSize"], 1);
    Ok(())
}

#[tokio::test]
async fn an_unescaped_quote_is_malformed() -> Result {
    let org = Org::start().await?;
    let answer = org.query("SELECT Id FROM Contact WHERE Email = 'o'hara@example.com'").await?;
    assert_eq!((answer.status, &answer.body[0]["errorCode"]), (400, &json!("MALFORMED_QUERY")));
    Ok(())
}

#[tokio::test]
async fn a_case_is_found_by_time_and_the_end_of_its_subject() -> Result {
    let org = Org::start().await?;
    org.insert_case(json!({ "Subject": "Export fails [FV-1_2]" })).await?;
    org.insert_case(json!({ "Subject": "Export fails [FV-1x2]" })).await?;
    let find = |since: &str| format!(r"SELECT Id FROM Case WHERE CreatedDate >= {since} AND Subject LIKE '%[FV-1\_2]'");
    assert_eq!(org.query(&find("2026-01-01T00:00:00Z")).await?.body["totalSize"], 1);
    org.handle().set_clock_offset(3_600);
    org.insert_case(json!({ "Subject": "Later [FV-1_2]" })).await?;
    assert_eq!(org.query(&find("2026-01-01T00:00:00+01:00")).await?.body["totalSize"], 2);
    let later = (org.handle().now() + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    assert_eq!(org.query(&find(&later)).await?.body["totalSize"], 0);
    Ok(())
}

#[tokio::test]
async fn created_date_has_whole_seconds() -> Result {
    let org = Org::start().await?;
    org.insert_case(json!({})).await?;
    let answer = org.query("SELECT CreatedDate FROM Case").await?;
    let created = answer.body["records"][0]["CreatedDate"].as_str().unwrap_or_default().to_owned();
    assert!(created.ends_with(".000+0000"), "{created}");
    Ok(())
}

#[tokio::test]
async fn records_are_ordered_and_limited() -> Result {
    let org = Org::start().await?;
    for subject in ["b", "a", "c"] {
        org.insert_case(json!({ "Subject": subject })).await?;
    }
    let answer = org.query("SELECT Subject FROM Case ORDER BY Subject DESC LIMIT 2").await?;
    let subjects: Vec<_> = (0..2).map(|index| &answer.body["records"][index]["Subject"]).collect();
    assert_eq!(subjects, ["c", "b"]);
    assert_eq!(answer.body["totalSize"], 2);
    Ok(())
}

#[tokio::test]
async fn unknown_names_and_wrong_literals_are_refused() -> Result {
    let org = Org::start().await?;
    for (soql, code) in [
        ("SELECT Plan__c FROM Case", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Plan__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE CreatedDate >= '2026-01-01T00:00:00Z'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Case WHERE CreatedDate = '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM MessagingThing", "INVALID_TYPE"),
        ("SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
    ] {
        let answer = org.query(soql).await?;
        assert_eq!((answer.status, &answer.body[0]["errorCode"]), (400, &json!(code)), "{soql}");
    }
    Ok(())
}

#[tokio::test]
async fn the_demo_org_has_ada() -> Result {
    let org = Org::start().await?;
    let demo = org.handle().org(DEMO_CLIENT_ID).ok_or("the demo org exists")?;
    assert_eq!(demo.contacts[0].email, "ada@example.com");
    Ok(())
}

//! Whether the run-as user can make the Cases that the settings ask for.

use shared::case_fields::EXTERNAL_ID_FIELD;
use shared::salesforce::{CaseDescription, Salesforce, SalesforceError, Session};
use shared::settings::{CaseSettings, ContactPolicy};

use super::{CALL_PATIENCE, Check};

const CREATE_CASE: &str = "createCase";
const EXTERNAL_ID: &str = "externalIdField";
const ASSIGN: &str =
    "In Setup, open Permission Sets, and assign Fullview Integration, or one that allows it, to the Run As user";
/// Fields that each Case has if they are known.
const ALWAYS: [&str; 8] =
    ["Subject", "Description", "Origin", "Priority", "Status", "SuppliedName", "SuppliedEmail", "SuppliedPhone"];

/// Both checks; they are skipped without a session.
pub(super) async fn check(salesforce: &Salesforce, settings: &CaseSettings, session: Option<&Session>) -> Vec<Check> {
    let Some(session) = session else { return skipped("The connected app can't use the API.") };
    let description = tokio::time::timeout(CALL_PATIENCE, salesforce.describe_case(session)).await;
    match description.unwrap_or(Err(SalesforceError::UnknownOutcome("time-out"))) {
        Ok(Some(description)) => vec![create_case(&description, settings), external_id_field(&description)],
        Ok(None) => {
            vec![
                Check::failed(CREATE_CASE, "The Run As user can't see Cases.", format!("{ASSIGN}.")),
                Check::skipped(EXTERNAL_ID, "The Run As user can't see Cases."),
            ]
        }
        Err(error) => not_described(&error),
    }
}

fn skipped(reason: &str) -> Vec<Check> {
    vec![Check::skipped(CREATE_CASE, reason), Check::skipped(EXTERNAL_ID, reason)]
}

fn not_described(error: &SalesforceError) -> Vec<Check> {
    let case = if error.is_transient() && *error != SalesforceError::SessionExpired {
        Check::unknown(
            CREATE_CASE,
            format!("Salesforce did not describe Case: {error}."),
            "Test again in a few minutes.",
        )
    } else {
        let cure = format!("{ASSIGN}; it includes API Enabled. The org's edition must have the API.");
        Check::failed(CREATE_CASE, format!("The Run As user can't use the REST API: {error}."), cure)
    };
    vec![case, Check::skipped(EXTERNAL_ID, "Case was not described.")]
}

fn create_case(case: &CaseDescription, settings: &CaseSettings) -> Check {
    if !case.createable {
        return Check::failed(
            CREATE_CASE,
            "The Run As user may not create Cases.",
            format!("{ASSIGN}: Create on Case."),
        );
    }
    let hidden = not_writable(case, settings);
    if !hidden.is_empty() {
        let detail = format!("The Run As user can't set these fields of Case: {}.", hidden.join(", "));
        let cure =
            format!("{ASSIGN}; give Read and Edit on the fields, and compare their API names with the Case card.");
        return Check::failed(CREATE_CASE, detail, cure);
    }
    let missing = never_set(case, settings);
    if !missing.is_empty() {
        let detail = format!("Case requires fields that no Case of ours sets: {}.", missing.join(", "));
        let cure = "Map them in the Case card; or make them optional, or give them a default, in Object Manager.";
        return Check::failed(CREATE_CASE, detail, cure);
    }
    if settings.record_type_id.as_deref().is_some_and(|id| !case.has_record_type(id)) {
        let cure = format!("{ASSIGN}, and give it the record type; or choose another one in the Case card.");
        return Check::failed(CREATE_CASE, "The record type is not there, or not the Run As user's.", cure);
    }
    Check::passed(CREATE_CASE, "The Run As user may create Cases and set all their fields.")
}

/// Fields that the settings set and the user can't.
fn not_writable<'a>(case: &CaseDescription, settings: &'a CaseSettings) -> Vec<&'a str> {
    let chosen = [
        ("ContactId", settings.contact == ContactPolicy::Link),
        ("OwnerId", settings.owner_id.is_some()),
        ("RecordTypeId", settings.record_type_id.is_some()),
    ];
    let chosen = chosen.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name);
    let mapped = settings.fields.iter().map(|field| field.name.as_str());
    let fields = ALWAYS.into_iter().chain(chosen).chain(mapped);
    fields.filter(|name| !case.field(name).is_some_and(|field| field.createable)).collect()
}

/// Fields without which the org takes no Case, and that are not ours to set.
fn never_set<'a>(case: &'a CaseDescription, settings: &CaseSettings) -> Vec<&'a str> {
    let is_set = |name: &str| {
        let mapped = settings.fields.iter().map(|field| field.name.as_str());
        ALWAYS.into_iter().chain(mapped).any(|own| own.eq_ignore_ascii_case(name))
    };
    let required = case
        .fields
        .iter()
        .filter(|field| field.createable && !field.defaulted_on_create && field.nillable == Some(false));
    required.map(|field| field.name.as_str()).filter(|name| !is_set(name)).collect()
}

/// Without the field a Case is found again by its Subject: that works too, so its lack is no failure.
fn external_id_field(case: &CaseDescription) -> Check {
    match case.field(EXTERNAL_ID_FIELD) {
        None => Check::unknown(
            EXTERNAL_ID,
            format!(
                "Case has no field {EXTERNAL_ID_FIELD}, or the Run As user can't see it: Cases are marked in their Subject instead."
            ),
            format!("Deploy the package case of Fullview's Salesforce project. {ASSIGN}."),
        ),
        Some(field) if !(field.external_id && field.unique) => Check::failed(
            EXTERNAL_ID,
            format!("{EXTERNAL_ID_FIELD} is not a unique external id."),
            "In Object Manager, open Case, Fields, and tick Unique and External ID, or deploy the package case again.",
        ),
        Some(field) if !field.createable => Check::failed(
            EXTERNAL_ID,
            format!("The Run As user may not set {EXTERNAL_ID_FIELD}."),
            format!("{ASSIGN}: Read and Edit on the field."),
        ),
        Some(_) => Check::passed(EXTERNAL_ID, "Each escalation's Case is unique by the field."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::settings::{CaseField, FieldSource};

    use super::super::CheckResult;
    use super::*;

    fn case(change: impl FnOnce(&mut Value)) -> CaseDescription {
        let field = |name: &str| json!({ "name": name, "createable": true });
        let mut fields: Vec<_> =
            ALWAYS.into_iter().chain(["ContactId", "OwnerId", "RecordTypeId"]).map(field).collect();
        fields.push(json!({ "name": EXTERNAL_ID_FIELD, "createable": true, "externalId": true, "unique": true }));
        let mut case = json!({ "createable": true, "fields": fields, "recordTypeInfos": [] });
        change(&mut case);
        serde_json::from_value(case).unwrap()
    }

    fn last_field(name: &'static str, value: bool) -> Check {
        external_id_field(&case(|case| case["fields"].as_array_mut().unwrap().last_mut().unwrap()[name] = json!(value)))
    }

    #[test]
    fn each_field_that_the_settings_set_must_be_the_user_s() {
        let fields = vec![CaseField { name: "Plan__c".into(), source: FieldSource::Value("pro".into()) }];
        let settings = CaseSettings { fields, ..CaseSettings::default() };
        let check = create_case(&case(|_| ()), &settings);
        assert_eq!(check.result, CheckResult::Failed);
        assert!(check.detail.unwrap().ends_with(": Plan__c."));
        assert_eq!(create_case(&case(|_| ()), &CaseSettings::default()).result, CheckResult::Passed);
        let unset = case(|case| case["fields"] = json!([]));
        assert_eq!(not_writable(&unset, &CaseSettings::default()).len(), ALWAYS.len() + 1, "the Contact is linked");
    }

    #[test]
    fn a_field_that_the_org_requires_must_be_mapped() {
        let required = case(|case| {
            let fields = case["fields"].as_array_mut().unwrap();
            fields.push(json!({ "name": "Must__c", "createable": true, "nillable": false }));
            fields.push(json!({ "name": "Flag__c", "createable": true, "nillable": false, "defaultedOnCreate": true }));
        });
        let check = create_case(&required, &CaseSettings::default());
        assert_eq!(check.result, CheckResult::Failed);
        assert!(check.detail.unwrap().ends_with(": Must__c."));
        let fields = vec![CaseField { name: "must__c".into(), source: FieldSource::Value("pro".into()) }];
        let mapped = CaseSettings { fields, ..CaseSettings::default() };
        assert_eq!(create_case(&required, &mapped).result, CheckResult::Passed);
    }

    #[test]
    fn a_record_type_must_be_available() {
        let settings = CaseSettings { record_type_id: Some("012000000000001".into()), ..CaseSettings::default() };
        assert_eq!(create_case(&case(|_| ()), &settings).result, CheckResult::Failed);
        let available = json!([{ "recordTypeId": "012000000000001AAA", "available": true }]);
        assert_eq!(
            create_case(&case(|case| case["recordTypeInfos"] = available), &settings).result,
            CheckResult::Passed
        );
    }

    #[test]
    fn without_the_field_cases_are_made_all_the_same_and_with_a_wrong_one_they_are_not() {
        let missing = external_id_field(&case(|case| case["fields"] = json!([])));
        assert_eq!(missing.result, CheckResult::Unknown);
        assert!(missing.detail.unwrap().contains("Subject"));
        for name in ["createable", "externalId", "unique"] {
            assert_eq!(last_field(name, false).result, CheckResult::Failed, "{name}");
        }
        assert_eq!(last_field("unique", true).result, CheckResult::Passed);
    }

    #[test]
    fn what_time_may_cure_is_not_known_and_what_only_an_admin_can_has_failed() {
        let result = |error| not_described(&error)[0].result;
        assert_eq!(result(SalesforceError::Unavailable(503)), CheckResult::Unknown);
        assert_eq!(result(SalesforceError::SessionExpired), CheckResult::Failed);
        assert_eq!(result(SalesforceError::Refused(vec![])), CheckResult::Failed);
    }
}

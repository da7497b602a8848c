//! What to do about a refused Case: a pure rule of what was refused and what was sent.

use shared::case_fields::EXTERNAL_ID_FIELD;
use shared::escalation::{Mechanism, Stuck};
use shared::salesforce::Refusal;

use crate::record::{FILE, FILE_PART};

/// What to do about a refusal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Remedy {
    /// Leave these optional parts out and try at once; the first refusal's code goes into the timeline.
    Omit(Vec<String>),
    /// The org has no usable external-id field: find the Case by its Subject instead.
    UseSubjectReference,
    /// There may be a Case of ours already.
    LookForIt,
    /// An admin must act.
    Admin(Stuck),
}

/// Records that a Case refers to, in the order in which they are most likely wrong.
const REFERENCES: [&str; 3] = ["ContactId", "OwnerId", "RecordTypeId"];

/// Codes about such a record that need not name the field.
const REFERENCE_CODES: [&str; 5] = [
    "INVALID_CROSS_REFERENCE_KEY",
    "MALFORMED_ID",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "ENTITY_IS_DELETED",
    "INVALID_ID_FIELD",
];

/// Codes about the whole org or its permissions: leaving fields out does not help.
const ORG_CODES: [&str; 8] = [
    "API_DISABLED_FOR_ORG",
    "API_CURRENTLY_DISABLED",
    "INVALID_TYPE",
    "NOT_FOUND",
    "FUNCTIONALITY_NOT_ENABLED",
    "TXN_SECURITY_NO_ACCESS",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "UNSUPPORTED_API_VERSION",
];

/// Decides. `optional` names the optional fields that were sent, and `file` if the transcript file was.
pub(crate) fn remedy(refusals: &[Refusal], optional: &[String], mechanism: Mechanism) -> Remedy {
    let unnamed = Refusal { code: "UNKNOWN".into(), fields: Vec::new(), reference_id: None };
    let refusal = refusals.first().unwrap_or(&unnamed);
    let is_sent = |part: &str| optional.iter().any(|sent| sent == part);
    let with_field = mechanism == Mechanism::ExternalIdField;
    if refusal.reference_id.as_deref() == Some(FILE_PART) && is_sent(FILE) {
        return Remedy::Omit(vec![FILE.to_owned()]);
    }
    let names_other_field = refusal.fields.iter().any(|field| field != EXTERNAL_ID_FIELD);
    if refusal.code == "DUPLICATE_VALUE" && with_field && !names_other_field {
        return Remedy::LookForIt;
    }
    if with_field && refusal.fields.iter().any(|field| field == EXTERNAL_ID_FIELD) {
        return Remedy::UseSubjectReference;
    }
    let named: Vec<_> =
        refusals.iter().flat_map(|refusal| &refusal.fields).filter(|field| is_sent(field)).cloned().collect();
    if !named.is_empty() && refusal.code != "REQUIRED_FIELD_MISSING" {
        return Remedy::Omit(named);
    }
    if let Some(guess) = guess(&refusal.code, is_sent) {
        return Remedy::Omit(vec![guess.to_owned()]);
    }
    let is_minimal = optional.is_empty();
    if is_minimal || refusal.code == "REQUIRED_FIELD_MISSING" || ORG_CODES.contains(&refusal.code.as_str()) {
        return Remedy::Admin(stuck(refusal));
    }
    Remedy::Omit(optional.to_vec())
}

/// The part that a code is about, where it names no field.
fn guess(code: &str, is_sent: impl Fn(&str) -> bool) -> Option<&'static str> {
    let candidates: &[&'static str] = match code {
        "INVALID_EMAIL_ADDRESS" => &["SuppliedEmail"],
        "STORAGE_LIMIT_EXCEEDED" => &[FILE],
        code if REFERENCE_CODES.contains(&code) => &REFERENCES,
        _ => &[],
    };
    candidates.iter().copied().find(|part| is_sent(part))
}

fn stuck(refusal: &Refusal) -> Stuck {
    let fields = refusal.fields.join(", ");
    let about = if fields.is_empty() { String::new() } else { format!(" ({fields})") };
    let cure = match refusal.code.as_str() {
        "REQUIRED_FIELD_MISSING" => {
            format!(
                "Map the required field{about} in the settings of the Case (case.fields), or make it optional in Salesforce."
            )
        }
        "FIELD_CUSTOM_VALIDATION_EXCEPTION" => {
            format!(
                "A validation rule on Case refuses it{about}. Map the fields it wants in the settings of the Case (case.fields), or let the rule pass Cases of the integration user."
            )
        }
        "STORAGE_LIMIT_EXCEEDED" => "The org's data storage is full. Free storage in Salesforce, then redrive.".into(),
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => {
            "Enable the REST API for the org and give the run-as user the permission API Enabled.".into()
        }
        "INVALID_TYPE" | "NOT_FOUND" | "INSUFFICIENT_ACCESS_OR_READONLY" => {
            "Give the run-as user of the External Client App the permission to create and read Cases.".into()
        }
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "APEX_ERROR" => {
            "A trigger or flow on Case fails. Correct it in Salesforce, then redrive.".into()
        }
        "DUPLICATES_DETECTED" => {
            "A duplicate rule on Case refuses it. Let the integration user bypass the rule, then redrive.".into()
        }
        _ => format!(
            "See what {} means for a new Case in Salesforce{about}, correct it there or in the settings, then redrive.",
            refusal.code
        ),
    };
    Stuck { code: "caseRefused".into(), detail: format!("Salesforce refused the Case: {}{about}.", refusal.code), cure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, fields: &[&str]) -> Refusal {
        Refusal {
            code: code.into(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            reference_id: None,
        }
    }

    fn decided(refusal: Refusal, optional: &[&str]) -> Remedy {
        let optional: Vec<_> = optional.iter().map(|part| (*part).to_owned()).collect();
        remedy(&[refusal], &optional, Mechanism::ExternalIdField)
    }

    fn omit(parts: &[&str]) -> Remedy {
        Remedy::Omit(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    #[test]
    fn a_named_optional_field_is_left_out() {
        for code in [
            "STRING_TOO_LONG",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "INVALID_FIELD",
            "INVALID_CROSS_REFERENCE_KEY",
        ] {
            assert_eq!(decided(refusal(code, &["Plan__c"]), &["Origin", "Plan__c"]), omit(&["Plan__c"]), "{code}");
        }
    }

    #[test]
    fn an_unnamed_reference_is_left_out_one_by_one() {
        let wrong = || refusal("INVALID_CROSS_REFERENCE_KEY", &[]);
        assert_eq!(decided(wrong(), &["Origin", "OwnerId", "ContactId"]), omit(&["ContactId"]));
        assert_eq!(decided(wrong(), &["Origin", "OwnerId"]), omit(&["OwnerId"]));
    }

    #[test]
    fn a_bad_address_and_a_refused_file_are_left_out() {
        assert_eq!(decided(refusal("INVALID_EMAIL_ADDRESS", &[]), &["SuppliedEmail"]), omit(&["SuppliedEmail"]));
        let file = Refusal { reference_id: Some(FILE_PART.into()), ..refusal("FILE_EXTENSION_NOT_ALLOWED", &[]) };
        assert_eq!(decided(file, &["file", "Origin"]), omit(&["file"]));
        assert_eq!(decided(refusal("STORAGE_LIMIT_EXCEEDED", &[]), &["file"]), omit(&["file"]));
    }

    #[test]
    fn a_missing_or_hidden_external_id_field_changes_the_mechanism() {
        for code in ["INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"] {
            assert_eq!(decided(refusal(code, &[EXTERNAL_ID_FIELD]), &["Origin"]), Remedy::UseSubjectReference);
        }
    }

    #[test]
    fn a_duplicate_value_means_that_it_may_be_there() {
        assert_eq!(decided(refusal("DUPLICATE_VALUE", &[]), &["Origin"]), Remedy::LookForIt);
        assert_eq!(decided(refusal("DUPLICATE_VALUE", &[EXTERNAL_ID_FIELD]), &["Origin"]), Remedy::LookForIt);
    }

    #[test]
    fn a_mapped_field_that_must_be_unique_is_left_out() {
        assert_eq!(decided(refusal("DUPLICATE_VALUE", &["Order__c"]), &["Origin", "Order__c"]), omit(&["Order__c"]));
    }

    #[test]
    fn a_rule_that_names_nothing_is_tried_with_the_minimal_case_before_an_admin_is_asked() {
        let rule = || refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", &[]);
        assert_eq!(decided(rule(), &["Origin", "Priority"]), omit(&["Origin", "Priority"]));
        let Remedy::Admin(stuck) = decided(rule(), &[]) else { panic!() };
        assert!(stuck.cure.contains("validation rule"));
    }

    #[test]
    fn a_required_field_and_a_missing_permission_need_an_admin_at_once() {
        let Remedy::Admin(stuck) = decided(refusal("REQUIRED_FIELD_MISSING", &["Region__c"]), &["Origin"]) else {
            panic!()
        };
        assert!(stuck.cure.contains("Region__c") && stuck.cure.contains("case.fields"));
        let Remedy::Admin(stuck) = decided(refusal("INVALID_TYPE", &[]), &["Origin"]) else { panic!() };
        assert!(stuck.cure.contains("permission"));
    }
}

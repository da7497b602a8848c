//! What the run-as user may do with Cases, as `describe` tells it.

use reqwest::Method;
use serde::Deserialize;

use super::error::Refusal;
use super::rest::is_not_found;
use super::{Salesforce, SalesforceError, Session};

/// The parts of the description of Case that we look at; a member that is absent is a right that the user does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CaseDescription {
    /// Whether the user may create Cases.
    pub createable: bool,
    /// The fields that the user can see.
    pub fields: Vec<FieldDescription>,
    /// The record types that Case has.
    pub record_type_infos: Vec<RecordTypeInfo>,
}

/// A field as the user sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the members of Salesforce's own description")]
pub struct FieldDescription {
    /// API name.
    pub name: String,
    /// Whether the user may set it in a new Case.
    pub createable: bool,
    /// Whether Salesforce fills it in, if a new Case does not.
    pub defaulted_on_create: bool,
    /// Whether it may be empty; not told means that it may.
    pub nillable: Option<bool>,
    /// Whether Cases can be found by it.
    pub external_id: bool,
    /// Whether no two Cases have the same value in it.
    pub unique: bool,
}

/// A record type as the user sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordTypeInfo {
    /// 18 characters.
    pub record_type_id: String,
    /// Whether the user may choose it.
    pub available: bool,
}

impl CaseDescription {
    /// The field of this API name, if the user can see it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether the user may choose the record type of this id of 15 or 18 characters.
    #[must_use]
    pub fn has_record_type(&self, id: &str) -> bool {
        let is_same = |info: &&RecordTypeInfo| info.record_type_id.get(..15) == id.get(..15);
        self.record_type_infos.iter().filter(is_same).any(|info| info.available)
    }
}

impl Salesforce {
    /// What the user may do with Cases; `None` if the user can't see them at all.
    ///
    /// # Errors
    /// See [`SalesforceError`].
    pub async fn describe_case(&self, session: &Session) -> Result<Option<CaseDescription>, SalesforceError> {
        let is_unseen = |refusal: &Refusal| is_not_found(refusal) || refusal.code == "INVALID_TYPE";
        match self.read(session, self.request(session, Method::GET, "/sobjects/Case/describe")).await {
            Err(SalesforceError::Refused(refusals)) if refusals.iter().any(is_unseen) => Ok(None),
            answer => answer.map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn description() -> CaseDescription {
        let answer = json!({
            "createable": true, "label": "Case",
            "fields": [{ "name": "Plan__c", "createable": true, "externalId": false, "unique": false, "length": 255 }],
            "recordTypeInfos": [{ "recordTypeId": "012000000000001AAA", "available": true },
                                { "recordTypeId": "012000000000002AAA", "available": false }],
        });
        serde_json::from_value(answer).unwrap()
    }

    #[test]
    fn fields_are_found_whatever_their_case() {
        let found = |name| description().field(name).map(|field| field.createable);
        assert_eq!((found("plan__c"), found("Other__c")), (Some(true), None));
    }

    #[test]
    fn a_record_type_must_be_the_user_s() {
        for (id, expected) in [
            ("012000000000001AAA", true),
            ("012000000000001", true),
            ("012000000000002AAA", false),
            ("012000000000003", false),
        ] {
            assert_eq!(description().has_record_type(id), expected, "{id}");
        }
    }

    #[test]
    fn what_is_not_told_is_not_allowed() {
        assert!(!serde_json::from_value::<CaseDescription>(json!({})).unwrap().createable);
    }
}

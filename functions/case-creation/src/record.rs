//! The composite request: the Case, its transcript file, and the reading of its number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use shared::escalation::Mechanism;
use shared::salesforce::Subrequest;
use shared::settings::{AttachTranscript, CaseSettings, FieldSource};
use shared::transcript::{Transcript, file_name};
use uuid::Uuid;

use crate::description::{Whole, cut, description, subject, units};

/// The external-id field of our package: Text 36, unique.
pub(crate) const EXTERNAL_ID_FIELD: &str = "Fullview_Escalation_Id__c";
/// The name, among what was left out, of the transcript file.
pub(crate) const FILE: &str = "file";
/// Reference id of the file's part.
pub(crate) const FILE_PART: &str = "file";
const CASE_PART: &str = "case";

/// `SuppliedName` and `SuppliedEmail` hold 80 characters, `SuppliedPhone` 40.
const SUPPLIED_NAME_UNITS: usize = 80;
const SUPPLIED_EMAIL_UNITS: usize = 80;
const SUPPLIED_PHONE_UNITS: usize = 40;

/// All that a Case is made of.
pub(crate) struct CasePlan<'a> {
    pub(crate) escalation_id: Uuid,
    pub(crate) settings: &'a CaseSettings,
    pub(crate) transcript: Transcript<'a>,
    pub(crate) contact_id: Option<&'a str>,
}

impl CasePlan<'_> {
    /// The parts, in order: the Case, the file if one is needed, the number.
    pub(crate) fn parts(&self, mechanism: Mechanism, omitted: &[String]) -> Vec<Subrequest> {
        let is_omitted = |part: &str| omitted.iter().any(|omitted| omitted == part);
        let may_attach = self.settings.attach_transcript != AttachTranscript::Never && !is_omitted(FILE);
        let whole = if may_attach { Whole::File } else { Whole::Kept };
        let description = description(&self.transcript, self.escalation_id, whole);
        let attach = may_attach && (description.is_cut || self.settings.attach_transcript == AttachTranscript::Always);
        let mut case = self.optional_fields();
        case.retain(|field, _| !is_omitted(field));
        let reference = (mechanism == Mechanism::SubjectReference).then_some(self.escalation_id);
        case.insert(
            "Subject".into(),
            subject(self.transcript.request.conversation.subject.as_deref(), reference).into(),
        );
        case.insert("Description".into(), description.text.into());
        if mechanism == Mechanism::ExternalIdField {
            case.insert(EXTERNAL_ID_FIELD.into(), self.escalation_id.to_string().into());
        }
        let mut parts = vec![Subrequest::insert("Case", CASE_PART, case.into())];
        parts.extend(attach.then(|| Subrequest::insert("ContentVersion", FILE_PART, self.file())));
        parts.push(Subrequest::read("Case", &format!("@{{{CASE_PART}.id}}"), "CaseNumber", "number"));
        parts
    }

    /// The fields that a Case can do without.
    pub(crate) fn optional_fields(&self) -> Map<String, Value> {
        let settings = self.settings;
        let customer = &self.transcript.request.customer;
        let fits = |value: &Option<String>, max| value.clone().filter(|value| units(value) <= max);
        let fixed = [
            ("Origin", Some(settings.origin.clone())),
            ("Priority", Some(settings.priority.clone())),
            ("Status", Some(settings.status.clone())),
            ("RecordTypeId", settings.record_type_id.clone()),
            ("OwnerId", settings.owner_id.clone()),
            ("ContactId", self.contact_id.map(str::to_owned)),
            ("SuppliedName", customer.name.as_deref().map(|name| cut(name, SUPPLIED_NAME_UNITS))),
            ("SuppliedEmail", fits(&customer.email, SUPPLIED_EMAIL_UNITS)),
            ("SuppliedPhone", fits(&customer.phone, SUPPLIED_PHONE_UNITS)),
        ];
        let fixed = fixed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let mapped = settings.fields.iter().filter_map(|field| Some((field.name.clone(), self.value(&field.source)?)));
        fixed.chain(mapped).filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.into())).collect()
    }

    /// What a field of the Case could not hold in full; it stands in the Description.
    pub(crate) fn shortened(&self) -> Vec<String> {
        let customer = &self.transcript.request.customer;
        let supplied = [
            ("SuppliedName", &customer.name, SUPPLIED_NAME_UNITS, "cut to"),
            ("SuppliedEmail", &customer.email, SUPPLIED_EMAIL_UNITS, "left out, it has more than"),
            ("SuppliedPhone", &customer.phone, SUPPLIED_PHONE_UNITS, "left out, it has more than"),
        ];
        let too_long =
            supplied.into_iter().filter(|(_, value, max, _)| value.as_ref().is_some_and(|value| units(value) > *max));
        too_long.map(|(field, _, max, what)| format!("{field}: {what} {max} characters")).collect()
    }

    /// Sent as text, which Salesforce reads for fields of every type.
    fn value(&self, source: &FieldSource) -> Option<String> {
        match source {
            FieldSource::Value(text) => Some(text.clone()),
            FieldSource::Attribute(name) => self.transcript.request.attribute(name),
        }
    }

    /// `FirstPublishLocationId` attaches the file to the Case; documented for any record, and unsure only inside a composite request.
    fn file(&self) -> Value {
        let name = file_name(self.escalation_id);
        json!({
            "Title": name.trim_end_matches(".txt"),
            "PathOnClient": name,
            "VersionData": STANDARD.encode(self.transcript.whole()),
            "FirstPublishLocationId": format!("@{{{CASE_PART}.id}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::escalation_request::{EscalationRequest, parse};
    use shared::settings::CaseField;

    fn request(text: &str) -> EscalationRequest {
        let body = json!({
            "conversation": { "id": "c", "subject": "Export", "messages": [{ "role": "customer", "text": text, "sentAt": "2026-11-20T09:14:03Z" }] },
            "customer": { "name": "n".repeat(100), "email": "ada@example.com", "phone": "1".repeat(41), "properties": { "seats": 12 } },
            "reason": "policy",
        });
        parse(&body).ok().unwrap()
    }

    fn plan<'a>(settings: &'a CaseSettings, request: &'a EscalationRequest) -> CasePlan<'a> {
        let transcript = Transcript {
            request,
            live: &[],
            accepted_at: "2026-11-20T09:14:03Z".parse().unwrap(),
            why: "Why.",
            next_opening: None,
            time_zone: chrono_tz::UTC,
        };
        CasePlan { escalation_id: Uuid::nil(), settings, transcript, contact_id: Some("003000000000001AAA") }
    }

    fn parts(settings: &CaseSettings, text: &str, mechanism: Mechanism, omitted: &[&str]) -> Vec<Value> {
        let request = request(text);
        let omitted: Vec<_> = omitted.iter().map(|part| (*part).to_owned()).collect();
        let parts = plan(settings, &request).parts(mechanism, &omitted);
        parts.into_iter().map(|part| serde_json::to_value(part).unwrap()).collect()
    }

    #[test]
    fn a_short_conversation_needs_no_file() {
        let parts = parts(&CaseSettings::default(), "Hi", Mechanism::ExternalIdField, &[]);
        assert_eq!(parts.len(), 2);
        let case = &parts[0]["body"];
        assert_eq!(case["Subject"], "Export");
        assert_eq!(case[EXTERNAL_ID_FIELD], Uuid::nil().to_string());
        assert_eq!((&case["Origin"], &case["ContactId"]), (&json!("Chat"), &json!("003000000000001AAA")));
    }

    #[test]
    fn what_salesforce_cannot_hold_is_cut_or_left_to_the_description() {
        let case = &parts(&CaseSettings::default(), "Hi", Mechanism::ExternalIdField, &[])[0]["body"];
        assert_eq!(case["SuppliedName"].as_str().unwrap().chars().count(), 80);
        assert!(case.get("SuppliedPhone").is_none());
        assert!(case["Description"].as_str().unwrap().contains(&"1".repeat(41)));
    }

    #[test]
    fn what_was_shortened_is_told() {
        let request = request("Hi");
        let settings = CaseSettings::default();
        assert_eq!(
            plan(&settings, &request).shortened(),
            ["SuppliedName: cut to 80 characters", "SuppliedPhone: left out, it has more than 40 characters"]
        );
    }

    #[test]
    fn a_long_one_has_the_whole_in_a_file_attached_to_the_case() {
        let parts = parts(&CaseSettings::default(), &"x".repeat(50_000), Mechanism::ExternalIdField, &[]);
        let file = &parts[1]["body"];
        assert_eq!(file["PathOnClient"], format!("Transcript-{}.txt", Uuid::nil()));
        assert_eq!(file["FirstPublishLocationId"], "@{case.id}");
        let text = STANDARD.decode(file["VersionData"].as_str().unwrap()).unwrap();
        assert!(String::from_utf8(text).unwrap().contains(&"x".repeat(50_000)));
    }

    #[test]
    fn always_and_never_are_obeyed() {
        let count = |attach_transcript, text: &str| {
            parts(&CaseSettings { attach_transcript, ..CaseSettings::default() }, text, Mechanism::ExternalIdField, &[])
                .len()
        };
        assert_eq!(count(AttachTranscript::Always, "Hi"), 3);
        assert_eq!(count(AttachTranscript::Never, &"x".repeat(50_000)), 2);
    }

    #[test]
    fn a_refused_file_is_left_out_and_the_description_says_who_keeps_the_whole() {
        let parts = parts(&CaseSettings::default(), &"x".repeat(50_000), Mechanism::ExternalIdField, &[FILE]);
        assert_eq!(parts.len(), 2);
        assert!(parts[0]["body"]["Description"].as_str().unwrap().contains("kept by Fullview"));
    }

    #[test]
    fn without_the_field_the_reference_is_in_the_subject() {
        let case = &parts(&CaseSettings::default(), "Hi", Mechanism::SubjectReference, &[])[0]["body"];
        assert!(case.get(EXTERNAL_ID_FIELD).is_none());
        assert!(case["Subject"].as_str().unwrap().ends_with("[FV-00000000-0000-0000-0000-000000000000]"));
    }

    #[test]
    fn mapped_fields_are_sent_as_text_and_absent_ones_not_at_all() {
        let field = |name: &str, source| CaseField { name: name.into(), source };
        let fields = vec![
            field("Seats__c", FieldSource::Attribute("seats".into())),
            field("Plan__c", FieldSource::Attribute("plan".into())),
            field("Source__c", FieldSource::Value("AI".into())),
        ];
        let settings = CaseSettings { fields, ..CaseSettings::default() };
        let case = &parts(&settings, "Hi", Mechanism::ExternalIdField, &["Source__c"])[0]["body"];
        assert_eq!(case["Seats__c"], "12");
        assert!(case.get("Plan__c").is_none() && case.get("Source__c").is_none());
    }
}

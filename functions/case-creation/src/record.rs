//! The composite request: the Case, its transcript file, and the reading of its number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use shared::case_fields::{EXTERNAL_ID_FIELD, case_fields};
use shared::escalation::Mechanism;
use shared::salesforce::Subrequest;
use shared::settings::{AttachTranscript, CaseSettings};
use shared::transcript::{Transcript, file_name};
use uuid::Uuid;

use crate::description::{Whole, description, subject};

/// The name, among what was left out, of the transcript file.
pub(crate) const FILE: &str = "file";
/// Reference id of the file's part.
pub(crate) const FILE_PART: &str = "file";
const CASE_PART: &str = "case";

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
        let mut case = self.fields();
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

    /// The fields that the Case can do without.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        case_fields(self.settings, self.transcript.request, self.contact_id)
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
    fn a_refused_field_is_left_out() {
        let case = &parts(&CaseSettings::default(), "Hi", Mechanism::ExternalIdField, &["Origin"])[0]["body"];
        assert!(case.get("Origin").is_none() && case.get("Priority").is_some());
    }
}

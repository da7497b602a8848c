//! The sample transcript in `events/` is what a Case of the sample escalation holds.

#![cfg(test)]

use serde_json::Value;
use shared::escalation::CaseReason;
use shared::escalation_request::{EscalationRequest, parse};
use shared::transcript::Transcript;

const EVENT: &str = include_str!("../../../events/escalation-intake.json");
const SAMPLE: &str = include_str!("../../../events/case-creation-transcript.txt");

fn request() -> EscalationRequest {
    let event: Value = serde_json::from_str(EVENT).unwrap();
    parse(&serde_json::from_str(event["body"].as_str().unwrap()).unwrap()).ok().unwrap()
}

#[test]
fn the_sample_transcript_is_the_sample_escalation_s_byte_for_byte() {
    let transcript = Transcript {
        request: &request(),
        live: &[],
        accepted_at: "2026-11-20T19:14:05Z".parse().unwrap(),
        why: CaseReason::OutsideBusinessHours.sentence(),
        next_opening: Some("2026-11-23T08:00:00Z".parse().unwrap()),
        time_zone: chrono_tz::Europe::Copenhagen,
    };
    assert_eq!(transcript.whole(), SAMPLE);
}

#[test]
fn the_sample_transcript_is_utf_8_with_lf_only_and_ends_with_one() {
    assert!(!SAMPLE.contains('\r') && SAMPLE.ends_with('\n') && !SAMPLE.ends_with("\n\n"));
}

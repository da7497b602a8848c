//! What the demo prints.

use std::time::Duration;

use salesforce_simulator::Conversation;
use serde_json::Value;

use super::scene::Scene;

/// The columns' names.
pub(super) fn heading() -> String {
    columns(["organisation", "escalation", "route", "reason", "result"], "took")
}

/// What became of a scene's escalation, in one line.
pub(super) fn line(scene: &Scene, escalation: &Value, conversation: Option<&Conversation>, took: Duration) -> String {
    let decision = &escalation["decision"];
    let (route, reason) = (text(&decision["route"]), text(&decision["reason"]));
    let result = result(escalation, conversation);
    columns([scene.organisation.id, scene.name, route, reason, &result], &format!("{:.1} s", took.as_secs_f64()))
}

/// What happened to an escalation, a line for each entry of its timeline.
pub(super) fn timeline(escalation: &Value) -> String {
    let entries = escalation["timeline"].as_array().map_or(&[][..], Vec::as_slice);
    let line = |entry: &Value| {
        let detail = entry["detail"].as_str().map(|detail| format!("  {detail}")).unwrap_or_default();
        format!("    {:<26}{}{detail}\n", text(&entry["at"]), text(&entry["event"]))
    };
    entries.iter().map(line).collect()
}

fn columns([organisation, escalation, route, reason, result]: [&str; 5], took: &str) -> String {
    format!("{organisation:<24}{escalation:<20}{route:<11}{reason:<24}{result:<32}{took:>7}")
}

fn result(escalation: &Value, conversation: Option<&Conversation>) -> String {
    let by_flow = if escalation["by"] == "salesforceFlow" { " by the flow" } else { "" };
    let status = text(&escalation["status"]);
    match (status, &escalation["case"]["number"]) {
        (_, Value::String(number)) => format!("Case {number}{by_flow}{}", rescue(escalation)),
        ("active", _) => format!("active{}", conversation.map(seen).unwrap_or_default()),
        _ => format!("{status}{by_flow}"),
    }
}

/// Why a conversation became a Case, if that was not decided at its beginning.
fn rescue(escalation: &Value) -> String {
    match escalation["reason"].as_str() {
        Some(reason) if escalation["decision"]["reason"] != reason => format!(" ({reason})"),
        _ => String::new(),
    }
}

/// Who of the org is in a conversation, and what is to be read there.
fn seen(conversation: &Conversation) -> String {
    let messages = conversation.messages().count();
    let plural = if messages == 1 { "" } else { "s" };
    format!(": {} reads {messages} message{plural}", conversation.agents().join(", "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn escalation(status: &str, by: Option<&str>, number: Option<&str>) -> Value {
        let case = number.map(|number| json!({ "number": number }));
        json!({ "status": status, "by": by, "case": case, "decision": { "reason": "omniChannelFlow" } })
    }

    #[test]
    fn a_case_is_told_by_its_number_and_by_what_is_special_about_it() {
        assert_eq!(result(&escalation("caseCreated", Some("us"), Some("00001001")), None), "Case 00001001");
        let of_flow = escalation("caseCreated", Some("salesforceFlow"), Some("00001001"));
        assert_eq!(result(&of_flow, None), "Case 00001001 by the flow");
        let mut rescued = escalation("caseCreated", Some("us"), Some("00001001"));
        rescued["reason"] = json!("longestWait");
        assert_eq!(result(&rescued, None), "Case 00001001 (longestWait)");
    }

    #[test]
    fn what_has_no_case_is_told_by_its_status() {
        assert_eq!(result(&escalation("ended", Some("salesforceFlow"), None), None), "ended by the flow");
        assert_eq!(result(&escalation("stuck", None, None), None), "stuck");
    }

    #[test]
    fn a_line_with_the_longest_of_everything_has_at_most_120_columns_and_gaps() {
        let names = ["demo-omni-channel-flow", "transcript of 1 MB", "messaging", "messagingNotConfigured"];
        let line = columns([names[0], names[1], names[2], names[3], "active: Grace reads 3 messages"], "61.6 s");
        assert!(line.len() <= 120, "{line}");
        assert!(names.iter().all(|name| line.contains(&format!("{name}  "))), "{line}");
        assert_eq!(line.len(), heading().len());
    }

    #[test]
    fn a_timeline_is_a_line_for_each_entry() {
        let at = "2026-11-22T20:00:00.123Z";
        let entries = json!([{ "at": at, "event": "accepted", "detail": null },
            { "at": at, "event": "retry", "detail": "no answer" }]);
        let lines = timeline(&json!({ "timeline": entries }));
        assert_eq!(lines, format!("    {at}  accepted\n    {at}  retry  no answer\n"));
    }
}

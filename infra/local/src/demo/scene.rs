//! What the demo plays: one escalation each, and how it should end.

use salesforce_simulator::{FlowRefusal, Script};
use serde_json::Value;

use super::organisation::{CLOSED, FULLVIEW_FLOW, OMNI_CHANNEL_FLOW, Organisation, WITHOUT_MESSAGING};
use super::sample::{Samples, as_new_conversation};

/// The agent's name, as customers see it.
const AGENT: &str = "Grace";

/// One escalation.
pub(super) struct Scene {
    /// What is special about it.
    pub(super) name: &'static str,
    /// Whose escalation it is.
    pub(super) organisation: &'static Organisation,
    /// The request's body.
    pub(super) body: Value,
    /// What happens in Salesforce.
    pub(super) script: Script,
    ending: Ending,
}

/// How an escalation should end: with these members.
#[derive(Clone, Copy)]
struct Ending {
    status: &'static str,
    by: Option<&'static str>,
    reason: Option<&'static str>,
}

const ACTIVE: Ending = Ending { status: "active", by: None, reason: None };
const FLOW_CASE: Ending = Ending { status: "caseCreated", by: Some("salesforceFlow"), reason: None };
const FLOW_END: Ending = Ending { status: "ended", by: Some("salesforceFlow"), reason: None };

const fn case(reason: &'static str) -> Ending {
    Ending { status: "caseCreated", by: Some("us"), reason: Some(reason) }
}

/// The scenes that end by themselves, in the order in which they are played.
pub(super) fn scenes(samples: &Samples) -> [Scene; 7] {
    let flow_refuses = |make_case| Script::flow_refuses(FlowRefusal { make_case, ..FlowRefusal::default() });
    let Samples { short, long, large } = samples;
    [
        Scene::new("conversation", &CLOSED, short, Script::default(), case("outsideBusinessHours")),
        Scene::new("transcript of 1 MB", &CLOSED, large, Script::default(), case("outsideBusinessHours")),
        Scene::new("long conversation", &WITHOUT_MESSAGING, long, Script::default(), case("messagingNotConfigured")),
        Scene::new("flow makes a Case", &OMNI_CHANNEL_FLOW, short, flow_refuses(true), FLOW_CASE),
        Scene::new("flow makes no Case", &OMNI_CHANNEL_FLOW, short, flow_refuses(false), FLOW_END),
        Scene::new("agent accepts", &OMNI_CHANNEL_FLOW, short, Script::agent_joins(AGENT), ACTIVE),
        Scene::new("agent accepts", &FULLVIEW_FLOW, long, Script::agent_joins(AGENT), ACTIVE),
    ]
}

/// The scene that ends once the longest wait is over.
pub(super) fn nobody_answers(samples: &Samples) -> Scene {
    Scene::new("nobody answers", &FULLVIEW_FLOW, &samples.short, Script::default(), case("longestWait"))
}

impl Scene {
    fn new(
        name: &'static str,
        organisation: &'static Organisation,
        body: &Value,
        script: Script,
        ending: Ending,
    ) -> Self {
        Self { name, organisation, body: as_new_conversation(body), script, ending }
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_over(&self, escalation: &Value) -> bool {
        let status = escalation["status"].as_str().unwrap_or_default();
        [self.ending.status, "caseCreated", "ended", "stuck"].contains(&status)
    }

    /// How it should end, in words.
    pub(super) fn expectation(&self) -> String {
        let ((route, decision), Ending { status, by, reason }) = (self.organisation.decision, self.ending);
        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{route} ({decision}), {status}{by}{reason}")
    }

    /// Whether the escalation took the right way to the right end.
    pub(super) fn is_as_expected(&self, escalation: &Value) -> bool {
        let Ending { status, by, reason } = self.ending;
        let (route, decision) = self.organisation.decision;
        let is = |pointer, expected| escalation.pointer(pointer).and_then(Value::as_str) == expected;
        is("/decision/route", Some(route))
            && is("/decision/reason", Some(decision))
            && is("/status", Some(status))
            && is("/by", by)
            && is("/reason", reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scene(ending: Ending) -> Scene {
        Scene::new("x", &FULLVIEW_FLOW, &json!({ "conversation": {} }), Script::default(), ending)
    }

    fn escalation(status: &str, by: Option<&str>, reason: Option<&str>) -> Value {
        let decision = json!({ "route": "messaging", "reason": "withinBusinessHours" });
        json!({ "status": status, "by": by, "reason": reason, "decision": decision })
    }

    #[test]
    fn a_scene_is_over_when_nothing_more_is_to_be_expected() {
        let over = |ending, status| scene(ending).is_over(&escalation(status, None, None));
        assert!(over(ACTIVE, "active") && !over(FLOW_CASE, "active"));
        for status in ["caseCreated", "ended", "stuck"] {
            assert!(over(ACTIVE, status), "{status}");
        }
        for status in ["received", "startingMessaging", "waiting", "creatingCase"] {
            assert!(!over(ACTIVE, status), "{status}");
        }
    }

    #[test]
    fn a_scene_is_as_expected_only_if_route_status_originator_and_reason_are() {
        let scene = scene(case("longestWait"));
        let expected = escalation("caseCreated", Some("us"), Some("longestWait"));
        assert!(scene.is_as_expected(&expected));
        for (pointer, other) in [
            ("/status", "ended"),
            ("/by", "salesforceFlow"),
            ("/reason", "outage"),
            ("/decision/route", "case"),
            ("/decision/reason", "omniChannelFlow"),
        ] {
            let mut escalation = expected.clone();
            *escalation.pointer_mut(pointer).unwrap() = json!(other);
            assert!(!scene.is_as_expected(&escalation), "{pointer}");
        }
    }
}

//! What must hold of each escalation.

use flows::events;
use salesforce_simulator::SessionStatus;

use super::evidence::Evidence;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    Lost,
    Doubled,
    /// A conversation that nobody answers, behind an outcome.
    LeftOpen,
    Unexplained,
    /// An answer, or a log, that should not be.
    Surprise,
}

/// What is wrong, and how.
pub(crate) type Finding = (Wrong, String);

type Rule = fn(&Evidence) -> Vec<Finding>;

/// All that is wrong with an escalation.
pub(crate) fn judge(evidence: &Evidence) -> Vec<Finding> {
    let rules: [Rule; 5] = [outcome, cases, conversation, messages, timeline];
    let surprises = evidence.learned.surprises.iter().map(|surprise| (Wrong::Surprise, surprise.clone()));
    rules.iter().flat_map(|rule| rule(evidence)).chain(surprises).collect()
}

/// Each has one outcome, and was accepted once.
fn outcome(evidence: &Evidence) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if !evidence.is_final() {
        wrong.push((Wrong::Lost, format!("it is {}: {}", evidence.status(), evidence.escalation["stuck"])));
    }
    if evidence.learned.ids.len() != 1 {
        wrong.push((Wrong::Doubled, format!("one request was accepted as {:?}", evidence.learned.ids)));
    }
    wrong
}

/// We make one Case if that is the outcome, else none; and the Case that the outcome names is there.
fn cases(evidence: &Evidence) -> Vec<Finding> {
    let ids: Vec<_> = evidence.cases.iter().map(|case| case["Id"].clone()).collect();
    let told = &evidence.escalation["case"]["id"];
    match (evidence.is_our_case(), ids.as_slice()) {
        (true, [id]) if id == told => Vec::new(),
        (true, ids) if !ids.contains(told) => vec![(Wrong::Lost, format!("{told} is not among our Cases {ids:?}"))],
        (false, []) if evidence.has_case => Vec::new(),
        (false, []) => vec![(Wrong::Lost, format!("there is no Case {told}"))],
        _ => vec![(Wrong::Doubled, format!("our Cases are {ids:?}, and the outcome is {told}"))],
    }
}

/// At most one session, and nobody waits in it behind the outcome, unless that was given up.
fn conversation(evidence: &Evidence) -> Vec<Finding> {
    let Some(conversation) = &evidence.conversation else { return Vec::new() };
    let mut wrong = Vec::new();
    if conversation.sessions.len() > 1 {
        wrong.push((Wrong::Doubled, format!("{} sessions", conversation.sessions.len())));
    }
    let is_open = conversation.is_open && conversation.session_status() != SessionStatus::Ended;
    if is_open && evidence.is_final() && !evidence.has("conversationNotClosed") {
        wrong.push((Wrong::LeftOpen, format!("it is open, with {:?}", conversation.agents())));
    }
    wrong
}

/// Each accepted message is in the record once, or known to be undelivered, and none is said twice.
fn messages(evidence: &Evidence) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for sent in &evidence.learned.sent {
        let times = evidence.times_kept(sent);
        let is_known = evidence.undelivered.contains(&sent.id) && !evidence.is_our_case();
        if times == 0 && sent.is_accepted && !is_known {
            wrong.push((Wrong::Lost, format!("{sent:?}")));
        }
        let is_refused = !sent.is_accepted && !sent.is_unsure;
        if times > 1 || evidence.times_said(sent) > 1 || times > 0 && is_refused {
            wrong.push((Wrong::Doubled, format!("{times} times in the record: {sent:?}")));
        }
    }
    wrong
}

/// It begins with the acceptance, and holds what led to the outcome.
fn timeline(evidence: &Evidence) -> Vec<Finding> {
    let all = events(&evidence.escalation);
    let times = |event: &str| all.iter().filter(|own| **own == event).count();
    let outcome = match evidence.status() {
        "caseCreated" => {
            times("caseCreated") == 1 && (evidence.by() != "us" || !evidence.escalation["reason"].is_null())
        }
        "ended" => times("ended") == 1 && (evidence.by() != "agent" || times("agentJoined") > 0),
        _ => true,
    };
    if all.first() == Some(&"accepted") && outcome {
        Vec::new()
    } else {
        vec![(Wrong::Unexplained, format!("{all:?}"))]
    }
}

#[cfg(test)]
mod tests {
    use salesforce_simulator::{EXTERNAL_ID_FIELD, Record};
    use serde_json::{Value, json};

    use super::super::customer::{Learned, Sent};
    use super::*;

    fn case(id: &str, description: &str) -> Record {
        let fields = [("Id", id), (EXTERNAL_ID_FIELD, "e1"), ("Description", description)];
        fields.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect()
    }

    fn sent(is_accepted: bool, is_unsure: bool) -> Sent {
        Sent { id: "m1".into(), is_file: false, is_accepted, is_unsure }
    }

    /// An escalation that became our Case.
    fn evidence(change: impl FnOnce(&mut Evidence)) -> Vec<Wrong> {
        let timeline: Vec<Value> =
            ["accepted", "routed", "caseCreated"].map(|event| json!({ "event": event })).to_vec();
        let escalation = json!({ "status": "caseCreated", "by": "us", "reason": "longestWait",
                                 "case": { "id": "500a", "by": "us" }, "timeline": timeline });
        let learned = Learned { ids: ["e1".to_owned()].into(), sent: vec![sent(true, false)], ..Learned::default() };
        let mut evidence = Evidence {
            name: "customer".into(),
            learned,
            escalation,
            cases: vec![case("500a", "text of m1.")],
            has_case: true,
            conversation: None,
            undelivered: Vec::new(),
        };
        change(&mut evidence);
        judge(&evidence).into_iter().map(|(wrong, _)| wrong).collect()
    }

    #[test]
    fn an_escalation_with_its_case_and_all_messages_is_right() {
        assert_eq!(evidence(|_| ()), []);
    }

    #[test]
    fn what_has_no_outcome_is_lost() {
        for status in ["received", "creatingCase", "waiting", "stuck"] {
            assert!(
                evidence(|evidence| evidence.escalation["status"] = json!(status)).contains(&Wrong::Lost),
                "{status}"
            );
        }
    }

    #[test]
    fn a_case_that_is_not_there_is_lost_and_a_second_one_is_doubled() {
        assert!(evidence(|evidence| evidence.cases.clear()).contains(&Wrong::Lost));
        assert_eq!(evidence(|evidence| evidence.cases.push(case("500b", "text of m1."))), [Wrong::Doubled]);
        assert_eq!(
            evidence(|evidence| evidence.escalation["case"]["by"] = json!("salesforceFlow")),
            [Wrong::Doubled, Wrong::Lost]
        );
    }

    #[test]
    fn a_request_that_was_accepted_twice_is_doubled() {
        assert_eq!(evidence(|evidence| evidence.learned.ids.extend(["e2".to_owned()])), [Wrong::Doubled]);
    }

    #[test]
    fn an_accepted_message_is_in_the_record_once() {
        let record = |text: &str, sent: Sent| {
            evidence(|evidence| (evidence.cases, evidence.learned.sent) = (vec![case("500a", text)], vec![sent]))
        };
        assert_eq!(record("", sent(true, false)), [Wrong::Lost]);
        assert_eq!(record("text of m1. text of m1.", sent(true, false)), [Wrong::Doubled]);
        assert_eq!(record("text of m1.", sent(false, false)), [Wrong::Doubled]);
        assert_eq!(record("text of m1.", sent(false, true)), []);
        assert_eq!(record("", sent(false, true)), []);
    }

    #[test]
    fn an_undelivered_message_is_known_to_be_so_unless_there_is_a_case_of_ours() {
        let undelivered = |evidence: &mut Evidence| {
            evidence.cases[0] = case("500a", "");
            evidence.undelivered.push("m1".into());
        };
        assert_eq!(evidence(undelivered), [Wrong::Lost]);
        let ended = evidence(|evidence| {
            undelivered(evidence);
            evidence.cases.clear();
            evidence.escalation["case"] = Value::Null;
            (evidence.escalation["status"], evidence.escalation["by"]) = (json!("ended"), json!("customer"));
            evidence.escalation["timeline"][2]["event"] = json!("ended");
        });
        assert_eq!(ended, []);
    }

    #[test]
    fn a_timeline_that_does_not_tell_the_outcome_explains_nothing() {
        assert_eq!(
            evidence(|evidence| evidence.escalation["timeline"][2]["event"] = json!("retry")),
            [Wrong::Unexplained]
        );
        assert_eq!(evidence(|evidence| evidence.escalation["reason"] = Value::Null), [Wrong::Unexplained]);
    }
}

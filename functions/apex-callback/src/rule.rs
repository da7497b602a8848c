//! What a callback changes, by the escalation's status: a pure rule.

use chrono::{DateTime, Utc};
use shared::escalation::{By, CaseReference, Escalation, Event, Status};

use crate::callback::{Callback, FlowCase};

/// What a callback did to an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It says nothing new.
    Nothing,
    /// It is noted, and the outcome is another's to bring about.
    Recorded,
    /// It is the outcome.
    Won,
}

/// Applies a callback. In any order and however often, the first outcome stays.
pub(crate) fn apply(escalation: &mut Escalation, callback: &Callback, now: DateTime<Utc>) -> Effect {
    let wins = wins(escalation, callback);
    let is_noted = note(escalation, callback, wins, now);
    if wins {
        match &callback.case {
            Some(case) => escalation.case_created(reference(case), now),
            None => escalation.end(By::SalesforceFlow, now),
        }
        return Effect::Won;
    }
    if is_noted { Effect::Recorded } else { Effect::Nothing }
}

/// An insert of ours that was attempted may have been carried out, and an agent who is there is the outcome: these stay.
fn wins(escalation: &Escalation, callback: &Callback) -> bool {
    match escalation.status {
        Status::Received | Status::StartingMessaging | Status::Waiting | Status::Stuck => true,
        Status::Active => escalation.messaging.as_ref().is_none_or(|messaging| messaging.agents.is_empty()),
        Status::CreatingCase => callback.case.is_some() && escalation.case_creation.attempt.is_none(),
        Status::CaseCreated | Status::Ended => false,
    }
}

/// Notes all that the callback says; `false` if it says nothing new.
fn note(escalation: &mut Escalation, callback: &Callback, wins: bool, now: DateTime<Utc>) -> bool {
    let detail = callback.case.as_ref().map_or_else(|| "no Case".to_owned(), |case| format!("case {}", case.id));
    let mut callbacks = escalation.timeline.iter().filter(|entry| entry.event == Event::Callback);
    let is_repeated = callbacks.any(|known| known.detail.as_deref() == Some(detail.as_str()));
    let is_new = wins || !is_repeated;
    if is_new {
        escalation.record(now, Event::Callback, detail);
    }
    let keeps_case = !wins && keep_flow_case(escalation, callback);
    let learns_session = learn_session(escalation, callback);
    is_new || keeps_case || learns_session
}

/// The first Case that the flow made beside ours is kept.
fn keep_flow_case(escalation: &mut Escalation, callback: &Callback) -> bool {
    let is_kept = escalation.status == Status::CreatingCase && escalation.flow_case.is_none();
    let Some(case) = callback.case.as_ref().filter(|_| is_kept) else { return false };
    escalation.flow_case = Some(reference(case));
    true
}

fn learn_session(escalation: &mut Escalation, callback: &Callback) -> bool {
    let Some(messaging) = escalation.messaging.as_mut().filter(|messaging| messaging.session_id.is_none()) else {
        return false;
    };
    messaging.session_id.clone_from(&callback.session_id);
    messaging.session_id.is_some()
}

fn reference(case: &FlowCase) -> CaseReference {
    CaseReference { id: case.id.clone(), number: case.number.clone(), by: By::SalesforceFlow }
}

/// Whether this Case is the outcome, or is kept beside it, without its number.
pub(crate) fn lacks_number(escalation: &Escalation, case_id: &str) -> bool {
    let mut cases = [&escalation.case, &escalation.flow_case].into_iter().flatten();
    cases.any(|case| case.id == case_id && case.number.is_none())
}

/// Adds the number that this Case lacks; `false` if it lacks none.
pub(crate) fn set_case_number(escalation: &mut Escalation, case_id: &str, number: &str) -> bool {
    let mut cases = [&mut escalation.case, &mut escalation.flow_case].into_iter().flatten();
    let Some(case) = cases.find(|case| case.id == case_id && case.number.is_none()) else { return false };
    case.number = Some(number.to_owned());
    true
}

#[cfg(test)]
mod tests {
    use shared::escalation::{CaseAttempt, CaseReason, Mechanism, OwedClose};
    use shared::salesforce::Host;
    use shared::settings::MessagingSettings;
    use uuid::Uuid;

    use super::*;

    const OURS: &str = "500000000000009AAA";
    const FLOWS: &str = "500000000000001AAA";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn callback(case_id: Option<&str>) -> Callback {
        let case = case_id.map(|id| FlowCase { id: id.to_owned(), number: None });
        Callback { escalation_id: Uuid::nil(), session_id: Some("0Mw000000000001AAA".into()), case }
    }

    fn case(id: &str, by: By) -> CaseReference {
        CaseReference { id: id.to_owned(), number: None, by }
    }

    fn attempt() -> CaseAttempt {
        CaseAttempt { mechanism: Mechanism::ExternalIdField, host: "acme.my.salesforce.com".into(), at: at(5) }
    }

    /// A live one whose conversation may be open, at work in this status, or past it.
    fn live(status: Status) -> Escalation {
        let url = Host::parse_messaging("acme", false).unwrap();
        let organization_id = "00D000000000001".to_owned();
        let deployment = MessagingSettings { organization_id, developer_name: "D".into(), url };
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        if status != Status::Received {
            escalation.choose_messaging(deployment, at(0));
            escalation.messaging.as_mut().unwrap().create_attempted_at = Some(at(1));
            escalation.take_lease(Uuid::max(), at(90));
        }
        match status {
            Status::CreatingCase => {
                escalation.rescue(CaseReason::LongestWait, None, at(2));
                escalation.take_lease(Uuid::max(), at(90));
            }
            Status::CaseCreated => escalation.case_created(case(OURS, By::Us), at(2)),
            Status::Ended => escalation.end(By::Customer, at(2)),
            status => escalation.status = status,
        }
        escalation
    }

    fn with_agent() -> Escalation {
        let mut escalation = live(Status::Active);
        escalation.messaging.as_mut().unwrap().agents.push("005000000000001".into());
        escalation
    }

    fn with_attempt() -> Escalation {
        let mut escalation = live(Status::CreatingCase);
        escalation.case_creation.attempt = Some(attempt());
        escalation
    }

    /// What the rule of the design says of each status: the effect without a Case, and the effect with one.
    fn table() -> Vec<(Escalation, Effect, Effect)> {
        use Effect::{Recorded, Won};
        vec![
            (live(Status::Received), Won, Won),
            (live(Status::StartingMessaging), Won, Won),
            (live(Status::Waiting), Won, Won),
            (live(Status::Active), Won, Won),
            (with_agent(), Recorded, Recorded),
            (live(Status::CreatingCase), Recorded, Won),
            (with_attempt(), Recorded, Recorded),
            (live(Status::CaseCreated), Recorded, Recorded),
            (live(Status::Ended), Recorded, Recorded),
            (live(Status::Stuck), Won, Won),
        ]
    }

    fn callbacks(escalation: &Escalation) -> usize {
        escalation.timeline.iter().filter(|entry| entry.event == Event::Callback).count()
    }

    #[test]
    fn each_status_lets_a_callback_win_or_only_records_it() {
        let statuses: Vec<_> = table().iter().map(|(escalation, ..)| escalation.status).collect();
        assert!(Status::ALL.iter().all(|status| statuses.contains(status)));
        for (before, without, with) in table() {
            for (case_id, expected) in [(None, without), (Some(FLOWS), with)] {
                let mut after = before.clone();
                let effect = apply(&mut after, &callback(case_id), at(10));
                assert_eq!(effect, expected, "{:?} {case_id:?}", before.status);
                assert_eq!(callbacks(&after), 1);
            }
        }
    }

    #[test]
    fn a_winner_is_final_frees_the_escalation_and_owes_the_close() {
        let winners = table().into_iter().filter(|(_, _, with)| *with == Effect::Won);
        for (before, without, _) in winners {
            let may_be_open = before.messaging.is_some();
            let cases = [(Some(FLOWS), Status::CaseCreated), (None, Status::Ended)];
            for (case_id, status) in cases.into_iter().filter(|(id, _)| id.is_some() || without == Effect::Won) {
                let mut after = before.clone();
                apply(&mut after, &callback(case_id), at(10));
                assert_eq!((after.status, after.by), (status, Some(By::SalesforceFlow)), "{:?}", before.status);
                assert_eq!(after.case, case_id.map(|id| case(id, By::SalesforceFlow)));
                assert_eq!((after.lease.as_ref(), after.stuck.as_ref(), after.due_at), (None, None, None));
                assert_eq!(after.close.is_some(), may_be_open, "{:?}", before.status);
            }
        }
    }

    #[test]
    fn one_that_is_only_recorded_goes_on_as_it_did() {
        for (before, without, with) in table() {
            for (case_id, effect) in [(None, without), (Some(FLOWS), with)] {
                if effect == Effect::Won {
                    continue;
                }
                let mut after = before.clone();
                apply(&mut after, &callback(case_id), at(10));
                let untouched = |escalation: &Escalation| {
                    let Escalation { status, by, case, lease, due_at, close, .. } = escalation.clone();
                    (status, by, case, lease, due_at, close)
                };
                assert_eq!(untouched(&after), untouched(&before));
                assert_eq!(after.flow_case.is_some(), before.status == Status::CreatingCase && case_id.is_some());
            }
        }
    }

    #[test]
    fn a_close_that_is_owed_already_keeps_its_time() {
        let mut escalation = live(Status::CreatingCase);
        let owed = OwedClose { at: at(600), failures: 4 };
        escalation.close = Some(owed);
        apply(&mut escalation, &callback(Some(FLOWS)), at(10));
        assert_eq!(escalation.close, Some(owed));
    }

    #[test]
    fn the_first_case_beside_ours_stays() {
        let mut escalation = with_attempt();
        apply(&mut escalation, &callback(Some(FLOWS)), at(10));
        apply(&mut escalation, &callback(Some("500000000000002AAA")), at(11));
        assert_eq!(escalation.flow_case, Some(case(FLOWS, By::SalesforceFlow)));
        assert_eq!(callbacks(&escalation), 2);
    }

    #[test]
    fn in_any_order_the_first_outcome_stays_and_repetitions_change_nothing() {
        for order in [[None, Some(FLOWS)], [Some(FLOWS), None]] {
            let mut escalation = live(Status::Waiting);
            assert_eq!(apply(&mut escalation, &callback(order[0]), at(10)), Effect::Won);
            let outcome = (escalation.status, escalation.case.clone());
            let before = escalation.clone();
            assert_eq!(apply(&mut escalation, &callback(order[0]), at(11)), Effect::Nothing);
            assert_eq!(escalation, before);
            assert_eq!(apply(&mut escalation, &callback(order[1]), at(12)), Effect::Recorded);
            assert_eq!(apply(&mut escalation, &callback(order[1]), at(13)), Effect::Nothing);
            assert_eq!((escalation.status, escalation.case.clone()), outcome);
            assert_eq!(callbacks(&escalation), 2);
        }
    }

    #[test]
    fn a_repetition_that_wins_now_is_recorded_again() {
        let mut escalation = live(Status::CreatingCase);
        assert_eq!(apply(&mut escalation, &callback(None), at(10)), Effect::Recorded);
        escalation.status = Status::Stuck;
        assert_eq!(apply(&mut escalation, &callback(None), at(20)), Effect::Won);
        assert_eq!((escalation.status, callbacks(&escalation)), (Status::Ended, 2));
    }

    #[test]
    fn the_timeline_tells_the_callback_and_what_came_of_it() {
        let told = |case_id| {
            let mut escalation = live(Status::Waiting);
            apply(&mut escalation, &callback(case_id), at(10));
            let last_two = escalation.timeline.iter().rev().take(2).rev();
            last_two.map(|entry| (entry.event, entry.detail.clone())).collect::<Vec<_>>()
        };
        let with_case = [(Event::Callback, Some(format!("case {FLOWS}"))), (Event::CaseCreated, None)];
        assert_eq!(told(Some(FLOWS)), with_case);
        let ended = [(Event::Callback, Some("no Case".into())), (Event::Ended, Some("salesforceFlow".into()))];
        assert_eq!(told(None), ended);
    }

    #[test]
    fn the_session_is_learned_once() {
        let mut escalation = with_agent();
        apply(&mut escalation, &callback(None), at(10));
        let mut other = callback(None);
        other.session_id = Some("0Mw000000000002AAA".into());
        assert_eq!(apply(&mut escalation, &other, at(11)), Effect::Nothing);
        assert_eq!(escalation.messaging.unwrap().session_id.as_deref(), Some("0Mw000000000001AAA"));
    }

    #[test]
    fn a_session_that_only_a_repetition_names_is_learned() {
        let mut escalation = with_agent();
        let unnamed = Callback { session_id: None, ..callback(None) };
        apply(&mut escalation, &unnamed, at(10));
        assert_eq!(apply(&mut escalation, &callback(None), at(11)), Effect::Recorded);
        assert_eq!(callbacks(&escalation), 1);
        assert!(escalation.messaging.unwrap().session_id.is_some());
    }

    #[test]
    fn a_number_is_added_to_the_case_of_its_id_and_never_replaced() {
        let mut kept = with_attempt();
        apply(&mut kept, &callback(Some(FLOWS)), at(10));
        assert!(lacks_number(&kept, FLOWS) && !lacks_number(&kept, OURS));
        assert!(!set_case_number(&mut kept, OURS, "00001027"));
        assert!(set_case_number(&mut kept, FLOWS, "00001027"));
        assert!(!set_case_number(&mut kept, FLOWS, "00001028"));
        assert_eq!(kept.flow_case.unwrap().number.as_deref(), Some("00001027"));
        let mut won = live(Status::Waiting);
        apply(&mut won, &callback(Some(FLOWS)), at(10));
        assert!(set_case_number(&mut won, FLOWS, "00001027") && !lacks_number(&won, FLOWS));
    }
}

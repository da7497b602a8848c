//! How a live escalation goes on, given how its conversation stands: pure rules.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Session, Standing};
use crate::escalation::{By, CaseReason, DecisionReason, Escalation, Event, Messaging, Status};
use crate::salesforce::messaging::RoutingStatus;

/// After an agent has left, a transfer's next event comes within this time.
const LEAVING_GRACE: TimeDelta = TimeDelta::seconds(10);
/// After so many looks without a change, some four minutes, an agent's presence is doubted: an end may have told nothing.
const DOUBTFUL_LOOKS: u32 = 6;
/// What the routing status says against it must hold for so long.
pub(super) const DOUBT: TimeDelta = TimeDelta::minutes(1);
/// How long the org's own flow may take to call back.
pub(super) const CALLBACK_GRACE: TimeDelta = TimeDelta::minutes(2);

/// How it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it is.
    AsBefore,
    /// A human is in it.
    Agent,
    /// A human is said to be in it, and the routing status says otherwise.
    Doubtful,
    /// It is not clear yet whether it goes on; to be looked at then.
    LookAgain(DateTime<Utc>),
    /// The last agent has left, or has been there unchanged for long; only the routing status tells whether it goes on.
    AskRoutingStatus,
    /// It waits for a human again.
    Requeued,
    /// It is over, and a human was in it.
    Ended(By),
    /// It is refused or over without a human, since then.
    Unanswered(DateTime<Utc>),
    /// A Case is made of it.
    Rescue(CaseReason),
}

/// What Salesforce says of the routing, if it was asked: `None` inside if there is no such conversation.
pub type Asked = Option<Option<RoutingStatus>>;

/// How a `waiting` or `active` escalation goes on.
#[must_use]
pub fn verdict(
    escalation: &Escalation,
    standing: &Standing,
    asked: Asked,
    longest_wait: TimeDelta,
    now: DateTime<Utc>,
) -> Verdict {
    let Some(messaging) = &escalation.messaging else { return Verdict::AsBefore };
    let has_left = standing.agents.is_empty()
        && (standing.leaves > messaging.leaves_settled || escalation.status == Status::Active);
    match standing.session {
        Session::Ended { by_inactivity, .. } if !standing.agents.is_empty() || (has_left && !standing.is_rerouted) => {
            return Verdict::Ended(if by_inactivity { By::Inactivity } else { By::Agent });
        }
        Session::Ended { at, .. } => return Verdict::Unanswered(seen(at, messaging, now)),
        Session::Open | Session::Inactive => {}
    }
    if !standing.agents.is_empty() {
        return if is_doubtful(standing, messaging) { doubted(messaging, asked, now) } else { Verdict::Agent };
    }
    if has_left {
        return after_leaving(standing, messaging, asked, now);
    }
    if let Some(at) = standing.refused_at {
        return Verdict::Unanswered(seen(at, messaging, now));
    }
    let waiting_since = messaging.waiting_since.unwrap_or(messaging.chosen_at);
    if waiting_since + longest_wait <= now { Verdict::Rescue(CaseReason::LongestWait) } else { Verdict::AsBefore }
}

fn is_doubtful(standing: &Standing, messaging: &Messaging) -> bool {
    let is_unchanged = standing.joins == messaging.joins && standing.leaves == messaging.leaves;
    is_unchanged && messaging.looks >= DOUBTFUL_LOOKS
}

fn doubted(messaging: &Messaging, asked: Asked, now: DateTime<Utc>) -> Verdict {
    match (asked, messaging.unrouted_since) {
        (None, _) => Verdict::AskRoutingStatus,
        (Some(None | Some(RoutingStatus::Open)), _) => Verdict::Agent,
        (Some(Some(RoutingStatus::NeedsRouting)), Some(since)) if since + DOUBT <= now => Verdict::Ended(By::Agent),
        (Some(Some(RoutingStatus::NeedsRouting)), _) => Verdict::Doubtful,
    }
}

fn after_leaving(standing: &Standing, messaging: &Messaging, asked: Asked, now: DateTime<Utc>) -> Verdict {
    if standing.is_rerouted {
        return Verdict::Requeued;
    }
    let settled_at = leaving_since(standing, messaging, now) + LEAVING_GRACE;
    match asked {
        _ if now < settled_at => Verdict::LookAgain(settled_at),
        None => Verdict::AskRoutingStatus,
        Some(Some(RoutingStatus::Open)) => Verdict::Requeued,
        Some(Some(RoutingStatus::NeedsRouting) | None) => Verdict::Ended(By::Agent),
    }
}

/// When the last agent left, as the first look saw it that knew of it.
fn leaving_since(standing: &Standing, messaging: &Messaging, now: DateTime<Utc>) -> DateTime<Utc> {
    let known = messaging.leaving_since.filter(|_| standing.leaves == messaging.leaves);
    known.unwrap_or_else(|| seen(standing.left_at.unwrap_or(now), messaging, now))
}

/// When something happened, by our clock: after the look that did not see it yet, and not in the future.
fn seen(at: DateTime<Utc>, messaging: &Messaging, now: DateTime<Utc>) -> DateTime<Utc> {
    at.max(messaging.looked_at.or(messaging.opened_at).unwrap_or(at)).min(now)
}

/// The transition that a verdict asks for; who is in the conversation is recorded with it. `now` becomes the time of the look.
pub fn apply_verdict(escalation: &mut Escalation, standing: &Standing, verdict: Verdict, now: DateTime<Utc>) {
    let leaving_since = escalation.messaging.as_ref().map(|messaging| leaving_since(standing, messaging, now));
    record_agents(escalation, standing, now);
    let waits_for_callback = waits_for_callback(escalation);
    let Some(messaging) = &mut escalation.messaging else { return };
    messaging.looked_at = Some(now);
    (messaging.unreachable_since, messaging.missing_since) = (None, None);
    messaging.leaving_since = leaving_since.filter(|_| matches!(verdict, Verdict::LookAgain(_)));
    if messaging.session_id.is_none() {
        messaging.session_id.clone_from(&standing.session_id);
    }
    if !matches!(verdict, Verdict::Unanswered(_)) {
        messaging.unanswered_since = None;
    }
    messaging.unrouted_since = match verdict {
        Verdict::Doubtful => messaging.unrouted_since.or(Some(now)),
        _ => None,
    };
    match verdict {
        Verdict::AsBefore | Verdict::Doubtful | Verdict::LookAgain(_) | Verdict::AskRoutingStatus => {}
        Verdict::Agent => {
            messaging.leaves_settled = standing.leaves;
            escalation.status = Status::Active;
        }
        Verdict::Requeued => {
            messaging.leaves_settled = standing.leaves;
            messaging.waiting_since = Some(now);
            escalation.status = Status::Waiting;
            escalation.record(now, Event::Requeued, None);
        }
        Verdict::Ended(by) => escalation.end(by, now),
        Verdict::Unanswered(since) => {
            let since = *messaging.unanswered_since.get_or_insert(since);
            if !waits_for_callback || since + CALLBACK_GRACE <= now {
                escalation.rescue(CaseReason::EndedUnanswered, None, now);
            }
        }
        Verdict::Rescue(reason) => escalation.rescue(reason, None, now),
    }
}

/// Only an org whose own flow decides calls back.
fn waits_for_callback(escalation: &Escalation) -> bool {
    escalation.decision.as_ref().is_some_and(|decision| decision.reason == DecisionReason::OmniChannelFlow)
}

fn record_agents(escalation: &mut Escalation, standing: &Standing, now: DateTime<Utc>) {
    let Some(messaging) = &mut escalation.messaging else { return };
    let joined = standing.joins.saturating_sub(messaging.joins);
    let left = standing.leaves.saturating_sub(messaging.leaves);
    (messaging.joins, messaging.leaves) = (standing.joins, standing.leaves);
    messaging.agents.clone_from(&standing.agents);
    if joined + left > 0 {
        messaging.looks = 0;
    }
    let events = [(Event::AgentLeft, left), (Event::AgentJoined, joined)];
    let is_somebody_there = !standing.agents.is_empty();
    let in_order = if is_somebody_there { events } else { [events[1], events[0]] };
    for (event, times) in in_order {
        (0..times).for_each(|_| escalation.record(now, event, None));
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;
    use crate::conversation::standing::samples::{entries, joined, left, refused, routed, session};
    use crate::escalation::{Decision, Route};
    use crate::settings::samples::deployment;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    /// Open and waiting since 0.
    fn waiting(reason: DecisionReason) -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        let decided_at = at(0);
        let route = Route::Messaging;
        escalation.decision = Some(Decision { route, reason, settings_version: 1, decided_at, next_opening: None });
        escalation.choose_messaging(deployment(), at(0));
        escalation.status = Status::Waiting;
        let messaging = escalation.messaging.as_mut().unwrap();
        (messaging.create_attempted_at, messaging.opened_at) = (Some(at(0)), Some(at(0)));
        messaging.waiting_since = Some(at(0));
        escalation
    }

    fn omni() -> Escalation {
        waiting(DecisionReason::OmniChannelFlow)
    }

    /// Looks at `now`, asking for the routing status if need be, and makes the transition.
    fn look(escalation: &mut Escalation, list: &[(&str, Value)], status: Option<RoutingStatus>, now: i64) -> Verdict {
        let standing = Standing::of(&entries(list));
        let mut found = verdict(escalation, &standing, None, TimeDelta::minutes(20), at(now));
        if found == Verdict::AskRoutingStatus {
            found = verdict(escalation, &standing, Some(status), TimeDelta::minutes(20), at(now));
        }
        apply_verdict(escalation, &standing, found, at(now));
        found
    }

    fn events(escalation: &Escalation) -> Vec<Event> {
        escalation.timeline.iter().skip(1).map(|entry| entry.event).collect()
    }

    #[test]
    fn an_agent_who_joins_makes_it_active() {
        let mut escalation = omni();
        look(&mut escalation, &[routed(), joined("a")], None, 5);
        assert_eq!(escalation.status, Status::Active);
        assert_eq!(events(&escalation), [Event::AgentJoined]);
        look(&mut escalation, &[routed(), joined("a")], None, 6);
        assert_eq!(events(&escalation), [Event::AgentJoined], "told once");
    }

    #[test]
    fn an_agent_who_leaves_is_not_the_end_before_it_is_clear_that_nobody_follows() {
        let mut escalation = omni();
        look(&mut escalation, &[joined("a")], None, 1);
        assert_eq!(look(&mut escalation, &[joined("a"), left("a")], None, 5), Verdict::LookAgain(at(11)));
        assert_eq!(escalation.status, Status::Active);
    }

    #[test]
    fn frequent_looks_do_not_put_off_what_is_judged_after_a_leave() {
        let mut escalation = omni();
        look(&mut escalation, &[joined("a")], None, 1);
        let history = [joined("a"), left("a")];
        let verdicts: Vec<_> = [5, 8, 10, 11].map(|now| look(&mut escalation, &history, None, now)).into();
        assert_eq!(verdicts[..3], [Verdict::LookAgain(at(11)); 3]);
        assert_eq!(verdicts[3], Verdict::Ended(By::Agent));
    }

    #[test]
    fn a_transfer_to_another_agent_stays_active() {
        let mut escalation = omni();
        look(&mut escalation, &[joined("a")], None, 1);
        assert_eq!(look(&mut escalation, &[joined("a"), left("a"), joined("b")], None, 60), Verdict::Agent);
        assert_eq!(events(&escalation), [Event::AgentJoined, Event::AgentLeft, Event::AgentJoined]);
    }

    #[test]
    fn a_transfer_to_a_queue_waits_again_with_a_fresh_longest_wait() {
        let history = [joined("a"), left("a"), routed()];
        let mut escalation = omni();
        look(&mut escalation, &history[..1], None, 1);
        assert_eq!(look(&mut escalation, &history, None, 1500), Verdict::Requeued);
        assert_eq!(escalation.status, Status::Waiting);
        assert_eq!(look(&mut escalation, &history, None, 1500 + 1199), Verdict::AsBefore);
        assert_eq!(look(&mut escalation, &history, None, 1500 + 1200), Verdict::Rescue(CaseReason::LongestWait));
    }

    #[test]
    fn after_a_leave_without_another_event_the_routing_status_decides() {
        for (status, expected) in [
            (Some(RoutingStatus::Open), Status::Waiting),
            (Some(RoutingStatus::NeedsRouting), Status::Ended),
            (None, Status::Ended),
        ] {
            let mut escalation = omni();
            look(&mut escalation, &[joined("a")], None, 1);
            look(&mut escalation, &[joined("a"), left("a")], status, 60);
            assert_eq!(escalation.status, expected, "{status:?}");
        }
    }

    #[test]
    fn an_agent_who_came_and_ended_it_between_two_looks_is_told_as_such() {
        let mut escalation = omni();
        look(&mut escalation, &[joined("a"), left("a"), session("Ended")], None, 60);
        assert_eq!((escalation.status, escalation.by), (Status::Ended, Some(By::Agent)));
        assert_eq!(events(&escalation), [Event::AgentJoined, Event::AgentLeft, Event::Ended]);
        assert!(escalation.close.is_some());
    }

    #[test]
    fn an_agent_s_end_of_which_nothing_tells_is_found_out_by_the_routing_status() {
        let (history, ended) = ([joined("a")], Some(RoutingStatus::NeedsRouting));
        let mut escalation = omni();
        look(&mut escalation, &history, None, 1);
        escalation.messaging.as_mut().unwrap().looks = DOUBTFUL_LOOKS;
        assert_eq!(look(&mut escalation, &history, Some(RoutingStatus::Open), 500), Verdict::Agent);
        assert_eq!(look(&mut escalation, &history, ended, 1000), Verdict::Doubtful);
        assert_eq!(
            look(&mut escalation, &history, Some(RoutingStatus::Open), 1030),
            Verdict::Agent,
            "it was a transfer"
        );
        assert_eq!(look(&mut escalation, &history, ended, 2000), Verdict::Doubtful);
        assert_eq!(look(&mut escalation, &history, ended, 2059), Verdict::Doubtful);
        assert_eq!(look(&mut escalation, &history, ended, 2060), Verdict::Ended(By::Agent));
    }

    #[test]
    fn an_end_by_inactivity_is_its_own() {
        let mut escalation = omni();
        look(&mut escalation, &[joined("a"), session("Inactive"), session("Ended")], None, 60);
        assert_eq!((escalation.status, escalation.by), (Status::Ended, Some(By::Inactivity)));
    }

    #[test]
    fn a_refusal_waits_two_minutes_for_the_callback_and_then_becomes_our_case() {
        for history in [[refused()], [session("Ended")]] {
            let mut escalation = omni();
            look(&mut escalation, &history, None, 5);
            look(&mut escalation, &history, None, 119);
            assert_eq!(escalation.status, Status::Waiting);
            look(&mut escalation, &history, None, 120);
            assert_eq!(
                (escalation.status, escalation.reason),
                (Status::CreatingCase, Some(CaseReason::EndedUnanswered))
            );
        }
    }

    #[test]
    fn where_we_decide_nobody_calls_back_and_the_case_is_made_at_once() {
        let mut escalation = waiting(DecisionReason::WithinBusinessHours);
        look(&mut escalation, &[refused()], None, 5);
        assert_eq!(escalation.status, Status::CreatingCase);
    }

    #[test]
    fn a_requeued_conversation_that_ends_without_another_agent_is_unanswered() {
        let history = [joined("a"), left("a"), routed(), session("Ended")];
        let mut escalation = waiting(DecisionReason::WithinBusinessHours);
        look(&mut escalation, &history[..3], None, 30);
        look(&mut escalation, &history, None, 60);
        assert_eq!((escalation.status, escalation.reason), (Status::CreatingCase, Some(CaseReason::EndedUnanswered)));
    }

    #[test]
    fn an_agent_who_accepts_in_time_is_not_rescued() {
        let mut escalation = omni();
        assert_eq!(look(&mut escalation, &[routed(), joined("a")], None, 1200), Verdict::Agent);
    }

    #[test]
    fn a_clock_of_salesforce_that_is_wrong_shortens_no_grace() {
        let mut escalation = omni();
        escalation.messaging.as_mut().unwrap().looked_at = Some(at(100_000));
        look(&mut escalation, &[refused()], None, 100_060);
        assert_eq!(escalation.status, Status::Waiting, "the refusal of second 0 came after the look of second 100,000");
        look(&mut escalation, &[refused()], None, 100_120);
        assert_eq!(escalation.status, Status::CreatingCase);
    }
}

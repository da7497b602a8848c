//! When a live escalation is looked at next: pure rules.

use chrono::{DateTime, TimeDelta, Utc};

use super::verdict::{CALLBACK_GRACE, DOUBT, Verdict};
use crate::escalation::{Escalation, Status};
use crate::salesforce::messaging::GuestToken;

/// Seconds to the next look while nothing changes; the last one goes on.
const INTERVALS: [i64; 9] = [5, 10, 20, 40, 60, 120, 240, 480, 600];
/// The next look while something is owed.
const OWED: TimeDelta = TimeDelta::minutes(1);
/// The next look after one that saw nothing, at the earliest, whatever is late by then.
const UNSEEN: TimeDelta = TimeDelta::seconds(10);
/// A token is renewed so long before its end, or when half of a short life is over.
const RENEW_BEFORE: TimeDelta = TimeDelta::minutes(20);
/// One that could not be renewed is given up so long before its end, while the conversation can still be read and closed.
const ABANDON_BEFORE: TimeDelta = TimeDelta::minutes(2);

/// From when on a token is to be renewed.
#[must_use]
pub fn renew_from(token: &GuestToken) -> DateTime<Utc> {
    token.expires_at - RENEW_BEFORE.min(lifetime(token) / 2)
}

/// From when on a token is as good as expired.
#[must_use]
pub fn abandon_from(token: &GuestToken) -> DateTime<Utc> {
    token.expires_at - ABANDON_BEFORE.min(lifetime(token) / 10)
}

fn lifetime(token: &GuestToken) -> TimeDelta {
    (token.expires_at - token.issued_at).max(TimeDelta::zero())
}

/// Sets when a live escalation is looked at next, after a look.
pub fn schedule_look(
    escalation: &mut Escalation,
    verdict: Verdict,
    token: Option<&GuestToken>,
    longest_wait: TimeDelta,
    now: DateTime<Utc>,
) {
    let is_waiting = escalation.status == Status::Waiting;
    let Some(messaging) = &mut escalation.messaging else { return };
    let is_seen = messaging.is_seen();
    let place = usize::try_from(messaging.looks).unwrap_or(usize::MAX).min(INTERVALS.len() - 1);
    let interval = TimeDelta::seconds(INTERVALS[place]);
    messaging.looks = messaging.looks.saturating_add(1);
    let is_owed = !messaging.context_settled || messaging.undelivered.is_some() || !is_seen;
    let bounds = [
        is_owed.then(|| now + OWED),
        (is_waiting && is_seen).then(|| messaging.waiting_since.unwrap_or(now) + longest_wait),
        messaging.unanswered_since.map(|since| since + CALLBACK_GRACE),
        messaging.unrouted_since.map(|since| since + DOUBT),
        if let Verdict::LookAgain(at) = verdict { Some(at) } else { None },
        token.map(|token| next_for(token, now)),
    ];
    let earliest = bounds.into_iter().flatten().min();
    let at = earliest.map_or(now + interval, |bound| bound.min(now + interval));
    escalation.due_at = Some(at.max(if is_seen { now } else { now + UNSEEN }));
}

/// When the token needs a look: to be renewed; then, if that failed, each minute until it is given up.
fn next_for(token: &GuestToken, now: DateTime<Utc>) -> DateTime<Utc> {
    if now < renew_from(token) { renew_from(token) } else { (now + OWED).min(abandon_from(token)) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::settings::samples::deployment;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn token(lifetime: i64) -> GuestToken {
        let access_token = "t".to_owned().into();
        GuestToken { access_token, issued_at: at(0), expires_at: at(lifetime), last_event_id: None }
    }

    fn active() -> Escalation {
        let mut escalation = Escalation::accepted(Uuid::nil(), "acme", "c", 1, at(0));
        escalation.choose_messaging(deployment(), at(0));
        escalation.status = Status::Active;
        escalation.messaging.as_mut().unwrap().context_settled = true;
        escalation
    }

    fn seconds(escalation: &mut Escalation, token: Option<&GuestToken>, now: i64) -> i64 {
        schedule_look(escalation, Verdict::AsBefore, token, TimeDelta::minutes(20), at(now));
        (escalation.due_at.unwrap() - at(now)).num_seconds()
    }

    #[test]
    fn looks_become_rarer_up_to_ten_minutes_while_nothing_changes() {
        let mut escalation = active();
        let intervals: Vec<_> = (0..11).map(|_| seconds(&mut escalation, None, 0)).collect();
        assert_eq!(intervals, [5, 10, 20, 40, 60, 120, 240, 480, 600, 600, 600]);
    }

    #[test]
    fn while_something_is_owed_there_is_a_look_each_minute() {
        let mut escalation = active();
        escalation.messaging.as_mut().unwrap().looks = 99;
        escalation.messaging.as_mut().unwrap().context_settled = false;
        assert_eq!(seconds(&mut escalation, None, 0), 60);
    }

    #[test]
    fn a_longest_wait_that_passed_unseen_is_no_reason_to_look_more_often() {
        let mut escalation = active();
        escalation.status = Status::Waiting;
        let messaging = escalation.messaging.as_mut().unwrap();
        (messaging.looks, messaging.waiting_since, messaging.unreachable_since) = (99, Some(at(0)), Some(at(1)));
        assert_eq!(seconds(&mut escalation, None, 1300), 60);
    }

    #[test]
    fn nobody_who_is_not_reached_is_looked_at_again_at_once_whatever_is_late() {
        let mut escalation = active();
        let messaging = escalation.messaging.as_mut().unwrap();
        (messaging.unanswered_since, messaging.unreachable_since) = (Some(at(0)), Some(at(1000)));
        assert_eq!(seconds(&mut escalation, None, 1000), 10);
        escalation.messaging.as_mut().unwrap().unreachable_since = None;
        assert_eq!(seconds(&mut escalation, None, 1000), 0);
    }

    #[test]
    fn the_longest_wait_is_not_overslept() {
        let mut escalation = active();
        escalation.status = Status::Waiting;
        let messaging = escalation.messaging.as_mut().unwrap();
        (messaging.looks, messaging.waiting_since) = (99, Some(at(0)));
        assert_eq!(seconds(&mut escalation, None, 1100), 100);
        assert_eq!(seconds(&mut escalation, None, 1300), 0);
    }

    #[test]
    fn a_token_s_renewal_is_not_overslept_and_a_failed_one_is_repeated_until_it_is_given_up() {
        let mut escalation = active();
        let six_hours = token(6 * 3600);
        escalation.messaging.as_mut().unwrap().looks = 99;
        assert_eq!(seconds(&mut escalation, Some(&six_hours), 6 * 3600 - 1500), 300);
        assert_eq!(seconds(&mut escalation, Some(&six_hours), 6 * 3600 - 1000), 60);
        assert_eq!(seconds(&mut escalation, Some(&six_hours), 6 * 3600 - 130), 10);
    }

    #[test]
    fn a_short_life_is_renewed_at_its_half() {
        assert_eq!(renew_from(&token(60)), at(30));
        assert_eq!(abandon_from(&token(60)), at(54));
        assert_eq!(renew_from(&token(7200)), at(6000));
    }
}

use chrono::{DateTime, TimeDelta, Utc};
use fuzz::{Form, Target, Verdict};
use serde_json::Value;
use shared::business_hours::{BusinessHours, Schedule};

const TARGET: Target<'_> = Target {
    name: "business_hours",
    form: Form::Json,
    words: &[
        "Europe/Copenhagen",
        "UTC",
        "Africa/Monrovia",
        "Antarctica/Troll",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Africa/Casablanca",
        "Pacific/Kiritimati",
        "DK",
        "US",
        "00:00",
        "24:00",
        "23:59",
        "02:30",
        "monday",
        "sunday",
        "2026-03-29",
        "0001-01-01",
        "9999-12-31",
        "+12026-01-01",
    ],
    accepted_percent: 15,
};

#[test]
fn accepted_hours_answer_for_every_moment_and_soon() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(hours) = serde_json::from_slice::<BusinessHours>(input) else { return Verdict::Refused };
    let mistakes = hours.mistakes();
    let Ok(schedule) = hours.schedule() else {
        let document = serde_json::to_value(&hours).unwrap();
        for (pointer, detail) in &mistakes {
            check_mistake(&document, pointer, detail);
        }
        assert!(!mistakes.is_empty());
        return Verdict::Refused;
    };
    assert_eq!(mistakes, []);
    for at in moments(input) {
        check_answers(&schedule, at);
    }
    Verdict::Accepted
}

fn check_mistake(hours: &Value, pointer: &str, detail: &str) {
    assert!(hours.pointer(pointer).is_some(), "{pointer} leads nowhere");
    assert!(!detail.contains(fuzz::PLANTED) && detail.len() < 300, "{detail}");
}

/// The ends of all times, some at which clocks were moved, and two that the input chooses.
fn moments(input: &[u8]) -> Vec<DateTime<Utc>> {
    let seconds = input.iter().fold(7_i64, |sum, byte| sum.wrapping_mul(31).wrapping_add(i64::from(*byte)));
    let chosen = [seconds.rem_euclid(4_102_444_800), seconds / 1_000_000];
    let known = [0, 1_774_746_000, 1_774_749_600, 1_793_494_800, 4_102_444_799, 253_402_300_799];
    let seconds = chosen.into_iter().chain(known).filter_map(|seconds| DateTime::from_timestamp(seconds, 999_999_999));
    seconds.chain([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC]).collect()
}

fn check_answers(schedule: &Schedule, at: DateTime<Utc>) {
    let is_open = schedule.is_open(at);
    let Some(opening) = schedule.next_opening(at) else { return };
    assert!(opening > at && opening - at <= TimeDelta::days(401), "{at} {opening}");
    assert!(schedule.is_open(opening) && !schedule.is_open(opening - TimeDelta::nanoseconds(1)), "{at} {opening}");
    assert!(is_open || schedule.next_opening(opening - TimeDelta::nanoseconds(1)) == Some(opening), "{at} {opening}");
}

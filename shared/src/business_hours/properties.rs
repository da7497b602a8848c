//! The schedule against an oracle that computes the same answers from the written hours, slowly and in another way.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::{BusinessHours, HoursException, OpeningInterval};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// How far the oracle looks for an opening, minute by minute.
const HORIZON_MINUTES: usize = 2 * 24 * 60;

/// Instants at which the clocks of a zone are moved in an unusual way, one of each kind.
const CLOCK_CHANGES: [(Tz, &str); 14] = [
    (Tz::Europe__Copenhagen, "2026-03-29T01:00:00Z"),
    (Tz::Europe__Copenhagen, "2026-10-25T01:00:00Z"),
    (Tz::America__New_York, "2026-03-08T07:00:00Z"),
    (Tz::America__New_York, "2026-11-01T06:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-04-04T15:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-03T15:30:00Z"),
    (Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z"),
    (Tz::America__Sao_Paulo, "2019-02-17T02:00:00Z"),
    (Tz::Africa__Cairo, "2026-04-23T22:00:00Z"),
    (Tz::Africa__Cairo, "2026-10-29T21:00:00Z"),
    (Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
    (Tz::America__St_Johns, "2006-10-29T02:31:00Z"),
    (Tz::Antarctica__Vostok, "1994-01-31T17:00:00Z"),
    (Tz::Asia__Kathmandu, "1985-12-31T18:30:00Z"),
];

/// Whether the hours, as they are written, are open: times are compared as text, because `HH:MM` sorts by time.
fn is_open_as_written(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&zone);
    let (today, time) = (local.date_naive(), format!("{:02}:{:02}", local.hour(), local.minute()));
    let yesterday = today - Days::new(1);
    let by_today =
        |interval: &OpeningInterval| interval.open <= time && (time < interval.close || interval.close < interval.open);
    let by_yesterday = |interval: &OpeningInterval| interval.close < interval.open && time < interval.close;
    written_for(hours, today).iter().any(by_today) || written_for(hours, yesterday).iter().any(by_yesterday)
}

fn written_for(hours: &BusinessHours, date: NaiveDate) -> &[OpeningInterval] {
    let text = date.to_string();
    if let Some(exception) = hours.exceptions.iter().find(|exception| exception.date == text) {
        return &exception.intervals;
    }
    if hours.holidays.as_deref() == Some("DK") && is_known_danish_holiday(date) {
        return &[];
    }
    let weekday = date.format("%A").to_string().to_lowercase();
    hours.weekly.get(&weekday).map(Vec::as_slice).unwrap_or_default()
}

fn is_known_danish_holiday(date: NaiveDate) -> bool {
    let days_after_easter = (date - easter_sunday(date.year())).num_days();
    let great_prayer_day = date.year() < 2024 && days_after_easter == 26;
    let moves = great_prayer_day || [-3, -2, 0, 1, 39, 49, 50].contains(&days_after_easter);
    let stays = [(1, 1), (12, 25), (12, 26)].contains(&(date.month(), date.day()));
    (2000..=2076).contains(&date.year()) && (moves || stays)
}

/// The Gregorian calendar's Easter: the Sunday after the full moon on or after 21 March, in Gauss's arithmetic.
fn easter_sunday(year: i32) -> NaiveDate {
    let century = year / 100;
    let moon = (15 + century - century / 4 - (13 + 8 * century) / 25) % 30;
    let full_moon = (19 * (year % 19) + moon) % 30;
    let sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * full_moon + (4 + century - century / 4) % 7) % 7;
    let late = full_moon + sunday == 35 || (full_moon, sunday) == (28, 6) && (11 * moon + 11) % 30 < 19;
    let days = full_moon + sunday - if late { 7 } else { 0 };
    NaiveDate::from_ymd_opt(year, 3, 22).unwrap() + TimeDelta::days(days.into())
}

/// The first minute within the horizon that is open after one that is not.
fn next_opening_by_minutes(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut minute = at.with_second(0).unwrap();
    let mut was_open = is_open_as_written(hours, zone, minute);
    for _ in 0..HORIZON_MINUTES {
        minute += MINUTE;
        let is_open = is_open_as_written(hours, zone, minute);
        if is_open && !was_open {
            return Some(minute);
        }
        was_open = is_open;
    }
    None
}

/// Minutes of a day, more often near each other and near midnight and the usual hour of clock changes than elsewhere.
fn minute_of_day() -> impl Strategy<Value = u32> {
    prop_oneof![0..24 * 60_u32, 0..200_u32, 1_320..24 * 60_u32, (0..24_u32).prop_map(|hour| hour * 60)]
}

fn interval() -> impl Strategy<Value = OpeningInterval> {
    let text = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let close = prop_oneof![9 => minute_of_day(), 1 => Just(24 * 60)];
    (minute_of_day(), close)
        .prop_filter("an interval has a length", |(open, close)| open != close)
        .prop_map(move |(open, close)| OpeningInterval { open: text(open), close: text(close) })
}

/// Hours of a zone, with exceptions on some of the days around an instant.
fn hours(zone: Tz, around: DateTime<Utc>) -> impl Strategy<Value = BusinessHours> {
    let weekday = select(vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    let first = around.with_timezone(&zone).date_naive() - Days::new(3);
    (
        btree_map(weekday.prop_map(str::to_owned), vec(interval(), 0..4), 0..8),
        btree_map(0..7_u64, vec(interval(), 0..3), 0..3),
        select(vec![None, Some("DK".to_owned())]),
    )
        .prop_map(move |(weekly, exceptions, holidays)| BusinessHours {
            time_zone: zone.name().to_owned(),
            weekly,
            exceptions: exceptions
                .into_iter()
                .map(|(days, intervals)| HoursException { date: (first + Days::new(days)).to_string(), intervals })
                .collect(),
            holidays,
        })
}

fn near_a_clock_change() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    (select(&CLOCK_CHANGES[..]), -2 * 86_400..86_400_i64).prop_map(|((zone, change), seconds)| {
        (zone, change.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds))
    })
}

/// Any zone from 1973, when the last offset with seconds was gone, to 2076, when the known holidays end.
fn anywhere() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let seconds =
        ["1973-01-01T00:00:00Z", "2076-12-01T00:00:00Z"].map(|at| at.parse::<DateTime<Utc>>().unwrap().timestamp());
    (select(&TZ_VARIANTS[..]), seconds[0]..seconds[1])
        .prop_map(|(zone, second)| (zone, DateTime::from_timestamp(second, 0).unwrap()))
}

fn case() -> impl Strategy<Value = (Tz, DateTime<Utc>, BusinessHours)> {
    prop_oneof![2 => near_a_clock_change(), 1 => anywhere()]
        .prop_flat_map(|(zone, at)| (Just(zone), Just(at), hours(zone, at)))
}

proptest! {
    #[test]
    fn generated_hours_are_valid((_, _, hours) in case()) {
        prop_assert_eq!(hours.mistakes(), vec![]);
    }

    #[test]
    fn open_is_what_the_clock_on_the_wall_says((zone, at, hours) in case(), steps in 1..90_i32) {
        let schedule = hours.schedule().unwrap();
        for step in 0..200 {
            let at = at + MINUTE * steps * step;
            prop_assert_eq!(schedule.is_open(at), is_open_as_written(&hours, zone, at), "at {}", at);
        }
    }

    #[test]
    fn the_next_opening_is_the_first_minute_that_turns_to_open((zone, at, hours) in case()) {
        let found = hours.schedule().unwrap().next_opening(at);
        let horizon = at.with_second(0).unwrap() + MINUTE * i32::try_from(HORIZON_MINUTES).unwrap();
        prop_assert_eq!(found.filter(|opening| *opening <= horizon), next_opening_by_minutes(&hours, zone, at));
    }

    #[test]
    fn no_opening_lies_between_an_instant_and_its_next_opening((_, at, hours) in case(), part in 0..1_000_i32) {
        let schedule = hours.schedule().unwrap();
        if let Some(opening) = schedule.next_opening(at) {
            prop_assert!(schedule.is_open(opening));
            prop_assert!(!schedule.is_open(opening - TimeDelta::nanoseconds(1)));
            let between = at + (opening - at) / 1_000 * part;
            prop_assert_eq!(schedule.next_opening(between), Some(opening));
        }
    }

    #[test]
    fn the_known_danish_holidays_are_those_that_follow_from_easter(days in 0..30_000_u64) {
        let date = NaiveDate::from_ymd_opt(1998, 1, 1).unwrap() + Days::new(days);
        let always = OpeningInterval { open: "00:00".to_owned(), close: "24:00".to_owned() };
        let hours = BusinessHours {
            time_zone: "UTC".to_owned(),
            weekly: [(date.format("%A").to_string().to_lowercase(), vec![always])].into(),
            exceptions: vec![],
            holidays: Some("DK".to_owned()),
        };
        let noon = date.and_hms_opt(12, 0, 0).unwrap().and_utc();
        prop_assert_eq!(hours.schedule().unwrap().is_open(noon), !is_known_danish_holiday(date));
    }
}

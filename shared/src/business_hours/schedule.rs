use std::collections::BTreeMap;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use opening_hours::ContextHolidays;

const SECONDS_PER_DAY: u32 = 24 * 60 * 60;
const HORIZON_DAYS: i64 = 400;

/// Business hours that answer for any moment.
///
/// Open means that the clock on the wall of the time zone shows a time inside an interval: an hour that the clock
/// repeats counts twice, one that it skips never. The answers are exact from 1970 on; the zones' rules are known to
/// the end of 2099, after which the last offset stays.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub(super) time_zone: Tz,
    /// By weekday, Monday first.
    pub(super) weekly: [Vec<Interval>; 7],
    pub(super) exceptions: BTreeMap<NaiveDate, Vec<Interval>>,
    pub(super) holidays: ContextHolidays,
}

/// Seconds from the midnight that begins the interval's day; it ends on the next day if `close` is past that day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) open: u32,
    pub(super) close: u32,
}

impl Schedule {
    /// The zone in which the hours are meant.
    #[must_use]
    pub fn time_zone(&self) -> Tz {
        self.time_zone
    }

    /// Whether the hours are open at this instant.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        at.naive_utc().checked_add_offset(self.offset(at)).is_some_and(|local| self.is_open_locally(local))
    }

    /// The first instant after `at` at which closed turns to open, so while open the opening after this interval's end.
    /// `None` if there is none within 400 days.
    #[must_use]
    pub fn next_opening(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (0..HORIZON_DAYS)
            .map_while(|days| at.checked_add_signed(TimeDelta::days(days)))
            .flat_map(|start| self.possible_openings(start))
            .find(|instant| self.is_open(*instant) && !self.is_open(*instant - TimeDelta::nanoseconds(1)))
    }

    /// The instants, in order, among which every opening of the 24 hours after `start` is: where an interval opens, and
    /// where the clock is moved, because that may be into an interval.
    fn possible_openings(&self, start: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Some(end) = start.checked_add_signed(TimeDelta::days(1)) else { return Vec::new() };
        let mut instants: Vec<_> = self.interval_openings(start, self.offset(start)).collect();
        if self.offset(start) != self.offset(end) {
            instants.extend(self.interval_openings(start, self.offset(end)));
            instants.extend(self.offset_change(start, end));
        }
        instants.retain(|instant| start < *instant && *instant <= end);
        instants.sort_unstable();
        instants
    }

    /// Where the intervals of the two dates that 24 hours can touch open, by a clock with this offset.
    fn interval_openings(&self, start: DateTime<Utc>, offset: FixedOffset) -> impl Iterator<Item = DateTime<Utc>> {
        let dates =
            start.naive_utc().checked_add_offset(offset).into_iter().flat_map(|local| local.date().iter_days().take(2));
        dates.flat_map(move |date| {
            let midnight = date.and_time(NaiveTime::MIN);
            self.intervals_of(date).iter().filter_map(move |interval| {
                let local = midnight.checked_add_signed(TimeDelta::seconds(interval.open.into()))?;
                Some(local.checked_sub_offset(offset)?.and_utc())
            })
        })
    }

    /// The first second with the offset of `until`, if the offset changes once in between.
    ///
    /// No zone has changed its offset twice within six days since 1970.
    fn offset_change(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (mut before, mut after) = (from.timestamp(), until.timestamp());
        while after - before > 1 {
            let middle = before.midpoint(after);
            if self.offset(DateTime::from_timestamp(middle, 0)?) == self.offset(from) {
                before = middle;
            } else {
                after = middle;
            }
        }
        DateTime::from_timestamp(after, 0)
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        self.time_zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    fn is_open_locally(&self, local: NaiveDateTime) -> bool {
        let today = local.date();
        let second = local.num_seconds_from_midnight();
        self.covers(today, second)
            || today.pred_opt().is_some_and(|yesterday| self.covers(yesterday, second + SECONDS_PER_DAY))
    }

    fn covers(&self, date: NaiveDate, second: u32) -> bool {
        self.intervals_of(date).iter().any(|interval| (interval.open..interval.close).contains(&second))
    }

    fn intervals_of(&self, date: NaiveDate) -> &[Interval] {
        match self.exceptions.get(&date) {
            Some(intervals) => intervals,
            None if self.holidays.get_public().contains(date) => &[],
            None => &self.weekly[date.weekday().num_days_from_monday() as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::BusinessHours;
    use super::super::tests::{exception, hours};
    use super::*;

    const EVERY_DAY: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    fn every_day(time_zone: &str, times: &str) -> BusinessHours {
        hours(time_zone, &EVERY_DAY.map(|day| (day, times)))
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[track_caller]
    fn assert_open(hours: &BusinessHours, instants: &[(&str, bool)]) {
        let schedule = hours.schedule().unwrap();
        for (at, expected) in instants {
            assert_eq!(schedule.is_open(instant(at)), *expected, "at {at}");
        }
    }

    /// Each opening follows from the one before it, the first from `from`.
    #[track_caller]
    fn assert_openings(hours: &BusinessHours, from: &str, openings: &[&str]) {
        let schedule = hours.schedule().unwrap();
        let mut at = instant(from);
        for expected in openings {
            at = schedule.next_opening(at).unwrap();
            assert_eq!(at, instant(expected));
        }
    }

    #[test]
    fn an_interval_contains_its_opening_and_not_its_close() {
        let hours = hours("UTC", &[("monday", "09:00-17:00")]);
        assert_open(
            &hours,
            &[
                ("2026-11-23T08:59:59.999Z", false),
                ("2026-11-23T09:00:00Z", true),
                ("2026-11-23T16:59:59.999Z", true),
                ("2026-11-23T17:00:00Z", false),
                ("2026-11-24T12:00:00Z", false),
            ],
        );
    }

    #[test]
    fn while_open_the_next_opening_is_the_one_after_this_interval() {
        let hours = hours("Europe/Copenhagen", &[("monday", "09:00-12:00 13:00-17:00"), ("friday", "08:30-10:00")]);
        assert_openings(
            &hours,
            "2026-11-22T12:00:00Z",
            &["2026-11-23T08:00:00Z", "2026-11-23T12:00:00Z", "2026-11-27T07:30:00Z", "2026-11-30T08:00:00Z"],
        );
        assert_openings(&hours, "2026-11-23T10:59:59.5Z", &["2026-11-23T12:00:00Z"]);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let kathmandu = hours("Asia/Kathmandu", &[("monday", "09:00-17:00")]);
        assert_openings(&kathmandu, "2026-11-22T12:00:00Z", &["2026-11-23T03:15:00Z", "2026-11-30T03:15:00Z"]);
        assert_eq!(kathmandu.schedule().unwrap().time_zone(), Tz::Asia__Kathmandu);
    }

    #[test]
    fn an_interval_over_midnight_belongs_to_the_day_on_which_it_opens() {
        let hours = hours("America/New_York", &[("friday", "22:00-02:00")]);
        assert_open(
            &hours,
            &[
                ("2026-11-27T06:00:00Z", false), // Friday 01:00
                ("2026-11-28T03:00:00Z", true),  // Friday 22:00
                ("2026-11-28T06:59:59Z", true),  // Saturday 01:59:59
                ("2026-11-28T07:00:00Z", false), // Saturday 02:00
            ],
        );
        assert_openings(&hours, "2026-11-22T00:00:00Z", &["2026-11-28T03:00:00Z", "2026-12-05T03:00:00Z"]);
    }

    #[test]
    fn overlapping_and_adjoining_intervals_merge() {
        let overlapping =
            hours("UTC", &[("monday", "13:00-17:00 09:00-14:00 17:00-24:00"), ("tuesday", "00:00-08:00")]);
        assert_openings(&overlapping, "2026-11-22T00:00:00Z", &["2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"]);
        let over_midnight = hours("UTC", &[("monday", "20:00-06:00"), ("tuesday", "05:00-07:00")]);
        assert_openings(&over_midnight, "2026-11-22T00:00:00Z", &["2026-11-23T20:00:00Z", "2026-11-30T20:00:00Z"]);
    }

    #[test]
    fn what_never_opens_or_never_closes_has_no_next_opening() {
        for hours in [every_day("Europe/Copenhagen", ""), every_day("Europe/Copenhagen", "00:00-24:00")] {
            assert_eq!(hours.schedule().unwrap().next_opening(instant("2026-11-22T12:00:00Z")), None);
        }
    }

    #[test]
    fn an_opening_is_looked_for_within_400_days() {
        let mut hours = hours("UTC", &[]);
        hours.exceptions = vec![exception("2027-12-27", "12:00-13:00")];
        let schedule = hours.schedule().unwrap();
        let opening = instant("2027-12-27T12:00:00Z");
        assert_eq!(schedule.next_opening(instant("2026-11-22T12:00:00Z")), Some(opening));
        assert_eq!(schedule.next_opening(instant("2026-11-22T11:59:59Z")), None);
    }

    #[test]
    fn an_exception_replaces_the_weekday() {
        let mut hours = hours("UTC", &[("monday", "09:00-17:00"), ("tuesday", "09:00-17:00")]);
        hours.exceptions = vec![exception("2026-11-23", ""), exception("2026-11-24", "10:00-11:00 20:00-01:00")];
        assert_openings(
            &hours,
            "2026-11-22T00:00:00Z",
            &["2026-11-24T10:00:00Z", "2026-11-24T20:00:00Z", "2026-11-30T09:00:00Z"],
        );
        assert_open(&hours, &[("2026-11-25T00:59:00Z", true), ("2026-11-25T01:00:00Z", false)]);
    }

    #[test]
    fn a_holiday_is_closed() {
        let mut hours = every_day("Europe/Copenhagen", "09:00-17:00");
        hours.holidays = Some("DK".to_owned());
        assert_openings(&hours, "2026-12-24T12:00:00Z", &["2026-12-27T08:00:00Z"]);
        hours.holidays = Some("US".to_owned());
        assert_openings(&hours, "2026-12-24T12:00:00Z", &["2026-12-26T08:00:00Z"]);
    }

    #[test]
    fn an_exception_replaces_a_holiday() {
        let mut hours = every_day("Europe/Copenhagen", "09:00-17:00");
        hours.holidays = Some("DK".to_owned());
        hours.exceptions = vec![exception("2026-12-25", "10:00-11:00")];
        assert_openings(&hours, "2026-12-24T12:00:00Z", &["2026-12-25T09:00:00Z", "2026-12-27T08:00:00Z"]);
    }

    #[test]
    fn the_night_before_a_holiday_goes_on_and_the_night_of_it_does_not_begin() {
        let mut hours = every_day("Europe/Copenhagen", "22:00-02:00");
        hours.holidays = Some("DK".to_owned());
        assert_open(
            &hours,
            &[
                ("2026-12-25T00:30:00Z", true),  // the 25th, 01:30, a holiday
                ("2026-12-25T21:30:00Z", false), // the 25th, 22:30
                ("2026-12-26T00:30:00Z", false), // the 26th, 01:30
                ("2026-12-27T00:30:00Z", false), // the 27th, 01:30
                ("2026-12-27T21:30:00Z", true),  // the 27th, 22:30
            ],
        );
    }

    #[test]
    fn a_skipped_hour_is_never_open() {
        let skipped = every_day("Europe/Copenhagen", "02:15-02:45");
        assert_openings(&skipped, "2026-03-28T12:00:00Z", &["2026-03-30T00:15:00Z"]);
        let partly_skipped = every_day("Europe/Copenhagen", "02:30-03:30");
        assert_openings(&partly_skipped, "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        let bridged = every_day("America/New_York", "01:00-02:00 03:00-04:00");
        assert_openings(&bridged, "2026-03-08T05:00:00Z", &["2026-03-08T06:00:00Z", "2026-03-09T05:00:00Z"]);
    }

    #[test]
    fn a_repeated_hour_is_open_twice() {
        let repeated = every_day("Europe/Copenhagen", "02:15-02:45");
        assert_openings(
            &repeated,
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "2026-10-26T01:15:00Z"],
        );
    }

    #[test]
    fn the_clock_set_back_into_an_interval_opens_it_again() {
        let hours = every_day("Europe/Copenhagen", "01:30-02:30");
        assert_openings(
            &hours,
            "2026-10-24T12:00:00Z",
            &["2026-10-24T23:30:00Z", "2026-10-25T01:00:00Z", "2026-10-26T00:30:00Z"],
        );
        assert_open(&hours, &[("2026-10-25T00:59:59Z", false), ("2026-10-25T01:29:59Z", true)]);
    }

    #[test]
    fn a_clock_moved_by_half_an_hour_skips_and_repeats_half_an_hour() {
        let hours = every_day("Australia/Lord_Howe", "01:45-02:15");
        assert_openings(&hours, "2026-10-03T12:00:00Z", &["2026-10-03T15:15:00Z", "2026-10-04T14:45:00Z"]);
        assert_open(&hours, &[("2026-10-03T15:29:59Z", true), ("2026-10-03T15:30:00Z", false)]);
        assert_openings(&hours, "2026-04-04T12:00:00Z", &["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]);
    }

    #[test]
    fn a_day_that_the_calendar_skipped_has_no_hours_of_its_own() {
        let mut apia = every_day("Pacific/Apia", "09:00-17:00");
        apia.exceptions = vec![exception("2011-12-30", "09:00-17:00")];
        assert_openings(&apia, "2011-12-29T12:00:00Z", &["2011-12-29T19:00:00Z", "2011-12-30T19:00:00Z"]);
    }

    #[test]
    fn after_a_skipped_day_the_clock_is_inside_the_night_that_would_have_begun_on_it() {
        let hours = hours("Pacific/Apia", &[("thursday", "22:00-03:00"), ("friday", "23:00-01:00")]);
        assert_openings(&hours, "2011-12-29T12:00:00Z", &["2011-12-30T08:00:00Z", "2012-01-05T08:00:00Z"]);
        assert_open(&hours, &[("2011-12-30T10:59:59Z", true), ("2011-12-30T11:00:00Z", false)]);
    }

    #[test]
    fn a_midnight_that_is_skipped_opens_at_the_first_time_of_that_day() {
        let sao_paulo = hours("America/Sao_Paulo", &[("sunday", "00:00-05:00")]);
        assert_openings(&sao_paulo, "2018-11-03T12:00:00Z", &["2018-11-04T03:00:00Z", "2018-11-11T02:00:00Z"]);
        let cairo = hours("Africa/Cairo", &[("friday", "00:30-05:00")]);
        assert_openings(&cairo, "2026-04-23T12:00:00Z", &["2026-04-23T22:00:00Z", "2026-04-30T21:30:00Z"]);
    }

    #[test]
    fn the_hour_before_a_midnight_that_is_put_off_counts_twice() {
        let cairo = hours("Africa/Cairo", &[("thursday", "23:00-24:00"), ("friday", "00:00-01:00")]);
        assert_openings(&cairo, "2026-10-29T12:00:00Z", &["2026-10-29T20:00:00Z", "2026-11-05T21:00:00Z"]);
        assert_open(&cairo, &[("2026-10-29T22:59:59Z", true), ("2026-10-29T23:00:00Z", false)]);
    }

    #[test]
    fn an_offset_with_seconds_opens_on_the_second() {
        let monrovia = every_day("Africa/Monrovia", "09:00-17:00");
        assert_openings(&monrovia, "1971-06-01T00:00:00Z", &["1971-06-01T09:44:30Z", "1971-06-02T09:44:30Z"]);
    }

    #[test]
    fn the_ends_of_time_are_closed() {
        let schedule = every_day("Asia/Tokyo", "00:00-24:00").schedule().unwrap();
        assert!(!schedule.is_open(DateTime::<Utc>::MAX_UTC));
        assert_eq!(schedule.next_opening(DateTime::<Utc>::MAX_UTC), None);
        let schedule = every_day("America/New_York", "09:00-17:00").schedule().unwrap();
        assert!(!schedule.is_open(DateTime::<Utc>::MIN_UTC));
        assert!(schedule.next_opening(DateTime::<Utc>::MIN_UTC).is_some());
    }
}

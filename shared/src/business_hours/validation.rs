use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use opening_hours::ContextHolidays;

use super::countries::holidays;
use super::schedule::{Interval, Schedule};
use super::{
    BusinessHours, HoursException, InvalidBusinessHours, MAX_EXCEPTIONS, MAX_INTERVALS_PER_DAY, OpeningInterval,
};
use crate::json_reader::pointer_token;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MINUTES_PER_DAY: u32 = 24 * 60;

/// Reads all of the hours, so that every mistake is found and not only the first.
pub(super) fn schedule(hours: &BusinessHours) -> Result<Schedule, InvalidBusinessHours> {
    let mut reader = Reader::default();
    let schedule = Schedule {
        time_zone: reader.time_zone(&hours.time_zone),
        weekly: reader.weekly(&hours.weekly),
        exceptions: reader.exceptions(&hours.exceptions),
        holidays: reader.holidays(hours.holidays.as_deref()),
    };
    if reader.mistakes.is_empty() { Ok(schedule) } else { Err(InvalidBusinessHours { mistakes: reader.mistakes }) }
}

#[derive(Default)]
struct Reader {
    mistakes: Vec<(String, String)>,
}

impl Reader {
    fn reject(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.mistakes.push((pointer.into(), detail.into()));
    }

    fn time_zone(&mut self, name: &str) -> Tz {
        name.parse().unwrap_or_else(|_| {
            self.reject(
                "/timeZone",
                "The time zone is not known; it must be an IANA name with its capitals, such as Europe/Copenhagen.",
            );
            Tz::UTC
        })
    }

    fn weekly(&mut self, weekly: &BTreeMap<String, Vec<OpeningInterval>>) -> [Vec<Interval>; 7] {
        for name in weekly.keys().filter(|name| !WEEKDAYS.contains(&name.as_str())) {
            self.reject(
                format!("/weekly/{}", pointer_token(name)),
                "This is not a weekday; the weekdays are monday to sunday, in lower case.",
            );
        }
        WEEKDAYS.map(|name| {
            weekly.get(name).map(|intervals| self.intervals(&format!("/weekly/{name}"), intervals)).unwrap_or_default()
        })
    }

    fn exceptions(&mut self, exceptions: &[HoursException]) -> BTreeMap<NaiveDate, Vec<Interval>> {
        if exceptions.len() > MAX_EXCEPTIONS {
            self.reject("/exceptions", format!("There are too many exceptions; at most {MAX_EXCEPTIONS} are allowed."));
            return BTreeMap::new();
        }
        let mut seen = BTreeSet::new();
        exceptions
            .iter()
            .enumerate()
            .filter_map(|(index, exception)| self.exception(index, exception, &mut seen))
            .collect()
    }

    fn exception(
        &mut self,
        index: usize,
        exception: &HoursException,
        seen: &mut BTreeSet<NaiveDate>,
    ) -> Option<(NaiveDate, Vec<Interval>)> {
        let intervals = self.intervals(&format!("/exceptions/{index}/intervals"), &exception.intervals);
        let pointer = format!("/exceptions/{index}/date");
        let Some(date) = date(&exception.date) else {
            self.reject(pointer, "This is not a date; it must be a day of the calendar, written YYYY-MM-DD.");
            return None;
        };
        if !seen.insert(date) {
            self.reject(pointer, "An earlier exception has this date; each date is allowed once.");
        }
        Some((date, intervals))
    }

    fn intervals(&mut self, pointer: &str, intervals: &[OpeningInterval]) -> Vec<Interval> {
        if intervals.len() > MAX_INTERVALS_PER_DAY {
            self.reject(
                pointer,
                format!("There are too many intervals; at most {MAX_INTERVALS_PER_DAY} are allowed for a day."),
            );
            return Vec::new();
        }
        intervals
            .iter()
            .enumerate()
            .filter_map(|(index, interval)| self.interval(&format!("{pointer}/{index}"), interval))
            .collect()
    }

    fn interval(&mut self, pointer: &str, interval: &OpeningInterval) -> Option<Interval> {
        let open = minute_of_day(&interval.open).filter(|minute| *minute < MINUTES_PER_DAY);
        let close = minute_of_day(&interval.close);
        if open.is_none() {
            self.reject(format!("{pointer}/open"), "This is not a time of day; it must be HH:MM from 00:00 to 23:59.");
        }
        if close.is_none() {
            self.reject(format!("{pointer}/close"), "This is not a time of day; it must be HH:MM from 00:00 to 24:00.");
        }
        let (open, close) = (open?, close?);
        if open == close {
            self.reject(
                format!("{pointer}/close"),
                "Closing equals opening; a whole day is 00:00 to 24:00, and an earlier time is on the next day.",
            );
        }
        let close = if close < open { close + MINUTES_PER_DAY } else { close };
        Some(Interval { open: open * 60, close: close * 60 })
    }

    fn holidays(&mut self, country: Option<&str>) -> ContextHolidays {
        let Some(code) = country else { return ContextHolidays::default() };
        holidays(code).unwrap_or_else(|| {
            self.reject(
                "/holidays",
                "No public holidays are known for this country; it must be a two-letter ISO 3166-1 code in capitals, \
                 such as DK, or null with the holidays among the exceptions.",
            );
            ContextHolidays::default()
        })
    }
}

fn minute_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let minute = two_digits(hours)? * 60 + two_digits(minutes).filter(|minutes| *minutes < 60)?;
    (minute <= MINUTES_PER_DAY).then_some(minute)
}

fn two_digits(text: &str) -> Option<u32> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = text.as_bytes() else { return None };
    Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

fn date(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = text.parse().ok()?;
    (text.len() == "YYYY-MM-DD".len() && date.to_string() == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exception, hours};
    use super::*;

    #[track_caller]
    fn assert_mistakes(hours: &BusinessHours, pointers: &[&str]) {
        let mistakes = hours.mistakes();
        assert_eq!(mistakes.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), pointers);
        assert!(mistakes.iter().all(|(_, detail)| detail.ends_with('.')), "{mistakes:?}");
    }

    #[test]
    fn a_time_is_two_digits_of_hours_and_two_of_minutes() {
        for time in ["", "9:00", "09:0", "0900", "09:00:00", "+9:00", "09:60", "24:01", "25:00", "०९:००", "noon"]
        {
            assert_mistakes(&hours("UTC", &[("monday", &format!("{time}-23:59"))]), &["/weekly/monday/0/open"]);
            assert_mistakes(&hours("UTC", &[("monday", &format!("00:01-{time}"))]), &["/weekly/monday/0/close"]);
        }
    }

    #[test]
    fn only_a_close_may_be_24_00() {
        assert_mistakes(&hours("UTC", &[("monday", "00:00-24:00 23:59-00:00")]), &[]);
        assert_mistakes(&hours("UTC", &[("monday", "24:00-08:00")]), &["/weekly/monday/0/open"]);
    }

    #[test]
    fn a_close_that_equals_its_opening_is_a_mistake() {
        assert_mistakes(&hours("UTC", &[("sunday", "08:00-09:00 00:00-00:00")]), &["/weekly/sunday/1/close"]);
    }

    #[test]
    fn a_weekday_is_an_english_name_in_lower_case() {
        let weekly = [("Monday", "08:00-09:00"), ("a/b~c", ""), ("friday", "08:00-09:00")];
        assert_mistakes(&hours("UTC", &weekly), &["/weekly/Monday", "/weekly/a~1b~0c"]);
    }

    #[test]
    fn a_time_zone_is_an_iana_name() {
        for name in ["Europe/Copenhagen", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Asia/Calcutta"] {
            assert_mistakes(&hours(name, &[]), &[]);
        }
        for name in ["", "CEST", "+02:00", "europe/copenhagen", "Europe/Atlantis"] {
            assert_mistakes(&hours(name, &[]), &["/timeZone"]);
        }
    }

    #[test]
    fn a_date_is_a_day_of_the_calendar_written_in_full() {
        let mut hours = hours("UTC", &[]);
        for date in ["2026-12-24", "2028-02-29", "0001-01-01"] {
            hours.exceptions = vec![exception(date, "")];
            assert_mistakes(&hours, &[]);
        }
        for date in
            ["", "2026-02-29", "2026-1-01", "26-01-01", "2026-13-01", "+12026-01-01", "+999-01-01", "2026-01-01T"]
        {
            hours.exceptions = vec![exception(date, "")];
            assert_mistakes(&hours, &["/exceptions/0/date"]);
        }
    }

    #[test]
    fn a_date_may_have_one_exception() {
        let mut hours = hours("UTC", &[]);
        hours.exceptions = ["2026-12-24", "2026-12-25", "2026-12-24"].map(|date| exception(date, "")).into();
        assert_mistakes(&hours, &["/exceptions/2/date"]);
    }

    #[test]
    fn the_intervals_of_an_exception_are_checked_too() {
        let mut hours = hours("UTC", &[]);
        hours.exceptions = vec![exception("2026-12-24", "08:00-9:00")];
        assert_mistakes(&hours, &["/exceptions/0/intervals/0/close"]);
    }

    #[test]
    fn a_day_has_at_most_24_intervals() {
        assert_mistakes(&hours("UTC", &[("monday", &"08:00-09:00 ".repeat(24))]), &[]);
        assert_mistakes(&hours("UTC", &[("monday", &"08:00-09:00 ".repeat(25))]), &["/weekly/monday"]);
    }

    #[test]
    fn there_are_at_most_1000_exceptions() {
        let mut hours = hours("UTC", &[]);
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        hours.exceptions = first.iter_days().take(1_000).map(|date| exception(&date.to_string(), "")).collect();
        assert_mistakes(&hours, &[]);
        hours.exceptions.push(exception("2036-01-01", ""));
        assert_mistakes(&hours, &["/exceptions"]);
    }

    #[test]
    fn a_country_has_known_holidays_and_a_code_of_two_capitals() {
        let mut hours = hours("UTC", &[]);
        for (code, pointers) in [("DK", &[][..]), ("US", &[]), ("", &["/holidays"]), ("dk", &["/holidays"])] {
            hours.holidays = Some(code.to_owned());
            assert_mistakes(&hours, pointers);
        }
        for unknown in ["XX", "DNK", "AQ"] {
            hours.holidays = Some(unknown.to_owned());
            assert_mistakes(&hours, &["/holidays"]);
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let mut hours = hours("Mars", &[("monday", "8-9"), ("moonday", "")]);
        hours.exceptions = vec![exception("tomorrow", "08:00-08:00")];
        hours.holidays = Some("Denmark".to_owned());
        assert_mistakes(
            &hours,
            &[
                "/timeZone",
                "/weekly/moonday",
                "/weekly/monday/0/open",
                "/weekly/monday/0/close",
                "/exceptions/0/intervals/0/close",
                "/exceptions/0/date",
                "/holidays",
            ],
        );
    }
}

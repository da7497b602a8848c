//! The countries whose public holidays are known.

use chrono::NaiveDate;
use opening_hours::ContextHolidays;
use opening_hours::localization::Country;
use schemars::JsonSchema;
use serde::Serialize;

/// A country that `holidays` of business hours may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolidayCountry {
    /// ISO 3166-1 alpha-2, in capitals.
    pub code: &'static str,
    /// In English.
    pub name: &'static str,
}

/// The public holidays of a country from `first` on, in so many days.
#[must_use]
pub fn public_holidays(country: &HolidayCountry, first: NaiveDate, days: usize) -> Vec<NaiveDate> {
    let Some(holidays) = holidays(country.code) else { return Vec::new() };
    first.iter_days().take(days).filter(|date| holidays.get_public().contains(*date)).collect()
}

/// The countries whose public holidays are known, by name.
#[must_use]
pub fn holiday_countries() -> Vec<HolidayCountry> {
    let codes = (b'A'..=b'Z').flat_map(|first| (b'A'..=b'Z').map(move |second| [first, second]));
    let countries = codes.filter_map(|code| std::str::from_utf8(&code).ok()?.parse::<Country>().ok());
    let known = countries.filter(|country| holidays(country.iso_code()).is_some());
    let mut known: Vec<_> =
        known.map(|country| HolidayCountry { code: country.iso_code(), name: country.name() }).collect();
    known.sort_by_key(|country| country.name);
    known
}

/// The public holidays of the country that this code names, if any are known.
pub(super) fn holidays(code: &str) -> Option<ContextHolidays> {
    let holidays = code.parse::<Country>().ok()?.holidays();
    holidays.get_public().count().gt(&0).then_some(holidays)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::business_hours::BusinessHours;

    #[test]
    fn every_country_that_is_listed_is_accepted_and_no_other() {
        let listed: Vec<_> = holiday_countries().into_iter().map(|country| country.code.to_owned()).collect();
        let mut hours =
            BusinessHours { time_zone: "UTC".into(), weekly: BTreeMap::new(), exceptions: vec![], holidays: None };
        let letters = || ' '..='~';
        for code in letters().flat_map(|first| letters().map(move |second| format!("{first}{second}"))) {
            let is_listed = listed.contains(&code);
            hours.holidays = Some(code);
            assert_eq!(hours.mistakes().is_empty(), is_listed, "{:?}", hours.holidays);
        }
    }

    #[test]
    fn a_country_s_next_holidays_are_listed_in_order() {
        let first = NaiveDate::from_ymd_opt(2026, 12, 24).unwrap();
        let days = public_holidays(&HolidayCountry { code: "DK", name: "Denmark" }, first, 10);
        let texts: Vec<_> = days.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["2026-12-25", "2026-12-26", "2027-01-01"]);
    }

    #[test]
    fn countries_are_listed_once_and_by_name() {
        let countries = holiday_countries();
        assert_eq!(countries.len(), 122);
        assert!(countries.is_sorted_by(|one, other| one.name < other.name));
        assert!(countries.contains(&HolidayCountry { code: "DK", name: "Denmark" }));
    }
}

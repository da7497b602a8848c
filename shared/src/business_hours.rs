//! When an organisation's people are there: the settings' `businessHours`, checked and answered for any moment.

mod countries;
mod schedule;
mod validation;

#[cfg(test)]
mod properties;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use countries::{HolidayCountry, holiday_countries, public_holidays};
pub use schedule::Schedule;

/// Most intervals that one weekday or one exception may have.
pub const MAX_INTERVALS_PER_DAY: usize = 24;
/// Most dated exceptions.
pub const MAX_EXCEPTIONS: usize = 1_000;

/// The settings' `businessHours` as they travel and are stored.
///
/// Times, dates and names are kept as they were written, right or wrong, so that
/// [`mistakes`](BusinessHours::mistakes) can point at each wrong one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusinessHours {
    /// IANA name of the time zone in which all times are meant, such as `Europe/Copenhagen`.
    pub time_zone: String,
    /// Intervals by weekday, `monday` to `sunday`; a missing weekday is closed.
    pub weekly: BTreeMap<String, Vec<OpeningInterval>>,
    /// Dates that have their own intervals instead of the weekday's and the holiday's; at most [`MAX_EXCEPTIONS`].
    #[serde(default)]
    pub exceptions: Vec<HoursException>,
    /// Country whose public holidays are closed: an ISO 3166-1 alpha-2 code in capitals, such as `DK`.
    ///
    /// Known are, of [122 countries](holiday_countries), the holidays that the whole country keeps, for the years 2000 to 2076, without those
    /// that are fixed by sightings or decrees. What a region keeps, or the list lacks, belongs in `exceptions`.
    #[serde(default)]
    pub holidays: Option<String>,
}

/// A time of opening, which belongs to the day on which it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningInterval {
    /// `HH:MM` from 00:00 to 23:59, the first minute that is open.
    pub open: String,
    /// `HH:MM` from 00:00 to 24:00, the first minute that is closed again; earlier than `open` it is on the next day.
    pub close: String,
}

/// The intervals of one date, which replace those of its weekday and make it no holiday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoursException {
    /// `YYYY-MM-DD` in the time zone of the hours; no date twice.
    pub date: String,
    /// At most [`MAX_INTERVALS_PER_DAY`]; none: closed.
    pub intervals: Vec<OpeningInterval>,
}

/// Business hours that can't be followed, because they contain mistakes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("mistakes in the business hours: {}", .mistakes.len())]
pub struct InvalidBusinessHours {
    /// As [`BusinessHours::mistakes`] returns them; at least one.
    pub mistakes: Vec<(String, String)>,
}

impl BusinessHours {
    /// Every mistake: a JSON pointer relative to `businessHours`, such as `/weekly/monday/0/close`, and a sentence that
    /// says what is wrong and what is allowed. Empty if the hours are valid.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(String, String)> {
        self.schedule().err().map(|invalid| invalid.mistakes).unwrap_or_default()
    }

    /// The hours in the form that answers questions; refused if there is a mistake.
    pub fn schedule(&self) -> Result<Schedule, InvalidBusinessHours> {
        validation::schedule(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours such as `hours("Asia/Tokyo", &[("monday", "09:00-12:00 13:00-17:00")])`.
    pub(super) fn hours(time_zone: &str, weekly: &[(&str, &str)]) -> BusinessHours {
        BusinessHours {
            time_zone: time_zone.to_owned(),
            weekly: weekly.iter().map(|(day, times)| ((*day).to_owned(), intervals(times))).collect(),
            exceptions: vec![],
            holidays: None,
        }
    }

    pub(super) fn exception(date: &str, times: &str) -> HoursException {
        HoursException { date: date.to_owned(), intervals: intervals(times) }
    }

    fn intervals(times: &str) -> Vec<OpeningInterval> {
        let pairs = times.split_whitespace().map(|interval| interval.split_once('-').unwrap());
        pairs.map(|(open, close)| OpeningInterval { open: open.to_owned(), close: close.to_owned() }).collect()
    }

    const SAMPLE: &str = r#"{
        "timeZone": "Europe/Copenhagen",
        "weekly": { "monday": [ { "open": "09:00", "close": "17:00" } ] },
        "exceptions": [ { "date": "2026-12-24", "intervals": [] } ],
        "holidays": "DK"
    }"#;

    #[test]
    fn the_settings_document_is_read_and_written_member_by_member() {
        let hours: BusinessHours = serde_json::from_str(SAMPLE).unwrap();
        let interval = OpeningInterval { open: "09:00".to_owned(), close: "17:00".to_owned() };
        assert_eq!(hours.time_zone, "Europe/Copenhagen");
        assert_eq!(hours.weekly, BTreeMap::from([("monday".to_owned(), vec![interval])]));
        assert_eq!(hours.exceptions, [HoursException { date: "2026-12-24".to_owned(), intervals: vec![] }]);
        assert_eq!(hours.holidays.as_deref(), Some("DK"));

        let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        assert_eq!(serde_json::to_value(&hours).unwrap(), sample);
    }

    #[test]
    fn exceptions_and_holidays_may_be_left_out() {
        let hours: BusinessHours = serde_json::from_str(r#"{"timeZone": "Asia/Tokyo", "weekly": {}}"#).unwrap();
        assert_eq!((hours.exceptions, hours.holidays), (vec![], None));
    }

    #[test]
    fn malformed_times_are_read_and_then_reported() {
        let json = r#"{"timeZone": "Asia/Tokyo", "weekly": {"monday": [{"open": "9:00", "close": "25:00"}]}}"#;
        let hours: BusinessHours = serde_json::from_str(json).unwrap();
        let pointers: Vec<_> = hours.mistakes().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["/weekly/monday/0/open", "/weekly/monday/0/close"]);
    }

    #[test]
    fn hours_with_mistakes_have_no_schedule() {
        let mut hours: BusinessHours = serde_json::from_str(SAMPLE).unwrap();
        assert!(hours.schedule().is_ok());
        hours.time_zone = "Europe/Atlantis".to_owned();
        let invalid = hours.schedule().unwrap_err();
        assert_eq!(invalid.to_string(), "mistakes in the business hours: 1");
        assert_eq!(invalid.mistakes, hours.mistakes());
    }
}

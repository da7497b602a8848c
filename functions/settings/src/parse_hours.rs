//! Business hours of the settings document: shape here, meaning in [`shared::business_hours`].

use shared::business_hours::{BusinessHours, HoursException, OpeningInterval};
use shared::json_reader::JsonReader;

use crate::parse::MAX_NAME_CHARACTERS;

pub(crate) fn business_hours(reader: &mut JsonReader<'_, '_>) -> Option<BusinessHours> {
    let time_zone = reader.required_string("timeZone", MAX_NAME_CHARACTERS);
    let weekly = reader
        .optional_object("weekly")
        .map(|mut days| days.each_member(|day, intervals_of_day| Some((day.to_owned(), intervals(intervals_of_day)))));
    let exceptions =
        reader.optional("exceptions").map(|mut exceptions| exceptions.each(|reader| Some(exception(reader))));
    let holidays = reader.optional_string("holidays", MAX_NAME_CHARACTERS);
    let hours = BusinessHours {
        time_zone: time_zone?,
        weekly: weekly.unwrap_or_default().into_iter().collect(),
        exceptions: exceptions.unwrap_or_default(),
        holidays,
    };
    for (pointer, detail) in hours.mistakes() {
        reader.reject_below_once(&pointer, detail);
    }
    Some(hours)
}

/// What is wrong keeps its place, so that the mistakes of the others are found at theirs.
fn intervals(reader: &mut JsonReader<'_, '_>) -> Vec<OpeningInterval> {
    reader.each(|interval| {
        if interval.object().is_none() {
            return Some(OpeningInterval { open: String::new(), close: String::new() });
        }
        let mut time = |name| interval.required_string(name, MAX_NAME_CHARACTERS).unwrap_or_default();
        Some(OpeningInterval { open: time("open"), close: time("close") })
    })
}

fn exception(reader: &mut JsonReader<'_, '_>) -> HoursException {
    if reader.object().is_none() {
        return HoursException { date: String::new(), intervals: Vec::new() };
    }
    let date = reader.required_string("date", MAX_NAME_CHARACTERS).unwrap_or_default();
    let intervals = reader.required("intervals").map(|mut reader| intervals(&mut reader)).unwrap_or_default();
    HoursException { date, intervals }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pointers(hours: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        business_hours(&mut JsonReader::new(hours, &mut errors));
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn mistakes_of_shape_and_of_meaning_are_named() {
        let hours = json!({
            "timeZone": "Europe/Atlantis",
            "weekly": { "monday": [{ "open": "9:00", "close": "17:00" }, { "open": "10:00" }], "someday": [] },
            "exceptions": [{ "date": "2026-02-30", "intervals": [] }, { "intervals": 7 }],
            "holidays": "XX",
        });
        let found = pointers(&hours);
        for pointer in [
            "/timeZone",
            "/weekly/monday/0/open",
            "/weekly/monday/1/close",
            "/weekly/someday",
            "/exceptions/0/date",
            "/exceptions/1/date",
            "/exceptions/1/intervals",
            "/holidays",
        ] {
            assert!(found.iter().any(|found| found == pointer), "{pointer} in {found:?}");
        }
    }

    #[test]
    fn a_mistake_is_named_once_and_at_its_own_place() {
        let hours = json!({
            "timeZone": "UTC",
            "weekly": { "monday": [7, { "close": "17:00" }, { "open": "9:00", "close": "17:00" }] },
            "exceptions": [7, { "date": "tomorrow", "intervals": [] }, { "intervals": [] }],
        });
        assert_eq!(
            pointers(&hours),
            [
                "/weekly/monday/0",
                "/weekly/monday/1/open",
                "/exceptions/0",
                "/exceptions/2/date",
                "/weekly/monday/2/open",
                "/exceptions/1/date"
            ]
        );
    }

    #[test]
    fn valid_hours_have_no_mistakes() {
        let hours =
            json!({ "timeZone": "Asia/Kathmandu", "weekly": { "friday": [{ "open": "22:00", "close": "02:00" }] } });
        assert_eq!(pointers(&hours), Vec::<String>::new());
    }
}

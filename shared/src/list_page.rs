//! Lists over HTTP, newest first, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::problem::FieldError;

/// How much of a list a page has if nothing is said.
pub const DEFAULT_LIMIT: usize = 25;
/// The most of a list that a page has.
pub const MAX_LIMIT: usize = 100;

/// Which page of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so much of the list: 1 to 100.
    pub limit: usize,
    /// The list key after which the page starts.
    pub after: Option<String>,
}

/// Reads the query parameters `limit` and `cursor`.
///
/// # Errors
/// Every wrong parameter, with its name as the pointer.
pub fn parse(parameter: impl Fn(&str) -> Option<String>) -> Result<PageRequest, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut reject = |name: &str, detail: String| errors.push(FieldError { pointer: format!("/{name}"), detail });
    let limit = parameter("limit").map_or(Some(DEFAULT_LIMIT), |digits| limit(&digits));
    if limit.is_none() {
        reject("limit", format!("must be a whole number from 1 to {MAX_LIMIT}"));
    }
    let after = parameter("cursor").map(|cursor| decode(&cursor));
    if after == Some(None) {
        reject("cursor", "must be the cursor of an earlier page".into());
    }
    limit.filter(|_| errors.is_empty()).map(|limit| PageRequest { limit, after: after.flatten() }).ok_or(errors)
}

/// Sorts what is listed by age.
#[must_use]
pub fn list_key(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}#{id}", at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// The cursor of the page that starts after this list key.
#[must_use]
pub fn cursor(list_key: &str) -> String {
    URL_SAFE_NO_PAD.encode(list_key)
}

fn limit(digits: &str) -> Option<usize> {
    digits.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
}

/// A cursor is a list key: a time and an id. Whose list it is, it does not say.
fn decode(cursor: &str) -> Option<String> {
    let key = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (time, id) = key.split_once('#')?;
    let time = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
    let is_ours = key == list_key(time, id.parse().ok()?);
    is_ours.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(parameters: &[(&str, &str)]) -> Result<PageRequest, Vec<String>> {
        let find = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        parse(find).map_err(|errors| errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn without_parameters_a_page_starts_at_the_newest_and_has_25() {
        assert_eq!(parsed(&[]), Ok(PageRequest { limit: 25, after: None }));
    }

    #[test]
    fn a_page_has_1_to_100() {
        for limit in ["1", "100"] {
            assert_eq!(parsed(&[("limit", limit)]).unwrap().limit.to_string(), limit);
        }
        for wrong in ["0", "101", "-1", "1.5", ""] {
            assert_eq!(parsed(&[("limit", wrong)]), Err(vec!["/limit".into()]), "{wrong}");
        }
        assert_eq!(parsed(&[("limit", "x"), ("cursor", "x")]), Err(vec!["/limit".into(), "/cursor".into()]));
    }

    #[test]
    fn a_cursor_leads_on_from_its_page() {
        let key = list_key(DateTime::from_timestamp_millis(1_795_166_043_007).unwrap(), Uuid::from_u128(7));
        assert_eq!(key, "2026-11-20T09:14:03.007Z#00000000-0000-0000-0000-000000000007");
        assert_eq!(parsed(&[("cursor", &cursor(&key))]).unwrap().after, Some(key));
    }

    #[test]
    fn a_cursor_is_written_as_we_write_it() {
        for key in [
            "2026-11-20T09:14:03Z#00000000-0000-4000-8000-000000000000",
            "2026-11-20T09:14:03.000+00:00#00000000-0000-4000-8000-000000000000",
            "2026-11-20T09:14:03.000Z#{00000000-0000-4000-8000-000000000000}",
            &format!("2026-11-20T09:14:03.{}Z#00000000-0000-4000-8000-000000000000", "0".repeat(5_000)),
            "#",
        ] {
            assert_eq!(parsed(&[("cursor", &cursor(key))]), Err(vec!["/cursor".into()]), "{key}");
        }
    }
}

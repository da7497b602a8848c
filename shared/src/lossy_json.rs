//! JSON whose texts may hold halves of surrogate pairs.
//!
//! JavaScript writes one where it cuts an emoji in two. It is valid JSON (RFC 8259, section 8.2), but no text in Rust can hold it; and
//! a whole conversation is not to be refused for half an emoji. Such a half is read as U+FFFD.

use std::ops::RangeInclusive;

use serde_json::Value;

const HIGH: RangeInclusive<u16> = 0xD800..=0xDBFF;
const LOW: RangeInclusive<u16> = 0xDC00..=0xDFFF;
/// `\uXXXX`.
const ESCAPE: usize = 6;

/// Parses JSON.
///
/// # Errors
/// It is not JSON.
pub fn parse(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(json).or_else(|error| match mended(json) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// With U+FFFD for each lone surrogate; nothing if there is none. As long as before, so that a mistake is where it was.
fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = json.to_vec();
    let mut has_lone = false;
    let mut at = 0;
    while at < json.len() {
        let (length, is_lone) = match (escaped(json, at), escaped(json, at + ESCAPE)) {
            (Some(high), Some(low)) if HIGH.contains(&high) && LOW.contains(&low) => (2 * ESCAPE, false),
            (Some(unit), _) => (ESCAPE, HIGH.contains(&unit) || LOW.contains(&unit)),
            (None, _) if json[at] == b'\\' => (2, false),
            (None, _) => (1, false),
        };
        if is_lone {
            mended[at..at + ESCAPE].copy_from_slice(br"\ufffd");
            has_lone = true;
        }
        at += length;
    }
    has_lone.then_some(mended)
}

/// The unit of an escape that begins here.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(br"\u")?;
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(json: &str) -> Option<String> {
        parse(json.as_bytes()).ok()?.as_str().map(str::to_owned)
    }

    #[test]
    fn half_an_emoji_is_a_replacement_character() {
        assert_eq!(text(r#""cut \ud83d""#).unwrap(), "cut \u{fffd}");
        assert_eq!(text(r#""\uDE00 cut""#).unwrap(), "\u{fffd} cut");
        assert_eq!(text(r#""\ud83d\ud83d\ude00\ude00""#).unwrap(), "\u{fffd}😀\u{fffd}");
        assert_eq!(text(r#""\ud83d\n""#).unwrap(), "\u{fffd}\n");
    }

    #[test]
    fn what_only_looks_like_half_an_emoji_stays() {
        assert_eq!(text(r#""\\ud83d \ud83d""#).unwrap(), "\\ud83d \u{fffd}");
        assert_eq!(text(r#""\ud83d\ude00 \\""#).unwrap(), "😀 \\");
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_place() {
        for json in [r#""\ud83"#, r#""\uzzzz""#, r#"{"a": "\ud83d", secret}"#, r"\ud83d", "", "\"\u{1}\\ud83d\""] {
            assert!(text(json).is_none(), "{json}");
        }
        let error = parse(br#"{"a": "\ud83d", secret}"#).unwrap_err();
        assert_eq!((error.line(), error.column()), (1, 17));
    }

    proptest! {
        #[test]
        fn whatever_units_javascript_writes_are_read_as_utf_16_is(units in prop::collection::vec(prop_oneof![0xD700..0xE100u16, any::<u16>()], 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
            prop_assert_eq!(text(&format!("\"{escapes}\"")), Some(String::from_utf16_lossy(&units)));
        }
    }
}

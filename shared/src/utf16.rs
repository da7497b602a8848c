//! Lengths as Salesforce counts them: in UTF-16 units, as Java does.

/// The length of a text.
#[must_use]
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As much of a text as so many units hold, never a part of a character.
#[must_use]
pub fn prefix(text: &str, max_units: usize) -> &str {
    let mut used = 0;
    let too_far = |(_, character): &(usize, char)| {
        used += character.len_utf16();
        used > max_units
    };
    text.char_indices().find(too_far).map_or(text, |(end, _)| &text[..end])
}

/// As much of a text as a field of so many units holds, with an ellipsis if it is cut.
#[must_use]
pub fn cut(text: &str, max_units: usize) -> String {
    let is_short = units(text) <= max_units;
    if is_short { text.to_owned() } else { prefix(text, max_units.saturating_sub(1)).to_owned() + "…" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_text_is_as_long_as_may_be_and_ends_with_an_ellipsis() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("a😀😀", 4), "a😀…");
        assert_eq!(cut("ab", 0), "…");
    }

    proptest! {
        #[test]
        fn a_prefix_is_the_longest_that_fits(text: String, max in 0..40usize) {
            let prefix = prefix(&text, max);
            prop_assert!(text.starts_with(prefix) && units(prefix) <= max);
            let next = text[prefix.len()..].chars().next();
            prop_assert!(next.is_none_or(|next| units(prefix) + next.len_utf16() > max));
        }
    }
}

//! Salesforce's record ids: 15 case-sensitive characters, or 18 with a suffix that tells which of them are upper-case.

const SUFFIX: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    'X', 'Y', 'Z', '0', '1', '2', '3', '4', '5',
];

/// The 18-character form of a record id whose object has this key prefix; `None` if the text is not one.
pub(crate) fn record_id(text: &str, prefix: &str) -> Option<String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && text.starts_with(prefix);
    match text.len() {
        15 if is_plain => Some(text.as_bytes().chunks(5).fold(text.to_owned(), |id, five| id + &suffix(five))),
        18 if is_plain => Some(text.to_owned()),
        _ => None,
    }
}

fn suffix(five: &[u8]) -> String {
    let bits = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(bit, _)| 1_usize << bit);
    SUFFIX[bits.sum::<usize>() % SUFFIX.len()].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_15_characters_gets_the_suffix_that_salesforce_gives_it() {
        assert_eq!(record_id("001A0000006Vm9u", "001").as_deref(), Some("001A0000006Vm9uIAC"));
        assert_eq!(record_id("500000000000001", "500").as_deref(), Some("500000000000001AAA"));
        assert_eq!(record_id("500VWXYZABCDEFG", "500").as_deref(), Some("500VWXYZABCDEFGY55"));
    }

    #[test]
    fn an_id_of_18_characters_stays_as_it_is() {
        assert_eq!(record_id("0Mw000000000001AAA", "0Mw").as_deref(), Some("0Mw000000000001AAA"));
    }

    #[test]
    fn another_object_length_or_character_is_not_an_id() {
        for text in ["", "500", "0Mw000000000001AAA", "5000000000000011", "50000000000000-", "500ÅÅÅÅÅÅ"] {
            assert_eq!(record_id(text, "500"), None, "{text}");
        }
    }
}

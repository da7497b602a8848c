//! Record ids: 15 case-sensitive characters, and the three-character suffix that makes them safe to compare without case.

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The 18-character id of the `number`th record of the object whose key prefix is `prefix`, in the `org`th org.
///
/// `prefix` has three characters, for example `500` for a Case.
#[must_use]
pub fn salesforce_id(prefix: &str, org: u64, number: u64) -> String {
    let id = format!("{prefix}{}{}", base_62(org, 3), base_62(number, 9));
    format!("{id}{}", suffix(&id))
}

/// The 18-character form of an id of 15 or 18 characters; `None` if it is not one or if its suffix is wrong.
#[must_use]
pub fn normalise(id: &str) -> Option<String> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let short = id.get(..15)?;
    let full = format!("{short}{}", suffix(short));
    (id == short || id == full).then_some(full)
}

fn base_62(mut number: u64, width: usize) -> String {
    let mut digits = vec!['0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = char::from(BASE_62[usize::try_from(number % 62).unwrap_or(0)]);
        number /= 62;
    }
    digits.into_iter().collect()
}

fn suffix(id: &str) -> String {
    id.as_bytes()
        .chunks(5)
        .map(|chunk| {
            let index: usize =
                chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(bit, _)| 1 << bit).sum();
            char::from(SUFFIX[index])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_tells_which_characters_are_upper_case() {
        assert_eq!(suffix("001A0000006Vm9u"), "IAC");
    }

    #[test]
    fn an_id_has_its_prefix_and_18_characters() {
        let id = salesforce_id("500", 1, 63);
        assert_eq!(id, "500001000000011AAA");
        assert_eq!(normalise(&id), Some(id.clone()));
    }

    #[test]
    fn an_id_of_15_characters_is_completed() {
        assert_eq!(normalise("001A0000006Vm9u").as_deref(), Some("001A0000006Vm9uIAC"));
    }

    #[test]
    fn a_wrong_suffix_length_or_character_is_not_an_id() {
        for id in ["", "500", "001A0000006Vm9uIAA", "001A0000006Vm9-", "001A0000006Vm9uI", "ÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅ"]
        {
            assert_eq!(normalise(id), None, "{id}");
        }
    }
}

//! Text literals of SOQL: their escapes, and what `LIKE` makes of them.

use std::{iter::Peekable, str::CharIndices};

/// The text between two quotes, with its escapes resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text(Vec<Unit>);

/// A character of a text, and whether `LIKE` must take it as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    character: char,
    escaped_wildcard: bool,
}

/// Why a text literal can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiteralError {
    Unterminated,
    UnknownEscape,
}

/// Reads one literal from its opening quote on.
pub(super) struct TextReader<'a>(Peekable<CharIndices<'a>>);

impl LiteralError {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Unterminated => "unterminated string literal",
            Self::UnknownEscape => "invalid string literal: illegal escape sequence",
        }
    }
}

impl Text {
    /// The characters; nothing if a wildcard is escaped, which only `LIKE` allows.
    pub(crate) fn plain(&self) -> Option<String> {
        self.0.iter().map(|unit| (!unit.escaped_wildcard).then_some(unit.character)).collect()
    }

    /// Whether `value` is like this pattern: `%` is any text, `_` any character, and case doesn't matter.
    pub(crate) fn is_like(&self, value: &str) -> bool {
        let value: Vec<char> = value.to_lowercase().chars().collect();
        matches(&self.0, &value)
    }
}

impl TextReader<'_> {
    /// The literal at the start of `text` and the number of bytes that it takes, quotes included.
    pub(super) fn read(text: &str) -> Result<(Text, usize), LiteralError> {
        let mut reader = TextReader(text.char_indices().peekable());
        reader.0.next();
        let mut units = Vec::new();
        while let Some((position, character)) = reader.0.next() {
            match character {
                '\'' => return Ok((Text(units), position + 1)),
                '\\' => units.push(reader.escape()?),
                _ => units.push(Unit { character, escaped_wildcard: false }),
            }
        }
        Err(LiteralError::Unterminated)
    }

    fn escape(&mut self) -> Result<Unit, LiteralError> {
        let (_, escape) = self.0.next().ok_or(LiteralError::Unterminated)?;
        let character = match escape {
            '\\' | '\'' | '"' | '%' | '_' => escape,
            'n' | 'N' => '\n',
            'r' | 'R' => '\r',
            't' | 'T' => '\t',
            'b' | 'B' => '\u{8}',
            'f' | 'F' => '\u{c}',
            'u' => self.code_point()?,
            _ => return Err(LiteralError::UnknownEscape),
        };
        Ok(Unit { character, escaped_wildcard: matches!(escape, '%' | '_') })
    }

    fn code_point(&mut self) -> Result<char, LiteralError> {
        let digits: String = self.0.by_ref().take(4).map(|(_, digit)| digit).collect();
        let number = u32::from_str_radix(&digits, 16).map_err(|_| LiteralError::UnknownEscape)?;
        char::from_u32(number).ok_or(LiteralError::UnknownEscape)
    }
}

fn matches(pattern: &[Unit], value: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return value.is_empty();
    };
    match first.character {
        '%' if !first.escaped_wildcard => (0..=value.len()).any(|skipped| matches(rest, &value[skipped..])),
        '_' if !first.escaped_wildcard => !value.is_empty() && matches(rest, &value[1..]),
        character => {
            let lower: Vec<char> = character.to_lowercase().collect();
            value.starts_with(&lower) && matches(rest, &value[lower.len()..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(literal: &str) -> Result<Text, LiteralError> {
        TextReader::read(literal).map(|(text, _)| text)
    }

    #[test]
    fn every_escape_of_soql_is_resolved() -> Result<(), LiteralError> {
        let text = text(r#"'\\ \' \" \n \r \t \b \f \u00e9'"#)?;
        assert_eq!(text.plain().as_deref(), Some("\\ ' \" \n \r \t \u{8} \u{c} é"));
        Ok(())
    }

    #[test]
    fn any_other_escape_is_an_error() {
        assert_eq!(text(r"'\d'"), Err(LiteralError::UnknownEscape));
        assert_eq!(text(r"'\u00zz'"), Err(LiteralError::UnknownEscape));
        assert_eq!(text(r"'\'"), Err(LiteralError::Unterminated));
    }

    #[test]
    fn a_percent_sign_is_any_text_and_an_underscore_any_character() -> Result<(), LiteralError> {
        assert!(text("'%[FV-1]'")?.is_like("Help [FV-1]"));
        assert!(text("'a_c%'")?.is_like("ABCDE"));
        assert!(!text("'a_c'")?.is_like("ac"));
        Ok(())
    }

    #[test]
    fn an_escaped_wildcard_is_itself() -> Result<(), LiteralError> {
        assert!(text(r"'100\%'")?.is_like("100%"));
        assert!(!text(r"'100\%'")?.is_like("1000"));
        assert!(!text(r"'a\_c'")?.is_like("abc"));
        Ok(())
    }
}

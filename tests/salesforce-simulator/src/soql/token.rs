//! The words, texts and symbols of a query.

use super::literal::{Text, TextReader};
use crate::reply::RestError;

/// A part of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(Text),
    Symbol(&'static str),
}

/// The tokens of a query.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, RestError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => {
                let (text, length) = TextReader::read(rest).map_err(|error| malformed(error.message()))?;
                (Token::Text(text), length)
            }
            ',' => (Token::Symbol(","), 1),
            '=' => (Token::Symbol("="), 1),
            '(' => (Token::Symbol("("), 1),
            ')' => (Token::Symbol(")"), 1),
            '>' if rest.starts_with(">=") => (Token::Symbol(">="), 2),
            _ => word(rest)?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn word(text: &str) -> Result<(Token, usize), RestError> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_.:+-".contains(character);
    let length = text.find(|character| !is_word(character)).unwrap_or(text.len());
    match length {
        0 => Err(malformed(&format!("unexpected token: '{}'", text.chars().next().unwrap_or_default()))),
        _ => Ok((Token::Word(text[..length].into()), length)),
    }
}

/// The refusal of a token, or of the query's end, where something else belongs.
pub(super) fn unexpected(token: Option<&Token>) -> RestError {
    match token {
        Some(Token::Word(word)) => malformed(&format!("unexpected token: '{word}'")),
        Some(Token::Text(_)) => malformed("unexpected token: a text literal"),
        Some(Token::Symbol(symbol)) => malformed(&format!("unexpected token: '{symbol}'")),
        None => malformed("unexpected end of the query"),
    }
}

pub(super) fn malformed(message: &str) -> RestError {
    RestError::bad_request("MALFORMED_QUERY", message)
}

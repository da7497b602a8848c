//! The part of SOQL that the simulator reads, strictly: anything else is `MALFORMED_QUERY`.
//!
//! `SELECT f, … FROM O [WHERE f = v AND f LIKE v AND f >= v …] [ORDER BY f [ASC|DESC]] [LIMIT n]`

mod literal;

use chrono::{DateTime, Utc};
pub(crate) use literal::Text;
use literal::TextReader;

use crate::reply::RestError;

/// A query that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) fields: Vec<String>,
    pub(crate) object: String,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) order_by: Option<OrderBy>,
    pub(crate) limit: Option<usize>,
}

/// A comparison of a field with a literal.
#[derive(Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) operator: Operator,
    pub(crate) value: Literal,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equals,
    Like,
    AtLeast,
}

/// A value in a query.
#[derive(Debug, PartialEq)]
pub(crate) enum Literal {
    Text(Text),
    DateTime(DateTime<Utc>),
    Boolean(bool),
    Null,
}

/// The order of the records.
#[derive(Debug, PartialEq)]
pub(crate) struct OrderBy {
    pub(crate) field: String,
    pub(crate) descending: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(Text),
    Symbol(&'static str),
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, RestError> {
        let mut parser = Parser { tokens: tokens(text)?, position: 0 };
        let query = parser.query()?;
        match parser.next() {
            None => Ok(query),
            Some(token) => Err(unexpected(Some(&token))),
        }
    }
}

impl Parser {
    fn query(&mut self) -> Result<Query, RestError> {
        self.expect("SELECT")?;
        let mut fields = vec![self.name()?];
        while self.accept_symbol(",") {
            fields.push(self.name()?);
        }
        self.expect("FROM")?;
        let object = self.name()?;
        let conditions = if self.accept("WHERE") { self.conditions()? } else { Vec::new() };
        let order_by = if self.accept("ORDER") { Some(self.order_by()?) } else { None };
        let limit = if self.accept("LIMIT") { Some(self.number()?) } else { None };
        Ok(Query { fields, object, conditions, order_by, limit })
    }

    fn conditions(&mut self) -> Result<Vec<Condition>, RestError> {
        let mut conditions = vec![self.condition()?];
        while self.accept("AND") {
            conditions.push(self.condition()?);
        }
        Ok(conditions)
    }

    fn condition(&mut self) -> Result<Condition, RestError> {
        let field = self.name()?;
        let operator = self.operator()?;
        let value = self.literal()?;
        let fits = match operator {
            Operator::Equals => true,
            Operator::Like => matches!(value, Literal::Text(_)),
            Operator::AtLeast => matches!(value, Literal::DateTime(_)),
        };
        if !fits {
            return Err(RestError::bad_request("INVALID_QUERY_FILTER_OPERATOR", "invalid operator"));
        }
        match &value {
            Literal::Text(text) if operator == Operator::Equals && text.plain().is_none() => {
                Err(malformed("only LIKE escapes % and _"))
            }
            _ => Ok(Condition { field, operator, value }),
        }
    }

    fn operator(&mut self) -> Result<Operator, RestError> {
        match self.next() {
            Some(Token::Symbol("=")) => Ok(Operator::Equals),
            Some(Token::Symbol(">=")) => Ok(Operator::AtLeast),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("LIKE") => Ok(Operator::Like),
            token => Err(unexpected(token.as_ref())),
        }
    }

    fn literal(&mut self) -> Result<Literal, RestError> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Literal::Boolean(true)),
                "false" => Ok(Literal::Boolean(false)),
                "null" => Ok(Literal::Null),
                _ => DateTime::parse_from_rfc3339(&word)
                    .map(|at| Literal::DateTime(at.to_utc()))
                    .map_err(|_| malformed(&format!("unexpected token: '{word}'"))),
            },
            token => Err(unexpected(token.as_ref())),
        }
    }

    fn order_by(&mut self) -> Result<OrderBy, RestError> {
        self.expect("BY")?;
        let field = self.name()?;
        let descending = self.accept("DESC");
        if !descending {
            self.accept("ASC");
        }
        Ok(OrderBy { field, descending })
    }

    fn number(&mut self) -> Result<usize, RestError> {
        let word = self.word()?;
        word.parse().map_err(|_| malformed(&format!("unexpected token: '{word}'")))
    }

    fn name(&mut self) -> Result<String, RestError> {
        let word = self.word()?;
        let is_name = word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        let is_keyword = ["SELECT", "FROM", "WHERE", "AND", "ORDER", "BY", "LIMIT", "LIKE"]
            .iter()
            .any(|keyword| word.eq_ignore_ascii_case(keyword));
        if is_name && !is_keyword { Ok(word) } else { Err(malformed(&format!("unexpected token: '{word}'"))) }
    }

    fn word(&mut self) -> Result<String, RestError> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            token => Err(unexpected(token.as_ref())),
        }
    }

    fn expect(&mut self, keyword: &str) -> Result<(), RestError> {
        if self.accept(keyword) { Ok(()) } else { Err(unexpected(self.tokens.get(self.position))) }
    }

    fn accept(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.position), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.position += usize::from(found);
        found
    }

    fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.position), Some(Token::Symbol(own)) if *own == symbol);
        self.position += usize::from(found);
        found
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        token
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, RestError> {
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

fn unexpected(token: Option<&Token>) -> RestError {
    match token {
        Some(Token::Word(word)) => malformed(&format!("unexpected token: '{word}'")),
        Some(Token::Text(_)) => malformed("unexpected token: a text literal"),
        Some(Token::Symbol(symbol)) => malformed(&format!("unexpected token: '{symbol}'")),
        None => malformed("unexpected end of the query"),
    }
}

fn malformed(message: &str) -> RestError {
    RestError::bad_request("MALFORMED_QUERY", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_code(text: &str) -> String {
        Query::parse(text).map_or_else(|error| error.body.error_code, |_| "none".into())
    }

    #[test]
    fn a_whole_query_is_read() -> Result<(), RestError> {
        let query = Query::parse(
            "SELECT Id, CaseNumber FROM Case WHERE CreatedDate >= 2026-11-22T09:00:00Z AND Subject LIKE '%x' \
             AND IsClosed = false ORDER BY CreatedDate DESC LIMIT 2",
        )?;
        assert_eq!(query.fields, ["Id", "CaseNumber"]);
        assert_eq!(query.object, "Case");
        assert_eq!(query.conditions.len(), 3);
        assert_eq!(query.order_by, Some(OrderBy { field: "CreatedDate".into(), descending: true }));
        assert_eq!(query.limit, Some(2));
        Ok(())
    }

    #[test]
    fn an_unescaped_quote_is_malformed() {
        assert_eq!(error_code("SELECT Id FROM Contact WHERE Name = 'O'Hara'"), "MALFORMED_QUERY");
        assert_eq!(error_code(r"SELECT Id FROM Contact WHERE Name = 'O\'Hara'"), "none");
    }

    #[test]
    fn an_injected_condition_is_malformed() {
        assert_eq!(error_code("SELECT Id FROM Contact WHERE Email = 'x' OR Name LIKE '%'"), "MALFORMED_QUERY");
    }

    #[test]
    fn anything_outside_the_grammar_is_malformed() {
        for text in [
            "",
            "SELECT",
            "SELECT Id",
            "SELECT FROM Case",
            "SELECT Id, FROM Case",
            "SELECT Id FROM Case WHERE",
            "SELECT Id FROM Case WHERE Id = 'a' AND",
            "SELECT Id FROM Case WHERE Id != 'a'",
            "SELECT Id FROM Case LIMIT x",
            "SELECT Id FROM Case LIMIT 1 LIMIT 1",
            "SELECT Id FROM Case WHERE Subject = 'open",
            "SELECT Id FROM Case; DELETE",
            "SELECT COUNT() FROM Case",
            "SELECT Id FROM Case WHERE CreatedDate >= 2026-11-22",
        ] {
            assert_eq!(error_code(text), "MALFORMED_QUERY", "{text}");
        }
    }

    #[test]
    fn only_like_escapes_wildcards() {
        assert_eq!(error_code(r"SELECT Id FROM Case WHERE Subject = '100\%'"), "MALFORMED_QUERY");
        assert_eq!(error_code(r"SELECT Id FROM Case WHERE Subject LIKE '100\%'"), "none");
    }

    #[test]
    fn an_operator_must_fit_its_literal() {
        assert_eq!(error_code("SELECT Id FROM Case WHERE Subject >= 'a'"), "INVALID_QUERY_FILTER_OPERATOR");
        assert_eq!(error_code("SELECT Id FROM Case WHERE IsClosed LIKE true"), "INVALID_QUERY_FILTER_OPERATOR");
    }
}

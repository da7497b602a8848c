//! The part of SOQL that the simulator reads, strictly: anything else is `MALFORMED_QUERY`.
//!
//! `SELECT f, … FROM O [WHERE f = v AND f LIKE v AND f >= v AND f IN (v, …) …] [ORDER BY f [ASC|DESC]] [LIMIT n]`, where a
//! field may be that of a parent: `PermissionSet.Name`.

mod literal;
mod token;

use chrono::{DateTime, Utc};
pub(crate) use literal::Text;
use token::{Token, malformed, tokens, unexpected};

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
    In,
    Like,
    AtLeast,
}

/// A value in a query.
#[derive(Debug, PartialEq)]
pub(crate) enum Literal {
    Text(Text),
    /// What stands in the brackets of `IN`.
    Texts(Vec<Text>),
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
        let mut fields = vec![self.field()?];
        while self.accept_symbol(",") {
            fields.push(self.field()?);
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
        let field = self.field()?;
        let operator = self.operator()?;
        let value = if operator == Operator::In { self.texts()? } else { self.literal()? };
        let fits = match operator {
            Operator::Equals | Operator::In => true,
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
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("IN") => Ok(Operator::In),
            token => Err(unexpected(token.as_ref())),
        }
    }

    fn texts(&mut self) -> Result<Literal, RestError> {
        let mut texts = Vec::new();
        let mut separator = "(";
        while self.accept_symbol(separator) {
            match self.next() {
                Some(Token::Text(text)) if text.plain().is_some() => texts.push(text),
                token => return Err(unexpected(token.as_ref())),
            }
            separator = ",";
        }
        match self.next() {
            Some(Token::Symbol(")")) => Ok(Literal::Texts(texts)),
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
        let field = self.field()?;
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

    /// A field, or a field of a parent: `Definition.DeveloperName`.
    fn field(&mut self) -> Result<String, RestError> {
        let word = self.word()?;
        let is_path = word.split('.').count() <= 2 && word.split('.').all(is_name);
        if is_path { Ok(word) } else { Err(malformed(&format!("unexpected token: '{word}'"))) }
    }

    fn name(&mut self) -> Result<String, RestError> {
        let word = self.word()?;
        if is_name(&word) { Ok(word) } else { Err(malformed(&format!("unexpected token: '{word}'"))) }
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

fn is_name(word: &str) -> bool {
    let is_keyword = ["SELECT", "FROM", "WHERE", "AND", "ORDER", "BY", "LIMIT", "LIKE", "IN"]
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword));
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    word.starts_with(|first: char| first.is_ascii_alphabetic()) && word.chars().all(is_part) && !is_keyword
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
            "SELECT Id FROM Case WHERE Subject IN ()",
            "SELECT Id FROM Case WHERE Subject IN ('a'",
            "SELECT Id FROM Case WHERE Subject IN ('a',)",
            "SELECT Id FROM Case WHERE Subject IN 'a'",
            "SELECT a.b.c FROM Case",
            "SELECT Id FROM Case.Id",
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

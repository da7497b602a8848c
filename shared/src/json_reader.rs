//! Reads a JSON document field by field and names every mistake, where serde would stop at the first.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::problem::FieldError;

/// Mistakes that are named at most, so that the answer stays readable, and smaller than Lambda allows.
const MAX_ERRORS: usize = 100;
/// Longest name of a member that is read, in characters: it stands in the pointer of every mistake below it.
const MAX_NAME_CHARACTERS: usize = 255;

/// A place in a document, with the mistakes found so far in all of it.
#[derive(Debug)]
pub struct JsonReader<'v, 'e> {
    value: &'v Value,
    pointer: String,
    errors: &'e mut Vec<FieldError>,
}

impl<'v, 'e> JsonReader<'v, 'e> {
    /// At the root of a document.
    pub fn new(value: &'v Value, errors: &'e mut Vec<FieldError>) -> Self {
        Self { value, pointer: String::new(), errors }
    }

    /// The value at this place.
    #[must_use]
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// Notes that this place is wrong.
    pub fn reject(&mut self, detail: impl Into<String>) {
        self.reject_below("", detail);
    }

    /// Notes that something below this place is wrong; `suffix` starts with a slash.
    pub fn reject_below(&mut self, suffix: &str, detail: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError { pointer: format!("{}{suffix}", self.pointer), detail: detail.into() });
        }
    }

    /// Notes that something below this place is wrong, unless that, or what it is a part of, is noted already.
    pub fn reject_below_once(&mut self, suffix: &str, detail: impl Into<String>) {
        let pointer = format!("{}{suffix}", self.pointer);
        let is_part_of = |noted: &str| {
            let rest = pointer.strip_prefix(noted).filter(|_| noted.len() > self.pointer.len());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !self.errors.iter().any(|error| is_part_of(&error.pointer)) {
            self.reject_below(suffix, detail);
        }
    }

    fn at(&mut self, token: &str, value: &'v Value) -> JsonReader<'v, '_> {
        JsonReader { value, pointer: format!("{}/{}", self.pointer, pointer_token(token)), errors: self.errors }
    }

    /// The member `name`, if it is there and not null.
    pub fn optional(&mut self, name: &str) -> Option<JsonReader<'v, '_>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(self.at(name, value))
    }

    /// The member `name`; noted as missing if it is not there.
    pub fn required(&mut self, name: &str) -> Option<JsonReader<'v, '_>> {
        match self.value.get(name) {
            Some(value) if !value.is_null() => Some(self.at(name, value)),
            _ => {
                self.at(name, &Value::Null).reject("is required");
                None
            }
        }
    }

    /// Notes a mistake unless this is an object.
    pub fn object(&mut self) -> Option<&'v Map<String, Value>> {
        let object = self.value.as_object();
        if object.is_none() {
            self.reject("must be an object");
        }
        object
    }

    /// The required member `name` as an object.
    pub fn required_object(&mut self, name: &str) -> Option<JsonReader<'v, '_>> {
        let mut member = self.required(name)?;
        member.object()?;
        Some(member)
    }

    /// The optional member `name` as an object.
    pub fn optional_object(&mut self, name: &str) -> Option<JsonReader<'v, '_>> {
        let mut member = self.optional(name)?;
        member.object()?;
        Some(member)
    }

    /// Reads each element of an array with `read`; elements that it rejects are left out.
    pub fn each<T>(&mut self, mut read: impl FnMut(&mut JsonReader<'v, '_>) -> Option<T>) -> Vec<T> {
        let Some(elements) = self.value.as_array() else {
            self.reject("must be an array");
            return Vec::new();
        };
        elements
            .iter()
            .enumerate()
            .filter_map(|(index, element)| read(&mut self.at(&index.to_string(), element)))
            .collect()
    }

    /// Reads each member of an object with `read`; a name of more than 255 characters is a mistake of the object.
    pub fn each_member<T>(&mut self, mut read: impl FnMut(&str, &mut JsonReader<'v, '_>) -> Option<T>) -> Vec<T> {
        let Some(members) = self.object() else { return Vec::new() };
        let mut found = Vec::new();
        for (name, value) in members {
            if name.chars().count() > MAX_NAME_CHARACTERS {
                self.reject(format!("must not have a member whose name is over {MAX_NAME_CHARACTERS} characters"));
            } else {
                found.extend(read(name, &mut self.at(name, value)));
            }
        }
        found
    }

    /// This as a string of `min` to `max` characters.
    pub fn string(&mut self, min: usize, max: usize) -> Option<&'v str> {
        let Some(text) = self.value.as_str() else {
            self.reject("must be a string");
            return None;
        };
        let length = text.chars().count();
        if length < min {
            self.reject(if min == 1 {
                "must not be empty".to_owned()
            } else {
                format!("must have at least {min} characters")
            });
            return None;
        }
        if length > max {
            self.reject(format!("must have at most {max} characters"));
            return None;
        }
        Some(text)
    }

    /// The required member `name` as a string of 1 to `max` characters.
    pub fn required_string(&mut self, name: &str, max: usize) -> Option<String> {
        self.required(name)?.string(1, max).map(str::to_owned)
    }

    /// The optional member `name` as a string of at most `max` characters; empty counts as absent.
    pub fn optional_string(&mut self, name: &str, max: usize) -> Option<String> {
        self.optional(name)?.string(0, max).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// This as one of the words of an enumeration.
    pub fn one_of<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| self.value.as_str() == Some(*word)).map(|(_, value)| *value);
        if found.is_none() {
            let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.reject(format!("must be one of {}", allowed.join(", ")));
        }
        found
    }

    /// The optional member `name` as a boolean.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        let mut member = self.optional(name)?;
        let value = member.value.as_bool();
        if value.is_none() {
            member.reject("must be true or false");
        }
        value
    }

    /// A moment.
    pub fn time(&mut self) -> Option<DateTime<Utc>> {
        let parsed = self.value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        if parsed.is_none() {
            self.reject("must be a time as in RFC 3339, such as 2026-11-20T09:14:03Z");
        }
        parsed.map(|time| time.to_utc())
    }

    /// This as a whole number from `min` to `max`.
    pub fn integer(&mut self, min: u64, max: u64) -> Option<u64> {
        let value = self.value.as_u64().filter(|number| (min..=max).contains(number));
        if value.is_none() {
            self.reject(format!("must be a whole number from {min} to {max}"));
        }
        value
    }
}

/// A member's name as a part of a JSON pointer (RFC 6901).
#[must_use]
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors_of(document: &Value, read: impl FnOnce(&mut JsonReader<'_, '_>)) -> Vec<(String, String)> {
        let mut errors = Vec::new();
        read(&mut JsonReader::new(document, &mut errors));
        errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn every_mistake_is_named_not_only_the_first() {
        let document = json!({ "a": 1, "b": { "c": "" } });
        let errors = errors_of(&document, |reader| {
            reader.required_string("a", 9);
            reader.required_object("b").unwrap().required_string("c", 9);
            reader.required_string("d", 9);
        });
        assert_eq!(
            errors,
            [
                ("/a".into(), "must be a string".into()),
                ("/b/c".into(), "must not be empty".into()),
                ("/d".into(), "is required".into())
            ]
        );
    }

    #[test]
    fn a_pointer_escapes_slash_and_tilde() {
        let document = json!({ "a/b~c": 1 });
        let errors = errors_of(&document, |reader| {
            reader.each_member(|_, member| member.string(0, 9).map(drop));
        });
        assert_eq!(errors[0].0, "/a~1b~0c");
    }

    #[test]
    fn at_most_a_hundred_mistakes_are_named() {
        let document = Value::Array(vec![json!(1); 5_000]);
        let errors = errors_of(&document, |reader| drop(reader.each(|element| element.string(0, 9).map(drop))));
        assert_eq!(errors.len(), 100);
    }

    #[test]
    fn a_name_without_an_end_is_not_repeated_in_every_mistake_below_it() {
        let document = json!({ "n".repeat(256): [1, 2, 3], "n".repeat(255): [4] });
        let errors = errors_of(&document, |reader| {
            drop(reader.each_member(|_, member| {
                drop(member.each(|element| element.string(0, 9).map(drop)));
                None::<()>
            }));
        });
        let pointers: Vec<_> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, [&format!("/{}/0", "n".repeat(255)), ""]);
    }

    #[test]
    fn what_is_noted_is_not_noted_again_below_it() {
        let errors = errors_of(&json!({ "a": [] }), |reader| {
            let mut member = reader.optional("a").unwrap();
            for suffix in ["/1", "/1", "/1/b", "/10"] {
                member.reject_below_once(suffix, "is wrong");
            }
        });
        assert_eq!(errors.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), ["/a/1", "/a/10"]);
    }

    #[test]
    fn null_counts_as_absent() {
        let document = json!({ "a": null });
        assert_eq!(errors_of(&document, |reader| assert!(reader.optional("a").is_none())), []);
        assert_eq!(errors_of(&document, |reader| drop(reader.required_string("a", 9)))[0].1, "is required");
    }

    #[test]
    fn an_enumeration_lists_its_words_and_not_the_value() {
        let document = json!("private");
        let errors = errors_of(&document, |reader| assert!(reader.one_of(&[("yes", 1), ("no", 0)]).is_none()));
        assert_eq!(errors[0].1, "must be one of yes, no");
    }

    #[test]
    fn an_element_is_named_by_its_index() {
        let document = json!(["a", 2]);
        let errors = errors_of(&document, |reader| drop(reader.each(|element| element.string(0, 9).map(drop))));
        assert_eq!(errors[0].0, "/1");
    }

    #[test]
    fn length_is_counted_in_characters() {
        let document = json!("😀😀");
        assert_eq!(errors_of(&document, |reader| assert_eq!(reader.string(1, 2), Some("😀😀"))), []);
        assert_eq!(errors_of(&document, |reader| assert_eq!(reader.string(1, 1), None)).len(), 1);
    }
}

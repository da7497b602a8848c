//! The expressions of `DynamoDB` that the store uses, and no others: an unknown one is a mistake of the simulation.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// An item as the wire has it: attribute values in `DynamoDB` JSON.
pub(crate) type Item = Map<String, Value>;

/// A request's expressions with their names and values.
pub(crate) struct Expressions<'a>(pub(crate) &'a Value);

impl Expressions<'_> {
    /// Whether an item, or its absence, is as `text` demands: alternatives of one term each.
    pub(crate) fn holds(&self, text: &str, item: Option<&Item>) -> Result<bool, String> {
        text.split(" OR ").map(|term| self.term_holds(term.trim(), item)).try_fold(false, |any, one| Ok(any | one?))
    }

    /// Whether an item is as all terms of a key condition or filter demand.
    pub(crate) fn all_hold(&self, text: &str, item: &Item) -> Result<bool, String> {
        let simple = text.replace("sk BETWEEN :first AND :last", "sk >= :first AND sk <= :last");
        simple
            .split(" AND ")
            .map(|term| self.term_holds(term.trim(), Some(item)))
            .try_fold(true, |all, one| Ok(all & one?))
    }

    fn term_holds(&self, term: &str, item: Option<&Item>) -> Result<bool, String> {
        if let Some((function, arguments)) = term.strip_suffix(')').and_then(|term| term.split_once('(')) {
            return self.function_holds(function, arguments, item);
        }
        let words: Vec<_> = term.split(' ').collect();
        let [left, operator, right] = words[..] else { return Err(format!("unknown term: {term}")) };
        if left.contains('(') {
            return Err(format!("unknown function: {left}"));
        }
        let right = self.value(right)?;
        let Some(left) = item.and_then(|item| item.get(self.name(left))) else { return Ok(false) };
        let order = compare(left, right);
        match operator {
            "=" => Ok(order == Some(Ordering::Equal)),
            "<" => Ok(order == Some(Ordering::Less)),
            "<=" => Ok(matches!(order, Some(Ordering::Less | Ordering::Equal))),
            ">=" => Ok(matches!(order, Some(Ordering::Greater | Ordering::Equal))),
            _ => Err(format!("unknown operator: {operator}")),
        }
    }

    fn function_holds(&self, function: &str, arguments: &str, item: Option<&Item>) -> Result<bool, String> {
        let (name, prefix) = arguments.split_once(", ").unwrap_or((arguments, ""));
        let value = item.and_then(|item| item.get(self.name(name)));
        match function {
            "attribute_exists" => Ok(value.is_some()),
            "attribute_not_exists" => Ok(value.is_none()),
            "begins_with" => {
                let prefix = self.value(prefix)?["S"].as_str().unwrap_or_default().to_owned();
                Ok(value.and_then(|value| value["S"].as_str()).is_some_and(|text| text.starts_with(&prefix)))
            }
            _ => Err(format!("unknown function: {function}")),
        }
    }

    /// Carries out an update expression.
    pub(crate) fn update(&self, text: &str, item: &mut Item) -> Result<(), String> {
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let mut clause = "";
        while let Some(word) = words.next() {
            match (word, clause) {
                ("SET" | "ADD" | "REMOVE", _) => clause = word,
                (name, "SET") => self.set(name, &mut words, item)?,
                (name, "ADD") => self.add(name, words.next().unwrap_or_default(), item)?,
                (name, "REMOVE") => drop(item.remove(self.name(name))),
                _ => return Err(format!("unknown update: {text}")),
            }
        }
        Ok(())
    }

    /// `= :a`, or `= if_not_exists(b, :b)`, whose comma is gone.
    fn set<'t>(&self, name: &str, words: &mut impl Iterator<Item = &'t str>, item: &mut Item) -> Result<(), String> {
        let (Some("="), Some(source)) = (words.next(), words.next()) else {
            return Err(format!("unknown SET of {name}"));
        };
        let value = match source.strip_prefix("if_not_exists(") {
            Some(other) => {
                let default = words.next().and_then(|word| word.strip_suffix(')')).ok_or("unknown if_not_exists")?;
                item.get(self.name(other)).unwrap_or(self.value(default)?).clone()
            }
            None => self.value(source)?.clone(),
        };
        item.insert(self.name(name).to_owned(), value);
        Ok(())
    }

    fn add(&self, name: &str, value: &str, item: &mut Item) -> Result<(), String> {
        let more = self.value(value)?["SS"].as_array().cloned().unwrap_or_default();
        let set = item.entry(self.name(name)).or_insert_with(|| serde_json::json!({ "SS": [] }));
        let members = set["SS"].as_array_mut().ok_or("ADD to what is no set of strings")?;
        let new: Vec<_> = more.into_iter().filter(|one| !members.contains(one)).collect();
        members.extend(new);
        Ok(())
    }

    fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.0["ExpressionAttributeNames"][name].as_str().unwrap_or(name)
    }

    fn value(&self, name: &str) -> Result<&Value, String> {
        self.0["ExpressionAttributeValues"].get(name).ok_or_else(|| format!("no value {name}"))
    }
}

/// Compares two attribute values of one type.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let number = |value: &Value| value["N"].as_str().and_then(|digits| digits.parse::<i64>().ok());
    match (number(left), number(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => Some(left["S"].as_str()?.cmp(right["S"].as_str()?)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(json: &Value) -> Item {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn a_condition_is_one_of_its_alternatives() {
        let request = json!({ "ExpressionAttributeValues": { ":before": { "N": "7" } } });
        let expressions = Expressions(&request);
        let condition = "attribute_not_exists(pk) OR revision = :before";
        assert_eq!(expressions.holds(condition, None), Ok(true));
        assert_eq!(
            expressions.holds(condition, Some(&item(&json!({ "pk": { "S": "a" }, "revision": { "N": "7" } })))),
            Ok(true)
        );
        assert_eq!(
            expressions.holds(condition, Some(&item(&json!({ "pk": { "S": "a" }, "revision": { "N": "10" } })))),
            Ok(false)
        );
    }

    #[test]
    fn a_key_condition_is_all_of_its_terms() {
        let request = json!({ "ExpressionAttributeValues": { ":pk": { "S": "a" }, ":first": { "S": "R1" }, ":last": { "S": "R~" } } });
        let holds = |sk: &str| {
            let item = item(&json!({ "pk": { "S": "a" }, "sk": { "S": sk } }));
            Expressions(&request).all_hold("pk = :pk AND sk BETWEEN :first AND :last", &item)
        };
        assert_eq!([holds("R1"), holds("R0"), holds("S")], [Ok(true), Ok(false), Ok(false)]);
    }

    #[test]
    fn an_update_sets_adds_and_removes() {
        let request = json!({
            "ExpressionAttributeNames": { "#name": "name" },
            "ExpressionAttributeValues": { ":a": { "S": "a" }, ":set": { "SS": ["x", "y"] } },
        });
        let mut updated = item(&json!({ "kept": { "S": "k" }, "gone": { "S": "g" }, "seen": { "SS": ["x"] } }));
        let text = "ADD seen :set SET #name = :a, kept = if_not_exists(kept, :a) REMOVE gone";
        Expressions(&request).update(text, &mut updated).unwrap();
        assert_eq!(
            Value::from(updated),
            json!({ "name": { "S": "a" }, "kept": { "S": "k" }, "seen": { "SS": ["x", "y"] } })
        );
    }

    #[test]
    fn what_is_unknown_is_a_mistake() {
        assert!(Expressions(&json!({})).holds("size(a) > :b", Some(&Item::new())).is_err());
        assert!(Expressions(&json!({})).update("DELETE a :b", &mut Item::new()).is_err());
    }
}

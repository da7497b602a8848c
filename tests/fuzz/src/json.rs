//! Changes of a JSON document that leave it JSON.

use bolero::{Driver, ValueGenerator as _};
use serde_json::{Number, Value};

use crate::PLANTED;
use crate::variants::one;

const NUMBERS: [i64; 11] =
    [0, -1, 1, 255, 256, 65_536, 1_440, i64::MIN, i64::MAX, 8_210_266_876_799_000, -8_334_601_228_800_000];
const TEXTS: [&str; 16] = [
    "",
    " ",
    "\0",
    "\u{1}",
    "a\r\nb",
    "😀",
    "\u{202e}",
    "null",
    "2026-02-30",
    "24:00",
    "9999-12-31T23:59:59Z",
    "https://a.example/",
    "0Mw000000000001AAA",
    "500000000000001AAA",
    "00000000-0000-4000-8000-000000000000",
    "0000-01-01T00:00:00+23:59",
];

/// No text grows longer; limits of 100,000 characters have tests of their own.
const MAX_TEXT_BYTES: usize = 32 * 1024;

/// Makes one change somewhere in a document.
pub(crate) fn change<D: Driver>(
    document: &mut Value,
    others: &[Value],
    words: &[String],
    driver: &mut D,
) -> Option<()> {
    let count = count(document);
    let place = (0..count).generate(driver)?;
    let node = nth(document, &mut { place })?;
    match (0..8_usize).generate(driver)? {
        0 => *node = leaf(driver)?,
        1 => *node = Value::from(text(words, driver)?),
        2 => shrink(node, driver)?,
        3 => grow(node, driver)?,
        4 => *node = encoded(node),
        5 => *node = nested(node.take(), [1, 2, 60, 140][(0..4_usize).generate(driver)?], driver)?,
        6 => {
            let mut other = one(others, driver)?.clone();
            let place = (0..self::count(&other)).generate(driver)?;
            *node = nth(&mut other, &mut { place })?.take();
        }
        _ => {
            if node.is_string() {
                *node = Value::from(text(words, driver)?);
            } else if node.is_number() {
                *node = Value::from(*one(&NUMBERS, driver)?);
            }
        }
    }
    Some(())
}

fn leaf<D: Driver>(driver: &mut D) -> Option<Value> {
    Some(match (0..7_usize).generate(driver)? {
        0 => Value::Null,
        1 => Value::from(true),
        2 => Value::from(*one(&NUMBERS, driver)?),
        3 => Value::from(Number::from_f64(1e300)?),
        4 => Value::Array(Vec::new()),
        5 => Value::Object(serde_json::Map::new()),
        _ => Value::from(u64::MAX),
    })
}

fn text<D: Driver>(words: &[String], driver: &mut D) -> Option<String> {
    let text = match (0..4_usize).generate(driver)? {
        0 | 1 if !words.is_empty() => one(words, driver)?.clone(),
        0 | 1 => PLANTED.to_owned(),
        2 => (*one(&TEXTS, driver)?).to_owned(),
        _ => format!("{PLANTED} {}", one(&TEXTS, driver)?),
    };
    let times = [1, 1, 1, 1, 1, 2, 30, 600][(0..8_usize).generate(driver)?];
    Some(text.repeat(times))
}

/// One member, element or half of a text less.
fn shrink<D: Driver>(node: &mut Value, driver: &mut D) -> Option<()> {
    match node {
        Value::Array(elements) if !elements.is_empty() => drop(elements.remove((0..elements.len()).generate(driver)?)),
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth((0..members.len()).generate(driver)?)?.clone();
            members.remove(&name);
        }
        Value::String(text) => *text = text.chars().take(text.chars().count() / 2).collect(),
        _ => *node = Value::Null,
    }
    Some(())
}

/// One more member, many more elements, or a longer text.
fn grow<D: Driver>(node: &mut Value, driver: &mut D) -> Option<()> {
    let times = [1, 2, 26, 101, 300][(0..5_usize).generate(driver)?];
    match node {
        Value::Array(elements) if !elements.is_empty() => {
            let copy = one(elements, driver)?.clone();
            elements.extend(std::iter::repeat_n(copy, times));
        }
        Value::Object(members) if !members.is_empty() => {
            let (name, copy) = members.iter().nth((0..members.len()).generate(driver)?)?;
            let copies: Vec<_> = (0..times).map(|number| (format!("{name}{number}"), copy.clone())).collect();
            members.extend(copies);
        }
        Value::String(text) => *text = text.repeat(times.min(MAX_TEXT_BYTES / text.len().max(1)).max(1)),
        _ => {}
    }
    Some(())
}

/// A document becomes a text with JSON, and such a text a document.
fn encoded(node: &Value) -> Value {
    let decoded = node.as_str().and_then(|text| serde_json::from_str(text).ok());
    decoded.unwrap_or_else(|| Value::from(node.to_string()))
}

fn nested<D: Driver>(node: Value, depth: usize, driver: &mut D) -> Option<Value> {
    let is_array = (0..2_usize).generate(driver)? == 0;
    Some(
        (0..depth)
            .fold(node, |inner, _| if is_array { Value::from(vec![inner]) } else { serde_json::json!({ "a": inner }) }),
    )
}

/// Values in a document, itself included.
fn count(value: &Value) -> usize {
    1 + children(value).map(count).sum::<usize>()
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(elements) => Box::new(elements.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().find_map(|element| nth(element, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, left)),
        _ => None,
    }
}

//! Makes variants of the corpus: nearly valid, so that they get past the first brace.

use bolero::{Driver, ValueGenerator};
use serde_json::Value;

use crate::{Form, Input, Target, json};

/// No variant is longer.
const MAX_BYTES: usize = 64 * 1024;
/// What parsers trip over.
const TOKENS: [&str; 40] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "'",
    "\0",
    "\n",
    "\r",
    "\r\n",
    "\r\n\r\n",
    "\t",
    " ",
    "\u{feff}",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "18446744073709551616",
    "9223372036854775807",
    "\\ud800",
    "\\u0000",
    "%00",
    "%2e",
    "..",
    "/",
    "#",
    "?",
    "@",
    "--",
    ";",
    "=",
    "ä",
    "😀",
    "\u{202e}",
];

/// Variants of a target's corpus.
pub(crate) struct Variants {
    form: Form,
    inputs: Vec<Vec<u8>>,
    values: Vec<Value>,
    tokens: Vec<Vec<u8>>,
    words: Vec<String>,
}

impl Variants {
    pub(crate) fn new(target: &Target<'_>, inputs: Vec<Vec<u8>>) -> Self {
        let values = inputs.iter().filter_map(|input| serde_json::from_slice(input).ok()).collect();
        let words = target.words.iter().map(|word| (*word).to_owned()).collect();
        let tokens = TOKENS.iter().chain(target.words).map(|token| token.as_bytes().to_vec()).collect();
        Self { form: target.form, inputs, values, tokens, words }
    }

    fn of_json<D: Driver>(&self, driver: &mut D) -> Option<Vec<u8>> {
        let mut value = one(&self.values, driver)?.clone();
        for _ in 0..(0..4_usize).generate(driver)? {
            json::change(&mut value, &self.values, &self.words, driver)?;
        }
        let mut bytes = serde_json::to_vec(&value).ok()?;
        if (0..8_usize).generate(driver)? == 0 {
            self.change_bytes(&mut bytes, driver)?;
        }
        Some(bytes)
    }

    fn of_bytes<D: Driver>(&self, driver: &mut D) -> Option<Vec<u8>> {
        let mut bytes = one(&self.inputs, driver)?.clone();
        for _ in 0..(0..4_usize).generate(driver)? {
            self.change_bytes(&mut bytes, driver)?;
        }
        Some(bytes)
    }

    fn change_bytes<D: Driver>(&self, bytes: &mut Vec<u8>, driver: &mut D) -> Option<()> {
        let start = (0..bytes.len() + 1).generate(driver)?;
        let end = (start + (0..17_usize).generate(driver)?).min(bytes.len());
        match (0..8_usize).generate(driver)? {
            0 => drop(bytes.drain(start..end)),
            1 => bytes.truncate(start),
            2 => bytes.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1),
            3 => {
                let byte = (0..256_usize).generate(driver)?;
                bytes.insert(start, u8::try_from(byte).ok()?);
            }
            4 => {
                let copy = bytes[start..end].repeat([1, 2, 30, 400][(0..4_usize).generate(driver)?]);
                drop(bytes.splice(start..start, copy));
            }
            5 => {
                let other = one(&self.inputs, driver)?;
                let from = (0..other.len() + 1).generate(driver)?;
                bytes.truncate(start);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let token = one(&self.tokens, driver)?.clone();
                drop(bytes.splice(start..end, token));
            }
        }
        Some(())
    }
}

impl ValueGenerator for &Variants {
    type Output = Input;

    fn generate<D: Driver>(&self, driver: &mut D) -> Option<Input> {
        let mut bytes = match self.form {
            Form::Json => self.of_json(driver)?,
            Form::Bytes => self.of_bytes(driver)?,
        };
        bytes.truncate(MAX_BYTES);
        Some(Input(bytes))
    }
}

/// One of some.
pub(crate) fn one<'a, T, D: Driver>(all: &'a [T], driver: &mut D) -> Option<&'a T> {
    all.get((0..all.len().max(1)).generate(driver)?)
}

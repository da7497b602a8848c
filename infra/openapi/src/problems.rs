//! What an operation answers when something is wrong: problem details with one of the codes that it knows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::problem::Code;

use crate::answer::headers;
use crate::{object, reference};

/// The codes of each status, in the order in which they are checked.
pub(crate) fn by_status(codes: &[Code]) -> BTreeMap<u16, Vec<Code>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let known = by_status.entry(code.status()).or_default();
        if !known.contains(code) {
            known.push(*code);
        }
    }
    by_status
}

/// The component that describes an answer with one of these codes, which have one status.
pub(crate) fn name(codes: &[Code]) -> String {
    let names: Vec<_> = codes.iter().map(|code| format!("{code:?}")).collect();
    names.join("Or")
}

pub(crate) fn describe(codes: &[Code]) -> Value {
    let titles: Vec<_> = codes.iter().map(|code| code.title()).collect();
    let status = codes.first().map(|code| code.status());
    let this = json!({ "properties": { "status": { "const": status }, "code": { "enum": codes } } });
    let schema = json!({ "allOf": [reference("schemas", "Problem"), this] });
    let mut described = json!({
        "description": titles.join(", or: ") + ".",
        "content": object([("application/problem+json", json!({ "schema": schema }))]),
    });
    let header = match status {
        Some(401) => Some(("WWW-Authenticate", "Always `Bearer`.")),
        Some(429 | 503) => Some(("Retry-After", "Seconds after which a repetition makes sense.")),
        _ => None,
    };
    if let Some(header) = header {
        described["headers"] = headers(&[header]);
    }
    described
}

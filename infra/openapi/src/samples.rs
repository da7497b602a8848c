//! The HTTP requests among the sample events: the examples of the description.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");

/// A request of a sample event.
pub struct Sample {
    /// The file's name, without `.json`.
    pub name: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What its path names, once its operation is known.
    pub path_parameters: BTreeMap<String, String>,
    /// Its query parameters.
    pub query: BTreeMap<String, String>,
    /// Its headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body; none if it is empty.
    pub body: Option<Vec<u8>>,
}

/// All of them, by name.
///
/// # Errors
/// A file can't be read.
pub fn read() -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            samples.extend(read_file(&file).with_context(|| file.display().to_string())?);
        }
    }
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(samples)
}

/// None if the event is no HTTP request.
fn read_file(file: &Path) -> anyhow::Result<Option<Sample>> {
    let event: Value = serde_json::from_slice(&fs::read(file)?)?;
    // API Gateway's format 2.0, and 1.0.
    let (method, path) = match (&event["requestContext"]["http"]["method"], &event["httpMethod"]) {
        (Value::String(method), _) => (method, &event["rawPath"]),
        (_, Value::String(method)) => (method, &event["path"]),
        _ => return Ok(None),
    };
    let texts = |value: &Value| {
        let members = value.as_object().into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect::<BTreeMap<_, _>>()
    };
    let headers = texts(&event["headers"]).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    Ok(Some(Sample {
        name: file.file_stem().and_then(|stem| stem.to_str()).context("no name")?.to_owned(),
        method: method.clone(),
        path: path.as_str().context("no path")?.to_owned(),
        path_parameters: BTreeMap::new(),
        query: texts(&event["queryStringParameters"]),
        headers: headers.collect(),
        body: body(&event)?,
    }))
}

fn body(event: &Value) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(text) = event["body"].as_str().filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_encoded = event["isBase64Encoded"] == true;
    Ok(Some(if is_encoded { BASE64_STANDARD.decode(text)? } else { text.as_bytes().to_vec() }))
}

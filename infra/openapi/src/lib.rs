//! The API's description, `OpenAPI` 3.1: generated from the types that its code writes and, where a request is read by hand, from those
//! that stand beside the code that reads it.
//!
//! [`operations`] has one entry for each route of `infra/template.yaml`. Whoever adds a route adds its operation there, and runs
//! `cargo openapi`, which writes [`FILE`].

use serde_json::{Map, Value, json};

use crate::document::Document;

mod answer;
mod document;
mod events;
mod operation;
mod parameter;
mod problems;
mod routes;
pub mod samples;
mod schemas;

pub use routes::operations;

/// Where the description is kept.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json");

/// The description as it is kept, with a newline at its end.
///
/// # Errors
/// A sample of `events/` can't be read, or belongs to no operation; or two types have one name.
pub fn description() -> anyhow::Result<String> {
    let document = Document::new(operations(), samples::read()?)?;
    Ok(serde_json::to_string_pretty(&document.finish()?)? + "\n")
}

fn object(members: impl IntoIterator<Item = (impl Into<String>, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (name.into(), value)).collect::<Map<_, _>>().into()
}

fn reference(section: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{section}/{name}") })
}

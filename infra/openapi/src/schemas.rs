//! JSON Schemas of the code's types, each under its name.

use anyhow::ensure;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// The schema of a type, which a generator keeps under its name.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// How a type is described.
pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What is sent to the API may leave members out; what it answers has all of them.
pub(crate) struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let settings = || {
            let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_number_formats));
            settings.with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        let (requests, answers) = (settings().for_deserialize(), settings().for_serialize());
        Self { requests: requests.into_generator(), answers: answers.into_generator() }
    }

    pub(crate) fn request(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.requests).to_value()
    }

    pub(crate) fn answer(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.answers).to_value()
    }

    /// All that were asked for, by name. Fails if one name has two meanings.
    pub(crate) fn definitions(&mut self) -> anyhow::Result<Map<String, Value>> {
        let mut definitions = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            let known = definitions.get(&name);
            ensure!(
                known.is_none_or(|known| *known == schema),
                "{name} means one thing in requests and another in answers"
            );
            definitions.insert(name, schema);
        }
        Ok(definitions)
    }
}

/// `uint64` and the like are Rust's, and not in any registry of formats.
fn without_number_formats(schema: &mut Schema) {
    let is_of_rust = |format: &Value| {
        format.as_str().is_some_and(|format| !format.contains('-') && !matches!(format, "uuid" | "date"))
    };
    if schema.get("format").is_some_and(is_of_rust) {
        schema.remove("format");
    }
}

//! Values held against the description.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Those that were needed so far, by their schemas.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// What is wrong with a value by a schema of the description.
pub(super) fn errors(description: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(description, schema);
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn validator(description: &Value, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let made = validators.entry(schema.to_string()).or_insert_with(|| {
        let components = json!({ "schemas": description["components"]["schemas"] });
        let whole = json!({ "allOf": [schema], "components": components });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    });
    Arc::clone(made)
}

/// What a reference leads to.
pub(super) fn resolved<'d>(description: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => description.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

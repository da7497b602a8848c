//! What stands in the path, the query and the headers of a request.

use serde_json::{Value, json};
use shared::escalation_request::MAX_NAME_CHARACTERS;

use crate::object;
use crate::samples::Sample;

/// A parameter of an operation.
pub(crate) struct Parameter {
    name: &'static str,
    place: Place,
    is_required: bool,
    description: &'static str,
    schema: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

impl Parameter {
    pub(crate) fn query(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { name, place: Place::Query, is_required: false, description, schema }
    }

    pub(crate) fn header(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { name, place: Place::Header, is_required: false, description, schema }
    }

    /// What a path pattern names in braces.
    pub(crate) fn of_path(path: &'static str) -> Vec<Self> {
        let names = path.split(['{', '}']).skip(1).step_by(2);
        names.map(Self::path).collect()
    }

    /// Of a path whose names are not looked at.
    pub(crate) fn with_any_value(self) -> Self {
        Self { description: "Any.", schema: json!({ "type": "string", "minLength": 1 }), ..self }
    }

    fn path(name: &'static str) -> Self {
        let (description, schema) = match name {
            "organisationId" => ("Whose it is.", json!({ "type": "string", "pattern": "^[a-z0-9-]{1,64}$" })),
            "escalationId" => ("As intake answered it.", json!({ "type": "string", "format": "uuid" })),
            "keyId" => ("The key's public name.", json!({ "type": "string", "format": "uuid" })),
            "tokenId" => ("The token's public name.", json!({ "type": "string", "format": "uuid" })),
            "customerId" => (
                "`customer.id`, as it was sent.",
                json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS }),
            ),
            "fileId" => ("As the `url` of a `file` event has it.", json!({ "type": "string", "minLength": 1 })),
            _ => ("Its name.", json!({ "type": "string", "minLength": 1 })),
        };
        Self { name, place: Place::Path, is_required: true, description, schema }
    }

    pub(crate) fn describe(&self, samples: &[&Sample]) -> Value {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        let mut described = json!({
            "name": self.name, "in": place, "required": self.is_required,
            "description": self.description, "schema": self.schema,
        });
        let values =
            samples.iter().filter_map(|sample| Some((sample.name.clone(), json!({ "value": self.value(sample)? }))));
        let examples: Vec<_> = values.collect();
        if !examples.is_empty() {
            described["examples"] = object(examples);
        }
        described
    }

    /// What a sample has for it: a number where numbers are meant.
    fn value(&self, sample: &Sample) -> Option<Value> {
        let text = match self.place {
            Place::Path => sample.path_parameters.get(self.name),
            Place::Query => sample.query.get(self.name),
            Place::Header => sample.headers.get(&self.name.to_ascii_lowercase()),
        }?;
        let number = (self.schema["type"] == "integer").then(|| text.parse().ok()).flatten();
        Some(number.map_or_else(|| json!(text), |number: u64| json!(number)))
    }
}

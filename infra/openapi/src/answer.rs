//! What an operation answers when all is well.

use serde_json::{Value, json};

use crate::schemas::{SchemaOf, Schemas};
use crate::{object, reference};

/// An answer of one status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    description: &'static str,
    content: Content,
    headers: Vec<(&'static str, &'static str)>,
}

enum Content {
    None,
    Json(SchemaOf),
    /// Of one of these media types, without a structure.
    Plain(Vec<&'static str>),
    /// Server-sent events, each described by this component.
    Events(&'static str),
}

impl Answer {
    pub(crate) fn empty(status: u16, description: &'static str) -> Self {
        Self { status, description, content: Content::None, headers: Vec::new() }
    }

    pub(crate) fn json(status: u16, description: &'static str, schema: SchemaOf) -> Self {
        Self { content: Content::Json(schema), ..Self::empty(status, description) }
    }

    pub(crate) fn plain(status: u16, description: &'static str, media_type: &'static str) -> Self {
        Self { content: Content::Plain(vec![media_type]), ..Self::empty(status, description) }
    }

    /// Or of this media type.
    pub(crate) fn or(mut self, media_type: &'static str) -> Self {
        if let Content::Plain(media_types) = &mut self.content {
            media_types.push(media_type);
        }
        self
    }

    /// Server-sent events, each of which is described by the component of this name.
    pub(crate) fn events(status: u16, description: &'static str, event: &'static str) -> Self {
        Self { content: Content::Events(event), ..Self::empty(status, description) }
    }

    pub(crate) fn with_header(mut self, name: &'static str, description: &'static str) -> Self {
        self.headers.push((name, description));
        self
    }

    pub(crate) fn describe(&self, schemas: &mut Schemas) -> Value {
        let mut described = json!({ "description": self.description });
        let content = self.content.describe(schemas);
        if !content.is_empty() {
            described["content"] = object(content);
        }
        if !self.headers.is_empty() {
            described["headers"] = headers(&self.headers);
        }
        described
    }
}

impl Content {
    fn describe(&self, schemas: &mut Schemas) -> Vec<(&'static str, Value)> {
        match self {
            Self::None => Vec::new(),
            Self::Json(schema) => vec![("application/json", json!({ "schema": schemas.answer(*schema) }))],
            Self::Plain(media_types) => {
                media_types.iter().map(|media_type| (*media_type, json!({ "schema": { "type": "string" } }))).collect()
            }
            Self::Events(event) => vec![("text/event-stream", json!({ "schema": reference("schemas", event) }))],
        }
    }
}

/// Response headers; what makes a number is one.
pub(crate) fn headers(headers: &[(&'static str, &'static str)]) -> Value {
    object(headers.iter().map(|(name, description)| {
        let schema = if *name == "Retry-After" {
            json!({ "type": "integer", "minimum": 1 })
        } else {
            json!({ "type": "string" })
        };
        (*name, json!({ "description": description, "required": true, "schema": schema }))
    }))
}

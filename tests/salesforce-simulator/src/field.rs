//! The fields of objects.

use serde::{Deserialize, Serialize};

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// API name, for example `Plan__c`.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The most UTF-16 units that it holds; 0 means no limit.
    #[serde(default)]
    pub length: usize,
    /// The only values that a restricted picklist accepts.
    #[serde(default)]
    pub restricted_values: Option<Vec<String>>,
    /// An insert without it is refused.
    #[serde(default)]
    pub required: bool,
    /// The run-as user may write it.
    #[serde(default = "yes")]
    pub createable: bool,
}

/// The type of a field, named as `describe` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are Salesforce's own type names")]
pub enum FieldType {
    Base64,
    Boolean,
    Date,
    DateTime,
    Double,
    Email,
    Id,
    Int,
    Phone,
    Picklist,
    Reference,
    String,
    TextArea,
}

fn yes() -> bool {
    true
}

impl Field {
    /// A writable, optional field.
    #[must_use]
    pub fn new(name: &str, field_type: FieldType, length: usize) -> Self {
        Self { name: name.into(), field_type, length, restricted_values: None, required: false, createable: true }
    }

    pub(crate) fn read_only(name: &str, field_type: FieldType, length: usize) -> Self {
        Self { createable: false, ..Self::new(name, field_type, length) }
    }
}

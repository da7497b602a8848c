//! The operations of each function.

use serde_json::json;
use shared::list_page::{DEFAULT_LIMIT, MAX_LIMIT};
use shared::problem::Code;

use crate::operation::Operation;
use crate::parameter::Parameter;

mod callback;
mod intake;
mod relay;
mod settings;

/// One for each route of `infra/template.yaml`.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let functions = [intake::operations(), relay::operations(), settings::operations(), callback::operations()];
    functions.into_iter().flatten().collect()
}

/// With the parameters of a list that comes in pages.
fn pages(list: Operation) -> Operation {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT });
    list.takes(Parameter::query("limit", "At most so many.", limit))
        .takes(Parameter::query("cursor", "That of the page before this one.", json!({ "type": "string" })))
        .refuses(&[Code::InvalidRequest])
}

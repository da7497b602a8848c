//! Creating and renaming organisations.

use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde_json::Value;
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::{FieldError, Problem};

use crate::SettingsApi;
use crate::bodies::Organisation;

const MAX_NAME_CHARACTERS: usize = 255;

pub(crate) async fn put(api: &SettingsApi, request: &Request, organisation_id: &str) -> Result<Answer, Problem> {
    let name = parse(&json_body(request)?, organisation_id).map_err(Problem::invalid)?;
    let is_new = api.store.put_organisation(organisation_id, &name, api.clock.now()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Answer::json(status, Organisation { organisation_id, name }))
}

/// Reads an organisation's name; its id, which is in the path, is checked too.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn parse(body: &Value, organisation_id: &str) -> Result<String, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut reader = JsonReader::new(body, &mut errors);
    let name = reader.object().and_then(|_| reader.required_string("name", MAX_NAME_CHARACTERS));
    if !is_organisation_id(organisation_id) {
        reader.reject_below("/organisationId", "must have 1 to 64 lower-case letters, digits and hyphens");
    }
    name.filter(|_| errors.is_empty()).ok_or(errors)
}

fn is_organisation_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_organisation_s_id_is_plain() {
        assert!(parse(&json!({ "name": "Acme" }), "acme-2").is_ok());
        for wrong in ["Acme", "a b", "ä", "a/b", "a#b", &"a".repeat(65)] {
            let errors = parse(&json!({ "name": "Acme" }), wrong).unwrap_err();
            assert_eq!(errors[0].pointer, "/organisationId", "{wrong}");
        }
    }

    #[test]
    fn a_name_is_required() {
        assert_eq!(parse(&json!({}), "acme").unwrap_err()[0].pointer, "/name");
        assert_eq!(parse(&json!([]), "acme").unwrap_err()[0].pointer, "");
    }
}

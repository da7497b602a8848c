//! Whether what the API answers is as `infra/openapi.json` says: every answer of every test is held against it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, ensure};
use jsonschema::Validator;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const DESCRIPTION: &str = include_str!("../../../infra/openapi.json");
/// Set by API Gateway if it answers by itself.
const GATEWAY_ERROR: &str = "x-amzn-errortype";

static CONTRACT: LazyLock<Option<Contract>> = LazyLock::new(Contract::read);

/// The description, with the validators that were needed so far.
struct Contract {
    description: Value,
    /// The pattern of each path.
    paths: matchit::Router<String>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Fails unless an answer has a status that its operation describes, with that one's headers and content.
pub(crate) fn check_head(method: &Method, path: &str, status: StatusCode, headers: &HeaderMap) -> anyhow::Result<()> {
    let Some(answer) = contract()?.answer(method, path, status, headers)? else { return Ok(()) };
    let required = answer["headers"].as_object().into_iter().flatten().filter(|(_, header)| header["required"] == true);
    for (name, _) in required {
        ensure!(headers.contains_key(name), "{method} {path}: {status} without {name}");
    }
    // API Gateway names a type for what has no body, too.
    let Some(content) = answer["content"].as_object() else { return Ok(()) };
    let media_type = media_type(headers);
    let is_described = content.contains_key("*/*") || media_type.is_some_and(|is| content.contains_key(is));
    ensure!(is_described, "{method} {path}: {status} with {media_type:?}");
    Ok(())
}

/// Fails unless a JSON body is as its operation describes it.
pub(crate) fn check_body(
    method: &Method,
    path: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Value,
) -> anyhow::Result<()> {
    let contract = contract()?;
    let Some(answer) = contract.answer(method, path, status, headers)? else { return Ok(()) };
    if answer["content"].is_null() {
        ensure!(body.is_null(), "{method} {path}: {status} with a body");
        return Ok(());
    }
    let Some(media_type) = media_type(headers).filter(|is| is.ends_with("json")) else { return Ok(()) };
    contract.check(&answer["content"][media_type]["schema"], body).with_context(|| format!("{method} {path}: {status}"))
}

/// Fails unless an event of a conversation has the data that is described for its name.
pub(crate) fn check_event(name: &str, data: &Value) -> anyhow::Result<()> {
    let mut letters = name.chars();
    let first = letters.next().context("an event without a name")?.to_ascii_uppercase();
    let reference = format!("#/components/schemas/{first}{}Event", letters.as_str());
    contract()?.check(&json!({ "$ref": reference }), data).with_context(|| format!("event {name}"))
}

fn contract() -> anyhow::Result<&'static Contract> {
    CONTRACT.as_ref().context("infra/openapi.json can't be read")
}

/// Without its parameters.
fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}

impl Contract {
    fn read() -> Option<Self> {
        let description: Value = serde_json::from_str(DESCRIPTION).ok()?;
        let mut paths = matchit::Router::new();
        for path in description["paths"].as_object()?.keys() {
            paths.insert(path, path.clone()).ok()?;
        }
        Some(Self { description, paths, validators: Mutex::default() })
    }

    /// What is described of an answer; none if it is not the API's, but the local stack's or the gateway's. What the API does not have is
    /// not found.
    fn answer(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> anyhow::Result<Option<&Value>> {
        if headers.contains_key(GATEWAY_ERROR) {
            return Ok(None);
        }
        let path_or_parent = path.strip_suffix('/').unwrap_or(path);
        let matched = self.paths.at(path_or_parent).ok();
        let operation = matched
            .and_then(|matched| self.description["paths"][matched.value].get(method.as_str().to_ascii_lowercase()));
        let Some(operation) = operation else {
            ensure!(
                !path.starts_with("/v1/") || status == 404,
                "{method} {path} is not described, and not 404: {status}"
            );
            return Ok(None);
        };
        let answer = operation["responses"].get(status.as_str());
        let answer = answer.with_context(|| format!("{method} {path}: {status} is not described"))?;
        match answer["$ref"].as_str() {
            Some(reference) => Ok(self.description.pointer(reference.trim_start_matches('#'))),
            None => Ok(Some(answer)),
        }
    }

    fn check(&self, schema: &Value, value: &Value) -> anyhow::Result<()> {
        let validator = self.validator(schema)?;
        let errors: Vec<_> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        ensure!(errors.is_empty(), "not as described: {errors:#?} {value}");
        Ok(())
    }

    /// The validator of a schema, made when it is needed first.
    fn validator(&self, schema: &Value) -> anyhow::Result<Arc<Validator>> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let key = schema.to_string();
        if let Some(validator) = validators.get(&key) {
            return Ok(Arc::clone(validator));
        }
        let components = json!({ "schemas": self.description["components"]["schemas"] });
        let whole = json!({ "allOf": [schema], "components": components });
        let validator = jsonschema::options().should_validate_formats(true).build(&whole);
        let validator = Arc::new(validator.map_err(|error| anyhow!("{key}: {error}"))?);
        validators.insert(key, Arc::clone(&validator));
        Ok(validator)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    const PATH: &str = "/v1/organisations/acme/escalations/counts";

    fn json_headers() -> HeaderMap {
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))].into_iter().collect()
    }

    fn body(path: &str, status: StatusCode, body: &Value) -> anyhow::Result<()> {
        check_body(&Method::GET, path, status, &json_headers(), body)
    }

    #[test]
    fn an_answer_with_a_status_header_or_type_that_is_not_described_fails() {
        let head = |status, headers: &HeaderMap| check_head(&Method::GET, PATH, status, headers);
        assert!(head(StatusCode::OK, &json_headers()).is_ok());
        assert!(head(StatusCode::IM_A_TEAPOT, &json_headers()).is_err());
        assert!(head(StatusCode::OK, &HeaderMap::new()).is_err());
        let settings = "/v1/organisations/acme/settings";
        assert!(check_head(&Method::GET, settings, StatusCode::OK, &json_headers()).is_err(), "it lacks the ETag");
        assert!(check_head(&Method::GET, "/v1/novel", StatusCode::OK, &json_headers()).is_err());
    }

    #[test]
    fn a_body_that_is_not_as_described_fails() {
        assert!(body(PATH, StatusCode::OK, &json!({ "counts": { "stuck": 1 }, "isComplete": true })).is_ok());
        assert!(body(PATH, StatusCode::OK, &json!({ "counts": { "stuck": "1" }, "isComplete": true })).is_err());
        assert!(body(PATH, StatusCode::OK, &json!({ "counts": {} })).is_err());
    }

    #[test]
    fn a_code_that_its_operation_does_not_have_fails() {
        let problem = |code: &str| {
            let headers: HeaderMap =
                [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))].into_iter().collect();
            let body = json!({ "type": "about:blank", "title": "x", "status": 404, "code": code });
            check_body(&Method::GET, PATH, StatusCode::NOT_FOUND, &headers, &body)
        };
        assert!(problem("notFound").is_ok());
        assert!(problem("notStuck").is_err());
    }

    #[test]
    fn an_event_has_the_data_of_its_name() {
        let queue = json!({ "position": 1, "estimatedWaitSeconds": null });
        assert!(check_event("queue", &queue).is_ok());
        assert!(check_event("ended", &queue).is_err());
        assert!(check_event("novel", &queue).is_err());
    }
}

//! `/openapi.json`, the API's description, and `/openapi/`, the page by which people read it.

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response};
use axum::response::Redirect;
use axum::routing::get;
use serde_json::{Value, json};

const DESCRIPTION: &str = include_str!("../../openapi.json");
const PAGE: &str = include_str!("../reference/index.html");
const SCRIPT: &str = include_str!("../reference/page.js");
/// The page loads itself, its library and the description, and that is all. The library sets styles of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     connect-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's routes, for the stack whose API this is.
pub(crate) fn router(api_url: &str) -> anyhow::Result<Router> {
    let description = Bytes::from(description(api_url)?);
    let library = Bytes::from(scalar_api_reference::get_asset("scalar.js").context("the page's library is missing")?);
    Ok(Router::new()
        .route("/openapi.json", get(async move || file("application/json", description.clone())))
        .route("/openapi", get(async || Redirect::permanent("/openapi/")))
        .route("/openapi/", get(async || file("text/html; charset=utf-8", PAGE)))
        .route("/openapi/page.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/openapi/scalar.js", get(async move || file("text/javascript; charset=utf-8", library.clone()))))
}

/// The description of the API that is served here.
fn description(api_url: &str) -> anyhow::Result<String> {
    let mut description: Value = serde_json::from_str(DESCRIPTION)?;
    description["servers"] = json!([{ "url": api_url, "description": "This machine." }]);
    Ok(description.to_string())
}

fn file(content_type: &'static str, content: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(content.into());
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_the_stack_that_serves_it() {
        let description: Value = serde_json::from_str(&description("http://127.0.0.1:1").unwrap()).unwrap();
        assert_eq!(description["servers"][0]["url"], "http://127.0.0.1:1");
        assert!(description["paths"]["/v1/organisations/{organisationId}/escalations"]["post"].is_object());
    }
}

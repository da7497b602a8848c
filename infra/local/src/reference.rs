//! `/openapi.json`, the API's description, and `/openapi/`, the page by which people read it.

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use serde_json::{Value, json};

const DESCRIPTION: &str = include_str!("../../openapi.json");
const PAGE: &str = include_str!("../reference/index.html");
const SCRIPT: &str = include_str!("../reference/page.js");
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// Never: tests ask for all of it.
const BROKEN: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
/// The page loads itself, its library and the description, and that is all. The library sets styles of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     connect-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's routes, for the stack whose API this is. What they serve is made when it is asked for: most stacks are a test's.
pub(crate) fn router(api_url: &str) -> Router {
    let api_url = api_url.to_owned();
    let library =
        async || scalar_api_reference::get_asset("scalar.js").map(|script| file(JAVASCRIPT, script)).ok_or(BROKEN);
    Router::new()
        .route(
            "/openapi.json",
            get(async move || description(&api_url).map(|text| file("application/json", text)).ok_or(BROKEN)),
        )
        .route("/openapi", get(async || Redirect::permanent("/openapi/")))
        .route("/openapi/", get(async || file("text/html; charset=utf-8", PAGE)))
        .route("/openapi/page.js", get(async || file(JAVASCRIPT, SCRIPT)))
        .route("/openapi/scalar.js", get(library))
}

/// The description of the API that is served here.
fn description(api_url: &str) -> Option<String> {
    let mut description: Value = serde_json::from_str(DESCRIPTION).ok()?;
    description["servers"] = json!([{ "url": api_url, "description": "This machine." }]);
    Some(description.to_string())
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

    #[test]
    fn the_page_s_library_is_there() {
        assert!(scalar_api_reference::get_asset("scalar.js").is_some());
    }
}

//! What the HTTP functions have in common: routes, bodies and answers.

use std::collections::HashMap;

use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;
use serde_json::Value;
use tracing::Span;

use crate::logging::escalation_span;
use crate::lossy_json;
use crate::problem::{Code, Problem};

/// The routes of a function, by path pattern and method.
#[derive(Clone, Debug, Default)]
pub struct Routes<T> {
    paths: matchit::Router<HashMap<Method, T>>,
}

/// A request's route and what its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched<T> {
    /// The route.
    pub route: T,
    parameters: HashMap<String, String>,
}

impl<T: Copy> Routes<T> {
    /// Builds the table from path patterns, each with its methods.
    ///
    /// # Errors
    /// Two patterns contradict each other.
    pub fn new(table: &[(&str, &[(Method, T)])]) -> Result<Self, matchit::InsertError> {
        let mut paths = matchit::Router::new();
        for (path, methods) in table {
            paths.insert(*path, methods.iter().cloned().collect())?;
        }
        Ok(Self { paths })
    }

    /// Finds the route of a request by its path alone, as event formats differ in what else they tell.
    ///
    /// # Errors
    /// `notFound` if there is none.
    pub fn find(&self, request: &Request) -> Result<Matched<T>, Problem> {
        let found = self.paths.at(request.raw_http_path()).map_err(|_| Problem::new(Code::NotFound))?;
        let route = *found.value.get(request.method()).ok_or(Problem::new(Code::NotFound))?;
        let parameters = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Matched { route, parameters })
    }
}

impl<T> Matched<T> {
    /// Around the work on the request: with the id of the escalation that its path names, if it names one.
    #[must_use]
    pub fn span(&self) -> Span {
        self.parameter("escalationId").parse().map_or_else(|_| Span::none(), escalation_span)
    }

    /// What the path names at a place of its pattern; empty if the pattern has no such place.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// A header's value, if it is text.
#[must_use]
pub fn header_text<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether an `If-None-Match` names an entity tag, weakly compared.
#[must_use]
pub fn names_etag(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// Refuses a body over a limit. Checked before anything else.
///
/// # Errors
/// `bodyTooLarge`.
pub fn check_size(request: &Request, max_bytes: usize) -> Result<(), Problem> {
    if body_bytes(request).len() <= max_bytes {
        return Ok(());
    }
    Err(Problem::new(Code::BodyTooLarge).with_detail(format!("at most {max_bytes} bytes are accepted")))
}

/// The body as JSON.
///
/// # Errors
/// `malformedJson`, without a quote of it.
pub fn json_body(request: &Request) -> Result<Value, Problem> {
    lossy_json::parse(body_bytes(request)).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::new(Code::MalformedJson).with_detail(format!("the JSON is broken at {place}"))
    })
}

/// The body as it came.
#[must_use]
pub fn body_bytes(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Answer {
    /// With a JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: impl Serialize) -> Self {
        let body = serde_json::to_value(body).ok().map(|body| body.to_string());
        Self { body, ..Self::empty(status) }.with_header("content-type", "application/json")
    }

    /// With a body of another kind.
    #[must_use]
    pub fn text(status: StatusCode, content_type: &str, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..Self::empty(status) }.with_header("content-type", content_type)
    }

    /// Without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// 204, without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// With this header; one of the same name is replaced.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// The one place where outcomes become HTTP.
///
/// # Errors
/// A header is not valid, which no handler makes.
pub fn respond(outcome: Result<Answer, Problem>) -> Result<Response<Body>, lambda_http::Error> {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(problem) => problem_answer(&problem)?,
    };
    let mut response = Response::builder().status(answer.status);
    if !answer.headers.iter().any(|(name, _)| *name == header::CACHE_CONTROL.as_str()) {
        response = response.header(header::CACHE_CONTROL, "no-store");
    }
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(answer.body.map_or(Body::Empty, Body::from))?)
}

fn problem_answer(problem: &Problem) -> Result<Answer, lambda_http::Error> {
    let answer = Answer::json(StatusCode::from_u16(problem.code.status())?, problem.body());
    let mut answer = answer.with_header("content-type", "application/problem+json");
    if let Some(seconds) = problem.retry_after {
        answer = answer.with_header("retry-after", seconds.to_string());
    }
    if problem.code == Code::Unauthenticated {
        answer = answer.with_header("www-authenticate", "Bearer");
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes<char> {
        Routes::new(&[
            ("/v1/a/{id}", &[(Method::GET, 'g'), (Method::PUT, 'p')]),
            ("/v1/a/{id}/b", &[(Method::GET, 'b')]),
        ])
        .unwrap()
    }

    fn request(method: Method, path: &str, body: &str) -> Request {
        lambda_http::http::Request::builder()
            .method(method)
            .uri(format!("https://x{path}"))
            .body(Body::from(body.to_owned()))
            .unwrap()
            .with_raw_http_path(path)
    }

    #[test]
    fn a_route_is_found_by_path_and_method() {
        let found = routes().find(&request(Method::PUT, "/v1/a/acme", "")).unwrap();
        assert_eq!((found.route, found.parameter("id")), ('p', "acme"));
        for (method, path) in [(Method::POST, "/v1/a/acme"), (Method::GET, "/v1/a/acme/c"), (Method::GET, "/v1/a/")] {
            assert_eq!(routes().find(&request(method, path, "")).unwrap_err().code, Code::NotFound);
        }
    }

    #[test]
    fn broken_json_is_placed_but_not_quoted() {
        let problem = json_body(&request(Method::PUT, "/", "{\"a\": secret}")).unwrap_err();
        assert_eq!(problem.code, Code::MalformedJson);
        assert_eq!(problem.detail.unwrap(), "the JSON is broken at line 1, column 7");
    }

    #[test]
    fn the_size_limit_is_inclusive() {
        let request = request(Method::PUT, "/", "12345");
        assert!(check_size(&request, 5).is_ok());
        assert_eq!(check_size(&request, 4).unwrap_err().code, Code::BodyTooLarge);
    }

    #[test]
    fn a_problem_is_sent_as_problem_json() {
        let response = respond(Err(Problem::new(Code::Unauthenticated))).unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }

    #[test]
    fn an_answer_is_not_cached_unless_it_says_so() {
        let text = Answer::text(StatusCode::OK, "text/css", "a{}");
        assert_eq!(respond(Ok(text.clone())).unwrap().headers()["cache-control"], "no-store");
        let cached = respond(Ok(text.with_header("cache-control", "no-cache"))).unwrap();
        assert_eq!(cached.headers().get_all("cache-control").iter().collect::<Vec<_>>(), ["no-cache"]);
        assert_eq!((cached.headers()["content-type"].to_str().unwrap(), cached.body()), ("text/css", &"a{}".into()));
    }

    #[test]
    fn an_entity_tag_is_named_alone_among_others_weakly_or_by_a_star() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names_etag(known, "\"a\""), "{known}");
        }
        for other in ["\"b\"", "a", ""] {
            assert!(!names_etag(other, "\"a\""), "{other}");
        }
    }

    #[test]
    fn no_content_has_no_body() {
        let response = respond(Ok(Answer::no_content())).unwrap();
        assert_eq!(response.status(), 204);
        assert!(response.body().is_empty());
    }
}

//! What the HTTP functions have in common: routes, bodies and answers.

use std::collections::HashMap;

use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;
use serde_json::Value;

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
    body: Option<Value>,
}

impl Answer {
    /// With a JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: impl Serialize) -> Self {
        Self { status, headers: Vec::new(), body: serde_json::to_value(body).ok() }
    }

    /// 204, without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: None }
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The one place where outcomes become HTTP.
///
/// # Errors
/// A header is not valid, which no handler makes.
pub fn respond(outcome: Result<Answer, Problem>) -> Result<Response<Body>, lambda_http::Error> {
    let (answer, content_type) = match outcome {
        Ok(answer) => (answer, "application/json"),
        Err(problem) => (problem_answer(&problem)?, "application/problem+json"),
    };
    let mut response = Response::builder().status(answer.status).header(header::CACHE_CONTROL, "no-store");
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    Ok(match answer.body {
        Some(body) => response.header(header::CONTENT_TYPE, content_type).body(body.to_string().into())?,
        None => response.body(Body::Empty)?,
    })
}

fn problem_answer(problem: &Problem) -> Result<Answer, lambda_http::Error> {
    let mut answer = Answer::json(StatusCode::from_u16(problem.code.status())?, problem.body());
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
    fn no_content_has_no_body() {
        let response = respond(Ok(Answer::no_content())).unwrap();
        assert_eq!(response.status(), 204);
        assert!(response.body().is_empty());
    }
}

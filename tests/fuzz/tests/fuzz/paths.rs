use fuzz::{Form, Target, Verdict};
use lambda_http::http::{self, Method};
use lambda_http::{Body, Request, RequestExt as _};
use shared::http_api::Routes;

const TARGET: Target<'_> = Target {
    name: "paths",
    form: Form::Bytes,
    words: &[
        "/v1/organisations/",
        "/escalations",
        "/settings",
        "/keys/",
        "/v1/conversations/",
        "/events",
        "/files/",
        "%2f",
        "..",
        "//",
    ],
    accepted_percent: 10,
};

#[test]
fn what_a_path_names_is_one_segment_of_it() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let path = String::from_utf8_lossy(input);
    let is_found = [Method::GET, Method::POST, Method::PUT, Method::DELETE].into_iter().any(|method| {
        let request = request(method, &path);
        let found = [
            finds(&escalation_intake::routes().unwrap(), &request, &path),
            finds(&settings::routes().unwrap(), &request, &path),
            finds(&conversation_relay::routes().unwrap(), &request, &path),
            finds(&apex_callback::routes().unwrap(), &request, &path),
        ];
        assert!(found.iter().filter(|is_found| **is_found).count() <= 1, "{path} belongs to two functions");
        found.contains(&true)
    });
    Verdict::accepted_if(is_found)
}

fn request(method: Method, path: &str) -> Request {
    let request = http::Request::builder().method(method).uri("https://api.example/").body(Body::Empty).unwrap();
    request.with_raw_http_path(path)
}

fn finds<T: Copy>(routes: &Routes<T>, request: &Request, path: &str) -> bool {
    let Ok(found) = routes.find(request) else { return false };
    for name in ["organisationId", "escalationId", "keyId", "tokenId", "fileId"] {
        let value = found.parameter(name);
        assert!(value.is_empty() || path.split('/').any(|segment| segment == value), "{path}: {value}");
    }
    true
}

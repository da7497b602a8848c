use std::sync::LazyLock;

use conversation_relay::files::{Upload, parse};
use fuzz::{Form, PLANTED, Target, Verdict};
use lambda_http::http;
use lambda_http::{Body, Request};
use shared::problem::{Code, Problem};
use tokio::runtime::{Builder, Runtime};

const TARGET: Target<'_> = Target {
    name: "uploads",
    form: Form::Bytes,
    words: &[
        "multipart/form-data; boundary=x",
        "--x",
        "--x--",
        "\r\n--x\r\n",
        "Content-Disposition: form-data; name=\"id\"",
        "filename=\"a.txt\"",
        "filename*=UTF-8''a%0d%0a",
        "Content-Type: text/html; charset=utf-7",
        "../",
        "%22",
        "\\\"",
        PLANTED,
    ],
    accepted_percent: 10,
};
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().unwrap());

#[test]
fn an_accepted_upload_is_a_file_with_a_plain_name_and_a_short_type() {
    TARGET.play(check);
}

/// The first line is the content type, the rest the body.
fn check(input: &[u8]) -> Verdict {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (content_type, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let request = http::Request::builder().header("content-type", content_type).body(Body::Binary(body.to_vec()));
    let Ok(request) = request else { return Verdict::Refused };
    match RUNTIME.block_on(parse(&request)) {
        Ok(upload) => check_upload(&upload, &request),
        Err(problem) => check_problem(&problem),
    }
}

fn check_upload(upload: &Upload, request: &Request) -> Verdict {
    assert!((1..=64).contains(&upload.id.len()) && upload.id.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!((1..=255).contains(&upload.name.chars().count()), "{}", upload.name);
    assert!(!upload.name.contains(['/', '\\']) && !upload.name.chars().any(char::is_control), "{}", upload.name);
    assert!(!matches!(upload.name.as_str(), "." | ".."));
    assert!((1..=255).contains(&upload.content_type.len()));
    let body = request.body().as_ref();
    assert!(body.windows(upload.bytes.len()).any(|window| window == upload.bytes), "the file is a part of the body");
    Verdict::Accepted
}

fn check_problem(problem: &Problem) -> Verdict {
    assert!(matches!(problem.code, Code::InvalidRequest | Code::BodyTooLarge));
    assert!(!problem.body().to_string().contains(PLANTED));
    Verdict::Refused
}

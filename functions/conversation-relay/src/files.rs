//! Files, both ways: the customer's are stored before they are forwarded, the agent's are streamed through.

use std::convert::Infallible;

use futures_util::stream;
use lambda_http::Request;
use lambda_http::http::{HeaderValue, StatusCode, header};
use multer::{Field, Multipart};
use shared::conversation::{CustomerContent, CustomerMessage};
use shared::digest::sha256_hex;
use shared::escalation::Escalation;
use shared::http_api::{Answer, body_bytes, header_text};
use shared::problem::{Code, Problem};

use crate::ConversationRelay;
use crate::admission::must_be_open;
use crate::bodies::FileAccepted;
use crate::messages::{accept, check_rate, is_id};

/// A Lambda event of 6 MB holds no more, base64-encoded.
pub(crate) const MAX_FILE_BYTES: usize = 4_000_000;
/// Longest name of a file, in characters.
const MAX_NAME_CHARACTERS: usize = 255;
/// Longest media type, in bytes: it is stored beside the name.
const MAX_TYPE_BYTES: usize = 255;
/// Parts of an upload that are looked at; two are of interest.
const MAX_PARTS: usize = 10;
/// What a browser may show or run as a page; no channel takes it by default either.
const REFUSED_TYPES: [&str; 5] =
    ["text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript", "application/javascript"];

/// A file that the customer sends. Its name and its bytes are a customer's: it has no `Debug`.
pub struct Upload {
    /// The client's own id for it, as a message's.
    pub id: String,
    /// Its name without folders, at most 255 characters.
    pub name: String,
    /// Its media type in lower case, at most 255 bytes. Which types are taken is not checked yet.
    pub content_type: String,
    /// 1 to 4,000,000.
    pub bytes: Vec<u8>,
}

/// `POST …/files`.
pub(crate) async fn post(
    relay: &ConversationRelay,
    request: &Request,
    escalation: Escalation,
) -> Result<Answer, Problem> {
    let upload = parse(request).await?;
    must_be_open(&escalation)?;
    if REFUSED_TYPES.iter().any(|refused| upload.content_type.starts_with(refused)) {
        return Err(Problem::new(Code::FileTypeNotAllowed));
    }
    check_rate(relay, &escalation, &upload.id).await?;
    let (now, digest) = (relay.clock.now(), sha256_hex(&upload.bytes));
    let chunks = relay.store.put_file(escalation.escalation_id, &digest, &upload.bytes, now).await?;
    let Upload { id, name, content_type, bytes } = upload;
    let answer = FileAccepted { id: id.clone(), name: name.clone(), size: bytes.len() };
    let content = CustomerContent::File { name, content_type, size: bytes.len(), digest, chunks };
    accept(relay, escalation, CustomerMessage { id, at: now, content }).await?;
    Ok(Answer::json(StatusCode::ACCEPTED, answer))
}

/// Reads the body of `POST …/files`: its parts `id` and `file`, of which the last of each counts.
///
/// # Errors
/// `invalidRequest` with the part that is wrong; `bodyTooLarge` for the file.
pub async fn parse(request: &Request) -> Result<Upload, Problem> {
    let boundary = header_text(request, "content-type").and_then(|value| multer::parse_boundary(value).ok());
    let boundary = boundary.ok_or_else(|| Problem::invalid_field("/content-type", "must be multipart/form-data"))?;
    let body = body_bytes(request).to_vec();
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let (mut id, mut file) = (None, None);
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        count += 1;
        if count > MAX_PARTS {
            return Err(Problem::invalid_field("", format!("must have at most {MAX_PARTS} parts")));
        }
        match part.name() {
            Some("id") => id = Some(part.text().await.map_err(|_| broken())?),
            Some("file") => file = Some(read_file(part).await?),
            _ => {}
        }
    }
    let id = id.filter(|id| is_id(id));
    let id = id.ok_or_else(|| Problem::invalid_field("/id", "must have 1 to 64 letters, digits, _ and -"))?;
    let file = file.ok_or_else(|| Problem::invalid_field("/file", "is required"))?;
    check_file(&file)?;
    Ok(Upload { id, ..file })
}

/// The file, whose id is in another part.
async fn read_file(part: Field<'_>) -> Result<Upload, Problem> {
    let name = part.file_name().map(|name| clean(&as_sent(name))).unwrap_or_default();
    let content_type = part.content_type().map_or("application/octet-stream".to_owned(), ToString::to_string);
    let bytes = part.bytes().await.map_err(|_| broken())?.to_vec();
    Ok(Upload { id: String::new(), name, content_type, bytes })
}

fn check_file(file: &Upload) -> Result<(), Problem> {
    let wrong = |detail: &str| Err(Problem::invalid_field("/file", detail));
    if file.name.trim_matches(['.', ' ']).is_empty() {
        return wrong("must have a file name");
    }
    if file.content_type.len() > MAX_TYPE_BYTES {
        return wrong("must have a media type of at most 255 bytes");
    }
    match file.bytes.len() {
        0 => wrong("must not be empty"),
        size if size > MAX_FILE_BYTES => Err(Problem::new(Code::BodyTooLarge)),
        _ => Ok(()),
    }
}

fn broken() -> Problem {
    Problem::invalid_field("", "the multipart body is broken")
}

/// A name in a multipart header as it was before a browser wrote it there: WHATWG HTML, "multipart form data", escapes a quote.
fn as_sent(name: &str) -> String {
    name.replace("%22", "\"")
}

/// A file's name without its folders, without control characters, and not too long.
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|character| !character.is_control()).take(MAX_NAME_CHARACTERS).collect()
}

/// The header that makes a browser save a file under its name.
pub(crate) fn disposition(name: &str) -> HeaderValue {
    let encoded = percent_encoding::utf8_percent_encode(&clean(name), percent_encoding::NON_ALPHANUMERIC).to_string();
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

/// Headers with which a file is handed out: as it is, and never as a page.
pub(crate) fn headers(name: &str, content_type: &str) -> [(header::HeaderName, HeaderValue); 4] {
    let lower = content_type.trim_start().to_ascii_lowercase();
    let is_page = REFUSED_TYPES.iter().any(|refused| lower.starts_with(refused));
    let content_type = if is_page { "application/octet-stream" } else { content_type };
    let fallback = HeaderValue::from_static("application/octet-stream");
    [
        (header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap_or(fallback)),
        (header::CONTENT_DISPOSITION, disposition(name)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ]
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn upload(parts: &str, content_type: &str) -> Request {
        let body = parts.replace('\n', "\r\n");
        lambda_http::http::Request::builder().header("content-type", content_type).body(Body::from(body)).unwrap()
    }

    const FORM: &str = "multipart/form-data; boundary=x";

    #[tokio::test]
    async fn an_upload_has_an_id_and_a_named_file() {
        let parts = "--x\nContent-Disposition: form-data; name=\"id\"\n\nf1\n--x\nContent-Disposition: form-data; name=\"file\"; \
                     filename=\"C:\\\\tmp\\\\log.txt\"\nContent-Type: text/plain\n\nHello\n--x--\n";
        let upload = parse(&upload(parts, FORM)).await.ok().unwrap();
        assert_eq!((upload.id.as_str(), upload.content_type.as_str()), ("f1", "text/plain"));
        assert_eq!((upload.name.as_str(), upload.bytes.as_slice()), ("log.txt", b"Hello".as_slice()));
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let pointer = async |parts: &str, content_type: &str| {
            parse(&upload(parts, content_type)).await.err().unwrap().errors[0].pointer.clone()
        };
        assert_eq!(pointer("", "application/json").await, "/content-type");
        let only_id = "--x\nContent-Disposition: form-data; name=\"id\"\n\nf1\n--x--\n";
        assert_eq!(pointer(only_id, FORM).await, "/file");
        assert_eq!(pointer("--x--\n", FORM).await, "/id");
        assert_eq!(pointer("--x\nbroken", FORM).await, "");
    }

    #[tokio::test]
    async fn a_quote_in_a_name_is_what_it_was_and_dots_are_no_name() {
        let named = |name: &str| {
            let parts = "--x\nContent-Disposition: form-data; name=\"id\"\n\nf1\n--x\nContent-Disposition: form-data; name=\"file\"; \
                         filename=\"NAME\"\nContent-Type: text/plain\n\nHello\n--x--\n";
            upload(&parts.replace("NAME", name), FORM)
        };
        assert_eq!(parse(&named("my %22best%22 file.txt")).await.ok().unwrap().name, "my \"best\" file.txt");
        for name in ["..", ".", " ", "a/.."] {
            assert_eq!(parse(&named(name)).await.err().unwrap().errors[0].pointer, "/file", "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_stored_beside_a_file_is_short() {
        let of_type = |content_type: &str| {
            let parts = format!(
                "--x\nContent-Disposition: form-data; name=\"id\"\n\nf1\n--x\nContent-Disposition: form-data; name=\"file\"; \
                 filename=\"a.txt\"\nContent-Type: {content_type}\n\nHello\n--x--\n"
            );
            upload(&parts, FORM)
        };
        let longest = format!("text/plain; a={}", "b".repeat(241));
        assert!(parse(&of_type(&longest)).await.is_ok());
        let problem = parse(&of_type(&format!("{longest}b"))).await.err().unwrap();
        assert_eq!(problem.errors[0].pointer, "/file");
    }

    #[tokio::test]
    async fn an_upload_has_at_most_ten_parts() {
        let parts = "--x\nContent-Disposition: form-data; name=\"other\"\n\nf1\n".repeat(11) + "--x--\n";
        let problem = parse(&upload(&parts, FORM)).await.err().unwrap();
        assert_eq!(problem.errors[0].detail, "must have at most 10 parts");
    }

    #[test]
    fn a_file_is_saved_under_its_name_and_never_shown_as_a_page() {
        for page in ["text/html; charset=utf-8", "TEXT/HTML", " Image/SVG+xml"] {
            assert_eq!(headers("a", page)[0].1, "application/octet-stream", "{page}");
        }
        let headers = headers("ä \"b\".html", "text/plain");
        assert_eq!(headers[1].1, "attachment; filename*=UTF-8''%C3%A4%20%22b%22%2Ehtml");
    }
}

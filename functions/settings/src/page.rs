//! `/settings/`: the page on which an admin sets an organisation up, over the same API as anyone's.
//!
//! It is for anybody to load, as nothing of any organisation is in it: what it shows comes from the API, for a key.

use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt as _};
use rust_embed::{Embed, EmbeddedFile};
use shared::digest::sha256_hex;
use shared::http_api::{Answer, header_text, names_etag};
use shared::problem::{Code, Problem};

/// What is in the folder `page` for the browser.
#[derive(Embed)]
#[folder = "page"]
#[include = "*.html"]
#[include = "*.css"]
#[include = "*.js"]
struct Files;

/// The page loads itself and asks its own API, and that is all. `data:` is for its empty icon.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's own path, without the slash that its links need at the end. API Gateway takes both for one resource, and tells
/// the path as it was asked for.
const PATH: &str = "/settings";

/// What of the page a request asks for, as a path below [`PATH`]; `None` if it asks for something else.
pub(crate) fn requested(request: &Request) -> Option<&str> {
    let below = request.raw_http_path().strip_prefix(PATH)?;
    (below.is_empty() || below.starts_with('/')).then_some(below)
}

/// The file at a path below [`PATH`], or 304 to a browser that has it: it may keep a file, and must ask each time whether it is
/// still the same, because the files of two versions do not work with each other.
pub(crate) fn get(request: &Request, below: &str) -> Result<Answer, Problem> {
    let name = match below.strip_prefix('/') {
        None => return Ok(Answer::empty(StatusCode::PERMANENT_REDIRECT).with_header("location", "settings/")),
        Some("") => "index.html",
        Some(name) => name,
    };
    let file = Files::get(name).ok_or_else(|| Problem::new(Code::NotFound))?;
    let etag = format!("\"{}\"", &sha256_hex(&file.data)[..32]);
    let is_known = header_text(request, "if-none-match").is_some_and(|known| names_etag(known, &etag));
    let answer = if is_known { Answer::empty(StatusCode::NOT_MODIFIED) } else { content(name, &file)? };
    Ok(answer
        .with_header("etag", etag)
        .with_header("cache-control", "no-cache")
        .with_header("content-security-policy", CONTENT_SECURITY_POLICY)
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "no-referrer"))
}

fn content(name: &str, file: &EmbeddedFile) -> Result<Answer, Problem> {
    let content_type = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    let text = std::str::from_utf8(&file.data).map_err(|_| Problem::new(Code::Unavailable))?;
    Ok(Answer::text(StatusCode::OK, content_type, text))
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn below(path: &str) -> Option<String> {
        let request = lambda_http::http::Request::get("https://x/").body(Body::Empty).unwrap();
        requested(&request.with_raw_http_path(path)).map(str::to_owned)
    }

    #[test]
    fn what_is_below_the_page_s_path_is_the_page_s() {
        assert_eq!(below("/settings").as_deref(), Some(""));
        assert_eq!(below("/settings/").as_deref(), Some("/"));
        assert_eq!(below("/settings/page.js").as_deref(), Some("/page.js"));
        for other in ["/", "/settings.js", "/v1/organisations/acme/settings", "/v1/settings/"] {
            assert_eq!(below(other), None, "{other}");
        }
    }

    #[test]
    fn whatever_a_browser_may_load_is_in_the_folder_and_nothing_else_is_served() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut expected: Vec<_> = entries.filter(|name| name != "package.json" && name != "tests").collect();
        let mut served: Vec<_> = Files::iter().map(String::from).collect();
        expected.sort();
        served.sort();
        assert_eq!(served, expected);
    }
}

//! `GET /chat.js`: the customer's chat, a custom element that a company's page loads with one script tag.
//!
//! Its sources are the files of `functions/conversation-relay/chat`, in this order, in one function of its own: none of their
//! names is the page's.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use lambda_http::Request;
use lambda_http::http::{HeaderValue, Response, StatusCode, header};
use shared::digest::sha256_hex;
use shared::http_api::{header_text, names_etag};

use crate::StreamBody;

/// The script as it is served.
const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("../chat/texts.en.js"),
    include_str!("../chat/texts.de.js"),
    include_str!("../chat/texts.ar.js"),
    include_str!("../chat/texts.js"),
    include_str!("../chat/formats.js"),
    include_str!("../chat/links.js"),
    include_str!("../chat/event_stream.js"),
    include_str!("../chat/api.js"),
    include_str!("../chat/connection.js"),
    include_str!("../chat/storage.js"),
    include_str!("../chat/outbox.js"),
    include_str!("../chat/signals.js"),
    include_str!("../chat/standing.js"),
    include_str!("../chat/styles.js"),
    include_str!("../chat/styles.log.js"),
    include_str!("../chat/dom.js"),
    include_str!("../chat/items.js"),
    include_str!("../chat/files.js"),
    include_str!("../chat/log.js"),
    include_str!("../chat/history.js"),
    include_str!("../chat/header.js"),
    include_str!("../chat/composer.js"),
    include_str!("../chat/dialog.js"),
    include_str!("../chat/chat.js"),
    include_str!("../chat/element.js"),
    "})();\n",
);

/// The script, or 304 to a browser that has it. Pages may keep it for five minutes, so that a new one is soon everywhere.
pub(crate) fn get(request: &Request) -> Response<StreamBody> {
    let etag = format!("\"{}\"", &sha256_hex(SCRIPT)[..32]);
    let is_known = header_text(request, "if-none-match").is_some_and(|known| names_etag(known, &etag));
    let body = if is_known { Bytes::new() } else { Bytes::from_static(SCRIPT.as_bytes()) };
    let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    response.headers_mut().extend([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]);
    response.headers_mut().extend(HeaderValue::from_str(&etag).map(|etag| (header::ETAG, etag)));
    response
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn answer(if_none_match: Option<&str>) -> Response<StreamBody> {
        let request = lambda_http::http::Request::get("https://x/chat.js");
        let request = if_none_match.into_iter().fold(request, |request, tag| request.header("if-none-match", tag));
        get(&request.body(Body::Empty).unwrap())
    }

    async fn length(response: Response<StreamBody>) -> usize {
        response.into_body().collect().await.unwrap().to_bytes().len()
    }

    #[tokio::test]
    async fn a_browser_that_has_it_is_not_sent_it_again() {
        let first = answer(None);
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!((first.status(), length(first).await), (StatusCode::OK, SCRIPT.len()));
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let again = answer(Some(&known));
            assert_eq!(again.headers()["etag"], etag.as_str());
            assert_eq!((again.status(), length(again).await), (StatusCode::NOT_MODIFIED, 0), "{known}");
        }
        assert_eq!(answer(Some("\"other\"")).status(), StatusCode::OK);
    }

    #[test]
    fn it_names_no_host_and_runs_no_text_as_code_or_html() {
        let after_schemes = SCRIPT.split("://").skip(1);
        let hosts: Vec<_> =
            after_schemes.filter(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric())).collect();
        let namespace = "www.w3.org/2000/svg\"";
        assert!(hosts.iter().all(|host| host.starts_with(namespace)), "{hosts:?}");
        for forbidden in
            ["eval(", "new Function", "import(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"]
        {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
    }
}

//! `/console/`: an agent's desk, in which people see an org's Cases and talk with its customers.

mod desk;

use axum::{
    Router,
    http::{HeaderName, header},
    response::IntoResponse,
    routing::get,
};

pub(crate) use desk::follow;

use crate::handle::Handle;

/// The page may be a frame of another page of this machine, and asks nobody else for anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page: its path below `/console/`, its media type and its content.
type Asset = (&'static str, &'static str, &'static str);

const ASSETS: [Asset; 15] = [
    ("", HTML, include_str!("console/index.html")),
    ("page.css", CSS, include_str!("console/page.css")),
    ("conversation.css", CSS, include_str!("console/conversation.css")),
    ("main.js", SCRIPT, include_str!("console/main.js")),
    ("dom.js", SCRIPT, include_str!("console/dom.js")),
    ("control.js", SCRIPT, include_str!("console/control.js")),
    ("memory.js", SCRIPT, include_str!("console/memory.js")),
    ("standing.js", SCRIPT, include_str!("console/standing.js")),
    ("tabs.js", SCRIPT, include_str!("console/tabs.js")),
    ("list.js", SCRIPT, include_str!("console/list.js")),
    ("conversation.js", SCRIPT, include_str!("console/conversation.js")),
    ("entry.js", SCRIPT, include_str!("console/entry.js")),
    ("actions.js", SCRIPT, include_str!("console/actions.js")),
    ("composer.js", SCRIPT, include_str!("console/composer.js")),
    ("cases.js", SCRIPT, include_str!("console/cases.js")),
];

pub(crate) fn router() -> Router<Handle> {
    ASSETS.into_iter().fold(Router::new(), |router, asset| {
        router.route(&format!("/console/{}", asset.0), get(async move || serve(asset)))
    })
}

fn serve((_, content_type, content): Asset) -> impl IntoResponse {
    (headers(content_type), content)
}

fn headers(content_type: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}

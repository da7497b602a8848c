//! The settings page as a browser loads it: without a key, and with nothing but itself.

use std::collections::{BTreeMap, BTreeSet};

use flows::System;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};

/// A browser's request, without a key.
async fn get(system: &System, path: &str, header: Option<(&str, &str)>) -> anyhow::Result<Response> {
    let request = system.request_without_key(Method::GET, path);
    header.into_iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What stands between each `before` and the next quotation mark.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Every file that the page loads, by its path, with the headers of its answer.
async fn load_all(system: &System) -> anyhow::Result<BTreeMap<String, HeaderMap>> {
    let mut loaded = BTreeMap::new();
    let mut wanted = BTreeSet::from(["/settings/".to_owned()]);
    while let Some(path) = wanted.pop_first() {
        let answer = get(system, &path, None).await?;
        assert_eq!(answer.status(), 200, "{path}");
        loaded.insert(path.clone(), answer.headers().clone());
        let body = answer.text().await?;
        let page = if path == "/settings/" { [" href=\"", " src=\""].as_slice() } else { &[] };
        let names = page.iter().chain(&[" from \"./", "import \"./"]).flat_map(|before| quoted(&body, before));
        let names = names.filter(|name| !name.starts_with("data:")).map(|name| format!("/settings/{name}"));
        wanted.extend(names.filter(|path| !loaded.contains_key(path)));
    }
    Ok(loaded)
}

#[tokio::test]
async fn every_file_that_the_page_and_its_modules_name_is_served_as_what_it_is() -> anyhow::Result<()> {
    let system = System::start().await?;
    let loaded = load_all(&system).await?;
    for (path, headers) in &loaded {
        let content_type = match path.rsplit_once('.') {
            None => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some(_) => "text/javascript; charset=utf-8",
        };
        assert_eq!(text(headers, "content-type"), content_type, "{path}");
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/settings/page");
    let mut expected = BTreeSet::from(["/settings/".to_owned()]);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_loaded = path.extension().is_some_and(|end| end == "css" || end == "js");
        expected.extend(is_loaded.then(|| format!("/settings/{name}")));
    }
    assert_eq!(loaded.into_keys().collect::<BTreeSet<_>>(), expected, "the page loads all that is made for it");
    Ok(())
}

#[tokio::test]
async fn the_page_may_load_itself_and_ask_its_api_and_nothing_else() -> anyhow::Result<()> {
    let system = System::start().await?;
    for path in ["/settings/", "/settings/page.js", "/settings/base.css"] {
        let headers = get(&system, path, None).await?.headers().clone();
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(text(&headers, name), value, "{name} of {path}");
        }
        assert_eq!(text(&headers, "access-control-allow-origin"), "", "no other page may read {path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_asks_again_and_is_not_sent_what_it_has() -> anyhow::Result<()> {
    let system = System::start().await?;
    let mut tags = BTreeSet::new();
    for path in ["/settings/", "/settings/page.js", "/settings/base.css"] {
        let first = get(&system, path, None).await?;
        let tag = text(first.headers(), "etag").to_owned();
        for (known, status) in [(tag.as_str(), 304), ("\"other\"", 200)] {
            let again = get(&system, path, Some(("if-none-match", known))).await?;
            assert_eq!((again.status().as_u16(), text(again.headers(), "etag")), (status, tag.as_str()), "{path}");
            assert_eq!(again.text().await?.is_empty(), status == 304, "{path}");
        }
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 3, "each file has its own: {tags:?}");
    Ok(())
}

#[tokio::test]
async fn without_the_slash_at_its_end_the_address_leads_to_the_page_whatever_is_before_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let page = get(&system, "/settings", None).await?;
    assert_eq!(page.url().path(), "/settings/");
    assert!(page.text().await?.starts_with("<!doctype html>"));
    Ok(())
}

#[tokio::test]
async fn what_is_not_the_page_s_is_not_served() -> anyhow::Result<()> {
    let system = System::start().await?;
    for name in ["none.js", "package.json", "tests", "tests%2fapi.test.mjs", "..%2fCargo.toml", "tests/samples.mjs"] {
        let path = format!("/settings/{name}");
        let answer = flows::send(system.request_without_key(Method::GET, &path)).await?;
        answer.expect_problem(404, "notFound").map_err(|error| error.context(path))?;
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = flows::send(system.request_without_key(method, "/settings/")).await?;
        answer.expect_problem(404, "notFound")?;
    }
    Ok(())
}

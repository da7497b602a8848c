//! The only hosts that we ever send an organisation's secrets or words to.

use serde::{Deserialize, Serialize};
use url::Url;

const REST_SUFFIX: &str = ".my.salesforce.com";
const MESSAGING_SUFFIX: &str = ".my.salesforce-scrt.com";

/// A checked host, lower-case, with a port only where it is the local machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(String);

/// Why a text is not an allowed host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a host that ends with {suffix}")]
pub struct InvalidHost {
    suffix: &'static str,
}

impl Host {
    /// Parses My Domain's host, as an admin types it: a bare My Domain name is completed; `https://` and a trailing slash are dropped.
    ///
    /// # Errors
    /// It is not `*.my.salesforce.com`, nor a loopback host where `allow_loopback` is set.
    pub fn parse_salesforce(text: &str, allow_loopback: bool) -> Result<Self, InvalidHost> {
        parse(text, REST_SUFFIX, allow_loopback)
    }

    /// Parses the messaging host (`*.my.salesforce-scrt.com`) in the same way; a bare name is completed too.
    ///
    /// # Errors
    /// It is not `*.my.salesforce-scrt.com`, nor a loopback host where `allow_loopback` is set.
    pub fn parse_messaging(text: &str, allow_loopback: bool) -> Result<Self, InvalidHost> {
        parse(text, MESSAGING_SUFFIX, allow_loopback)
    }

    /// The host, and the port of a loopback one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL's beginning, without a trailing slash: `http` for loopback, `https` for all others.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if is_loopback(&self.0) { "http" } else { "https" };
        format!("{scheme}://{}", self.0)
    }
}

fn parse(text: &str, suffix: &'static str, allow_loopback: bool) -> Result<Host, InvalidHost> {
    let lower = text.trim().to_ascii_lowercase();
    let bare = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    let loopback_over_http = lower.strip_prefix("http://").map(bare).filter(|_| allow_loopback);
    if let Some(host) = loopback_over_http.filter(|host| is_loopback(host)) {
        return Ok(Host(host));
    }
    let host = bare(lower.strip_prefix("https://").unwrap_or(&lower));
    if is_loopback(&host) {
        return if allow_loopback { Ok(Host(host)) } else { Err(InvalidHost { suffix }) };
    }
    let completed = if is_label(&host) { format!("{host}{suffix}") } else { host };
    let labels = completed.strip_suffix(suffix).ok_or(InvalidHost { suffix })?;
    let valid = completed.len() <= 253 && labels.split('.').all(is_label);
    valid.then_some(Host(completed)).ok_or(InvalidHost { suffix })
}

/// A DNS label: letters, digits and inner hyphens; but none that stands for other letters (punycode).
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with("xn--")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A loopback host as people write it, with or without a port, and with nothing else that a URL's parser would pass over.
fn is_loopback(host: &str) -> bool {
    let is_bare = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'[' | b']'));
    let Ok(url) = Url::parse(&format!("http://{host}")) else { return false };
    let is_local = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    is_bare && is_local
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// By their kind; `{suffix}` stands for that of the allowed hosts.
    #[derive(Deserialize)]
    struct Table {
        loopback: Vec<String>,
        hostile: BTreeMap<String, Vec<String>>,
    }

    fn rest(text: &str) -> Option<String> {
        Host::parse_salesforce(text, false).ok().map(|host| host.0)
    }

    #[test]
    fn what_an_admin_types_is_brought_into_one_form() {
        for text in
            ["acme", "Acme", " acme.my.salesforce.com ", "https://ACME.my.salesforce.com/", "acme.my.salesforce.com/"]
        {
            assert_eq!(rest(text).unwrap(), "acme.my.salesforce.com", "{text}");
        }
    }

    #[test]
    fn sandboxes_scratch_orgs_and_developer_editions_are_allowed() {
        for text in
            ["acme--uat.sandbox.my.salesforce.com", "x-1.develop.my.salesforce.com", "x.scratch.my.salesforce.com"]
        {
            assert_eq!(rest(text).unwrap(), text);
        }
    }

    #[test]
    fn every_other_host_is_refused_whether_loopback_is_allowed_or_not() {
        let table: Table = serde_json::from_str(include_str!("hostile_hosts.json")).unwrap();
        let hostile: Vec<_> = table.hostile.into_values().flatten().collect();
        assert!(hostile.len() >= 45 && table.loopback.len() >= 10);
        for suffix in [REST_SUFFIX, MESSAGING_SUFFIX] {
            for text in &hostile {
                let text = text.replace("{suffix}", suffix);
                for allow_loopback in [false, true] {
                    assert_eq!(parse(&text, suffix, allow_loopback), Err(InvalidHost { suffix }), "{text:?}");
                }
            }
            for text in &table.loopback {
                assert_eq!(parse(text, suffix, false), Err(InvalidHost { suffix }), "{text:?}");
                let host = parse(text, suffix, true).unwrap();
                assert!(host.base_url().starts_with("http://") && !host.base_url().ends_with('/'), "{text:?}");
            }
        }
        assert!(parse("acme.my.salesforce-scrt.com", REST_SUFFIX, true).is_err());
        assert!(parse("acme.my.salesforce.com", MESSAGING_SUFFIX, true).is_err());
    }

    #[test]
    fn a_refusal_does_not_repeat_the_host() {
        let refused = Host::parse_salesforce("https://planted.example", false).unwrap_err();
        assert_eq!(refused.to_string(), "must be a host that ends with .my.salesforce.com");
    }

    #[test]
    fn the_messaging_host_has_its_own_domain() {
        assert_eq!(
            Host::parse_messaging("https://acme.my.salesforce-scrt.com", false).unwrap().as_str(),
            "acme.my.salesforce-scrt.com"
        );
        assert!(Host::parse_messaging("acme.my.salesforce.com", false).is_err());
        assert_eq!(Host::parse_messaging("acme", false).unwrap().base_url(), "https://acme.my.salesforce-scrt.com");
    }
}

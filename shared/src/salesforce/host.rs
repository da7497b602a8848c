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
    let loopback_over_http = || lower.strip_prefix("http://").filter(|rest| allow_loopback && is_loopback(rest));
    let without_scheme = lower.strip_prefix("https://").or_else(loopback_over_http).unwrap_or(&lower);
    let host = without_scheme.strip_suffix('/').unwrap_or(without_scheme);
    if is_loopback(host) {
        return if allow_loopback { Ok(Host(host.to_owned())) } else { Err(InvalidHost { suffix }) };
    }
    let completed = if is_label(host) { format!("{host}{suffix}") } else { host.to_owned() };
    let labels = completed.strip_suffix(suffix).ok_or(InvalidHost { suffix })?;
    let valid = completed.len() <= 253 && labels.split('.').all(is_label);
    valid.then_some(Host(completed)).ok_or(InvalidHost { suffix })
}

/// A DNS label: letters, digits and inner hyphens.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_loopback(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}")) else { return false };
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !host.contains(['@', '\\']);
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
    use super::*;

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
    fn everything_else_is_refused() {
        for text in [
            "",
            ".",
            "acme.",
            "login.salesforce.com",
            "acme.lightning.force.com",
            "acme.my.salesforce.com.evil.com",
            "evil.com/.my.salesforce.com",
            "evil.com#.my.salesforce.com",
            "evil.com?.my.salesforce.com",
            "user@acme.my.salesforce.com",
            "acme.my.salesforce.com:444",
            "acme.my.salesforce.com.",
            ".my.salesforce.com",
            "a..my.salesforce.com",
            "-a.my.salesforce.com",
            "acme.my.salesforce.com/path",
            "http://acme.my.salesforce.com",
            "ftp://acme.my.salesforce.com",
            "127.0.0.1",
            "127.0.0.1:8788",
            "localhost",
            "[::1]",
            "169.254.169.254",
            "acmé.my.salesforce.com",
            "a%2e.my.salesforce.com",
            "acme\\.my.salesforce.com",
            "acme my.salesforce.com",
            "https://https://acme",
            "acme_1.my.salesforce.com",
            "acme.my.salesforce-scrt.com",
            "\u{ff41}cme.my.salesforce.com",
            "xn--80ak6aa92e.com",
        ] {
            assert_eq!(rest(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_is_allowed_only_where_it_is_said_and_only_over_http() {
        for text in ["127.0.0.1:8788", "http://127.0.0.1:8788", "http://127.0.0.1:8788/", "localhost:1", "[::1]:9"] {
            let host = Host::parse_salesforce(text, true).unwrap();
            assert!(host.base_url().starts_with("http://"), "{text}");
            assert!(!host.base_url().ends_with('/'));
            assert_eq!(rest(text), None);
        }
        for text in ["169.254.169.254", "10.0.0.1", "user@127.0.0.1", "127.0.0.1/x", "127.0.0.1.evil.com", "0.0.0.0"] {
            assert!(Host::parse_salesforce(text, true).is_err(), "{text}");
        }
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

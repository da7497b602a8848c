use fuzz::{Form, Target, Verdict};
use shared::salesforce::Host;
use url::Url;

const TARGET: Target<'_> = Target {
    name: "hosts",
    form: Form::Bytes,
    words: &[
        ".my.salesforce.com",
        ".my.salesforce-scrt.com",
        "https://",
        "http://",
        "xn--",
        "127.0.0.1",
        "localhost",
        "[::1]",
        ":8788",
        "169.254.169.254",
        "0x7f.1",
        ".evil.example",
        "\u{ff0e}",
        "\u{200b}",
        "\u{ad}",
        "%2e",
        "user@",
    ],
    accepted_percent: 10,
};

#[test]
fn an_accepted_host_is_salesforce_s_or_loopback_to_another_parser_too() {
    TARGET.play(check);
}

/// Checks a host that is accepted in the cloud with a parser that is not ours.
pub(crate) fn check_host(host: &Host, suffix: &str) {
    let url = checked_url(host);
    assert_eq!((url.scheme(), url.port()), ("https", None), "{url}");
    assert!(url.domain().is_some_and(|domain| domain.len() > suffix.len() && domain.ends_with(suffix)), "{url}");
}

/// What is sent there is sent to the host and nowhere else.
fn checked_url(host: &Host) -> Url {
    let base = host.base_url();
    let url = Url::parse(&format!("{base}/services?q=1")).unwrap_or_else(|error| panic!("{base}: {error}"));
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{url}");
    assert_eq!((url.path(), url.query()), ("/services", Some("q=1")), "{base}");
    url
}

fn check_loopback(host: &Host) {
    let url = checked_url(host);
    let is_loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    assert!(is_loopback && url.scheme() == "http", "{url}");
}

fn check(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let parsers = [
        (Host::parse_salesforce as fn(&str, bool) -> _, ".my.salesforce.com"),
        (Host::parse_messaging, ".my.salesforce-scrt.com"),
    ];
    let mut is_accepted = false;
    for (parse, suffix) in parsers {
        let (in_the_cloud, locally) = (parse(&text, false), parse(&text, true));
        match (&in_the_cloud, &locally) {
            (Ok(host), _) => check_host(host, suffix),
            (Err(_), Ok(host)) => check_loopback(host),
            (Err(error), Err(_)) => assert_eq!(error.to_string(), format!("must be a host that ends with {suffix}")),
        }
        for host in in_the_cloud.iter().chain(&locally) {
            assert_eq!(parse(host.as_str(), true).as_ref(), Ok(host), "it stays as it is");
            assert_eq!(parse(&host.base_url(), true).as_ref(), Ok(host), "so does its URL");
        }
        is_accepted |= locally.is_ok();
    }
    Verdict::accepted_if(is_accepted)
}

use escalation_intake::list::parse;
use fuzz::{Form, PLANTED, Target, Verdict};
use url::form_urlencoded;

const TARGET: Target<'_> = Target {
    name: "list_queries",
    form: Form::Bytes,
    words: &[
        "status=",
        "&status=open",
        "&limit=100",
        "&cursor=",
        "limit=0",
        "MjAyNi0xMS0yMFQwOToxNDowMy4wMDBaIw",
        PLANTED,
    ],
    accepted_percent: 10,
};

#[test]
fn an_accepted_query_asks_for_a_page_that_we_have_offered() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(input).into_owned().collect();
    let parameter = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match parse(parameter) {
        Ok(query) => {
            assert!((1..=100).contains(&query.page.limit));
            assert_eq!(query.page.after.is_some(), parameter("cursor").is_some());
            assert!(query.page.after.is_none_or(|key| is_list_key(&key)));
            Verdict::Accepted
        }
        Err(errors) => {
            assert!((1..=3).contains(&errors.len()));
            assert!(errors.iter().all(|error| ["/status", "/limit", "/cursor"].contains(&error.pointer.as_str())));
            assert!(errors.iter().all(|error| !error.detail.contains(PLANTED)));
            Verdict::Refused
        }
    }
}

/// Such as `2026-11-20T09:14:03.000Z#00000000-0000-4000-8000-000000000000`, and no other spelling of it.
fn is_list_key(key: &str) -> bool {
    let shape = |byte: u8| match byte {
        b'0'..=b'9' => '0',
        b'a'..=b'f' => 'a',
        other => char::from(other),
    };
    let shape: String = key.bytes().map(shape).collect();
    let (time, id) = shape.split_once('#').unwrap_or_default();
    time == "0000-00-00T00:00:00.000Z" && id.replace('a', "0") == "00000000-0000-0000-0000-000000000000"
}

use fuzz::{Form, Target, Verdict, refusal};
use serde_json::Value;
use settings::parse::parse;
use settings::view::view;
use shared::settings::Settings;

use crate::hosts::check_host;

const TARGET: Target<'_> = Target {
    name: "settings_documents",
    form: Form::Json,
    words: &[
        "acme",
        "acme.my.salesforce.com",
        "127.0.0.1:8788",
        "http://localhost:1",
        "https://acme.my.salesforce-scrt.com",
        "00D000000000001",
        "005000000000001AAA",
        "Plan__c",
        "Subject",
        "Europe/Copenhagen",
        "monday",
        "09:00",
        "24:00",
        "DK",
        "fullviewFlow",
        "omniChannelFlow",
        "always",
        "link",
        "2026-12-24",
    ],
    accepted_percent: 15,
};

#[test]
fn accepted_settings_are_within_the_limits_and_are_shown_as_they_can_be_sent() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return Verdict::Refused };
    let in_the_cloud = parse(&body, false, false).map(|document| document.into_settings(1, "v".into()));
    let locally = parse(&body, false, true).map(|document| document.into_settings(1, "v".into()));
    for refused in [&in_the_cloud, &locally].into_iter().filter_map(|parsed| parsed.as_ref().err()) {
        refusal::check_errors(&body, refused);
    }
    if let Ok(settings) = &in_the_cloud {
        assert!(locally.as_ref().ok() == Some(settings), "what the cloud takes is the same on the local stack");
        check_host(&settings.salesforce.domain, ".my.salesforce.com");
        settings.messaging.iter().for_each(|messaging| check_host(&messaging.url, ".my.salesforce-scrt.com"));
    }
    locally.iter().for_each(check_settings);
    Verdict::accepted_if(locally.is_ok())
}

fn check_settings(settings: &Settings) {
    let stored: Settings = serde_json::from_value(serde_json::to_value(settings).unwrap()).unwrap();
    assert!(stored == *settings, "they are read as they were stored");
    let shown = view(Some(settings), "acme", "https://api.example");
    let again = parse(&shown, true, true).unwrap_or_else(|errors| panic!("what is shown is refused: {errors:?}"));
    assert!(again.into_settings(1, "v".into()) == *settings, "what is shown can be sent back");
    assert!(settings.routing_attributes.len() <= 100 && settings.case.fields.len() <= 100);
    assert!((1..=1_440).contains(&settings.rescue.longest_wait_minutes));
    if let Some(hours) = &settings.business_hours {
        assert!(hours.schedule().is_ok() && hours.exceptions.len() <= 1_000);
    }
    if let Some(messaging) = &settings.messaging {
        assert!(messaging.organization_id.len() == 15 && messaging.organization_id.starts_with("00D"));
    }
}

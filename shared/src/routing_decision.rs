//! The routing decision: a pure rule of the settings and the moment.

use crate::business_hours::Schedule;
use crate::escalation::{Decision, DecisionReason, Route};
use crate::settings::{IntegrationType, Settings};
use chrono::{DateTime, Utc};

/// Decides for the moment `now`.
#[must_use]
pub fn decide(settings: &Settings, now: DateTime<Utc>) -> Decision {
    let schedule = settings.business_hours.as_ref().and_then(|hours| hours.schedule().ok());
    let closed = schedule.as_ref().filter(|schedule| !schedule.is_open(now));
    let reason = match (settings.messaging.is_some(), settings.integration_type) {
        (false, _) => DecisionReason::MessagingNotConfigured,
        (true, IntegrationType::OmniChannelFlow) => DecisionReason::OmniChannelFlow,
        (true, IntegrationType::FullviewFlow) if closed.is_some() => DecisionReason::OutsideBusinessHours,
        (true, IntegrationType::FullviewFlow) => DecisionReason::WithinBusinessHours,
    };
    Decision {
        route: route(reason),
        reason,
        settings_version: settings.version,
        decided_at: now,
        next_opening: closed.and_then(|schedule: &Schedule| schedule.next_opening(now)),
    }
}

fn route(reason: DecisionReason) -> Route {
    match reason {
        DecisionReason::OmniChannelFlow | DecisionReason::WithinBusinessHours => Route::Messaging,
        DecisionReason::OutsideBusinessHours | DecisionReason::MessagingNotConfigured => Route::Case,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Open on Mondays, 09:00 to 17:00, in Copenhagen.
    fn settings(integration_type: &str, messaging: bool) -> Settings {
        let mut settings = json!({
            "version": 7, "integrationType": integration_type,
            "salesforce": { "domain": "acme.my.salesforce.com", "clientId": "id", "clientSecretVersion": "v" },
            "messaging": null,
            "businessHours": { "timeZone": "Europe/Copenhagen", "weekly": { "monday": [{ "open": "09:00", "close": "17:00" }] },
                               "exceptions": [], "holidays": null },
            "routingAttributes": [],
            "case": { "origin": "Chat", "priority": "Medium", "status": "New", "recordTypeId": null, "ownerId": null,
                      "assignmentRule": true, "contact": "link", "attachTranscript": "whenTruncated", "fields": [] },
            "rescue": { "longestWaitMinutes": 20 }, "apexActionConfigured": false,
        });
        if messaging {
            settings["messaging"] = json!({ "organizationId": "00D000000000000", "developerName": "D", "url": "acme.my.salesforce-scrt.com" });
        }
        serde_json::from_value(settings).unwrap()
    }

    fn decided(settings: &Settings, at: &str) -> (Value, Value, Option<String>) {
        let decision = decide(settings, at.parse().unwrap());
        assert_eq!(decision.settings_version, 7);
        let value = serde_json::to_value(decision).unwrap();
        (value["route"].clone(), value["reason"].clone(), value["nextOpening"].as_str().map(str::to_owned))
    }

    const OPEN: &str = "2026-11-23T08:00:00Z";
    const CLOSED: &str = "2026-11-23T16:00:00Z";

    #[test]
    fn fullview_flow_is_live_while_the_organisation_is_open() {
        assert_eq!(
            decided(&settings("fullviewFlow", true), OPEN),
            (json!("messaging"), json!("withinBusinessHours"), None)
        );
    }

    #[test]
    fn fullview_flow_makes_a_case_while_it_is_closed_and_tells_the_next_opening() {
        let (route, reason, next) = decided(&settings("fullviewFlow", true), CLOSED);
        assert_eq!((route, reason), (json!("case"), json!("outsideBusinessHours")));
        assert_eq!(next.unwrap(), "2026-11-30T08:00:00Z");
    }

    #[test]
    fn omni_channel_flow_leaves_the_decision_to_the_org_at_any_hour() {
        for at in [OPEN, CLOSED] {
            let (route, reason, _) = decided(&settings("omniChannelFlow", true), at);
            assert_eq!((route, reason), (json!("messaging"), json!("omniChannelFlow")));
        }
    }

    #[test]
    fn without_messaging_there_is_always_a_case() {
        for integration_type in ["fullviewFlow", "omniChannelFlow"] {
            for at in [OPEN, CLOSED] {
                let (route, reason, _) = decided(&settings(integration_type, false), at);
                assert_eq!((route, reason), (json!("case"), json!("messagingNotConfigured")));
            }
        }
    }
}

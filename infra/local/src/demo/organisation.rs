//! The organisations of the demo and of `/chat/`.

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Days, Utc, Weekday};
use salesforce_simulator::{CallbackSettings, DEVELOPER_NAME, Handle, OrgSettings, Simulator};
use serde_json::{Value, json};

use super::api::Api;

/// How long a customer waits for an agent, in minutes: the shortest that settings allow.
pub(super) const LONGEST_WAIT_MINUTES: u8 = 1;

/// The name by which the agent console knows a customer.
const CUSTOMER_NAME: &str = "CustomerName";

/// Where the simulated orgs are.
pub(crate) struct Salesforce {
    handle: Handle,
    /// Base URL, without a slash at the end.
    url: String,
}

impl Salesforce {
    /// The orgs of a simulator.
    pub(crate) fn of(simulator: &Simulator) -> Self {
        Self { handle: simulator.handle().clone(), url: simulator.url().to_owned() }
    }
}

/// An organisation, whose name is also its simulated org's client id.
#[derive(Debug)]
pub(crate) struct Organisation {
    /// Its id.
    pub(crate) id: &'static str,
    /// The route that its escalations take, and the reason.
    pub(super) decision: (&'static str, &'static str),
    integration_type: &'static str,
    has_messaging: bool,
    /// Its business hours at the time of the demo.
    hours: Option<fn(DateTime<Utc>) -> Value>,
    /// How long its customers wait for an agent, if it has hours.
    longest_wait_minutes: u8,
}

/// Its own flow decides about each conversation.
pub(super) static OMNI_CHANNEL_FLOW: Organisation = Organisation {
    id: "demo-omni-channel-flow",
    decision: ("messaging", "omniChannelFlow"),
    integration_type: "omniChannelFlow",
    has_messaging: true,
    hours: None,
    longest_wait_minutes: LONGEST_WAIT_MINUTES,
};

/// Open at any hour.
pub(super) static FULLVIEW_FLOW: Organisation = Organisation {
    id: "demo-fullview-flow",
    decision: ("messaging", "withinBusinessHours"),
    integration_type: "fullviewFlow",
    has_messaging: true,
    hours: Some(|_| always_open()),
    longest_wait_minutes: LONGEST_WAIT_MINUTES,
};

/// Closed for days.
pub(crate) static CLOSED: Organisation = Organisation {
    id: "demo-closed",
    decision: ("case", "outsideBusinessHours"),
    integration_type: "fullviewFlow",
    has_messaging: true,
    hours: Some(closed),
    longest_wait_minutes: LONGEST_WAIT_MINUTES,
};

/// Has no messaging.
pub(super) static WITHOUT_MESSAGING: Organisation = Organisation {
    id: "demo-without-messaging",
    decision: ("case", "messagingNotConfigured"),
    integration_type: "omniChannelFlow",
    has_messaging: false,
    hours: None,
    longest_wait_minutes: LONGEST_WAIT_MINUTES,
};

/// Open at any hour, for a person who answers in the agent console.
pub(crate) static CHAT: Organisation = Organisation {
    id: "demo-chat",
    decision: ("messaging", "withinBusinessHours"),
    integration_type: "fullviewFlow",
    has_messaging: true,
    hours: Some(|_| always_open()),
    longest_wait_minutes: 20,
};

/// All that the demo plays with.
pub(super) static ORGANISATIONS: [&Organisation; 4] = [&CLOSED, &WITHOUT_MESSAGING, &OMNI_CHANNEL_FLOW, &FULLVIEW_FLOW];

impl Organisation {
    /// Makes it and its simulated org, in which the package is configured if there is messaging to end.
    pub(crate) async fn set_up(&self, api: &Api, salesforce: &Salesforce, now: DateTime<Utc>) -> anyhow::Result<()> {
        let made = self.make(api, salesforce, now).await;
        made.with_context(|| format!("cannot set up {}", self.id))
    }

    async fn make(&self, api: &Api, salesforce: &Salesforce, now: DateTime<Utc>) -> anyhow::Result<()> {
        let org = salesforce.handle.put_org(OrgSettings::new(self.id, &format!("{}-secret", self.id)));
        api.put_organisation(self.id, |settings| self.configure(settings, &org, &salesforce.url, now)).await?;
        if self.has_messaging {
            let escalations_token = api.escalations_token(self.id).await?;
            configure_package(&salesforce.handle, self.id, &api.url, escalations_token);
        }
        Ok(())
    }

    fn configure(&self, settings: &mut Value, org: &OrgSettings, salesforce_url: &str, now: DateTime<Utc>) {
        let domain = salesforce_url.trim_start_matches("http://");
        settings["integrationType"] = json!(self.integration_type);
        settings["salesforce"] =
            json!({ "domain": domain, "clientId": org.client_id, "clientSecret": org.client_secret });
        if self.has_messaging {
            settings["messaging"] = json!({
                "organizationId": org.organization_id, "developerName": DEVELOPER_NAME, "url": salesforce_url,
            });
            settings["routingAttributes"] = json!([{ "attribute": "name", "value": CUSTOMER_NAME }]);
        }
        if let Some(hours) = self.hours {
            settings["businessHours"] = hours(now);
            settings["rescue"] = json!({ "longestWaitMinutes": self.longest_wait_minutes });
        }
    }
}

/// What a Salesforce admin writes into `Fullview_Settings__mdt`, and the customer's name as a hidden pre-chat field.
fn configure_package(salesforce: &Handle, organisation: &str, endpoint: &str, escalations_token: String) {
    let callback =
        CallbackSettings { endpoint: endpoint.to_owned(), organisation_id: organisation.to_owned(), escalations_token };
    salesforce.change_messaging(organisation, |messaging| {
        messaging.callback = Some(callback);
        messaging.hidden_pre_chat_fields.push(CUSTOMER_NAME.to_owned());
        messaging.told_queue_position = Some(true);
    });
}

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

fn always_open() -> Value {
    hours(&WEEK, "00:00", "24:00")
}

/// Business hours on one day of the week, half a week away.
fn closed(now: DateTime<Utc>) -> Value {
    let day = now.checked_add_days(Days::new(3)).unwrap_or(now).weekday();
    hours(&[day], "09:00", "17:00")
}

fn hours(days: &[Weekday], open: &str, close: &str) -> Value {
    let weekly = days.iter().map(|day| (name(*day).to_owned(), json!([{ "open": open, "close": close }])));
    let weekly: serde_json::Map<_, _> = weekly.collect();
    json!({ "timeZone": "Etc/UTC", "weekly": weekly, "exceptions": [], "holidays": null })
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "monday",
        Weekday::Tue => "tuesday",
        Weekday::Wed => "wednesday",
        Weekday::Thu => "thursday",
        Weekday::Fri => "friday",
        Weekday::Sat => "saturday",
        Weekday::Sun => "sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_one_is_closed_today_and_tomorrow() {
        let now = "2026-11-22T23:30:00Z".parse::<DateTime<Utc>>().unwrap();
        let weekly = closed(now)["weekly"].clone();
        assert_eq!(weekly, json!({ "wednesday": [{ "open": "09:00", "close": "17:00" }] }));
    }

    #[test]
    fn the_open_one_is_open_all_day_on_each_day() {
        let hours = always_open();
        let weekly = hours["weekly"].as_object().unwrap();
        assert_eq!(weekly.len(), 7);
        assert!(weekly.values().all(|day| *day == json!([{ "open": "00:00", "close": "24:00" }])));
    }
}

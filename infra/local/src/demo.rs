//! The demo: two organisations, one of each integration type, and the sample escalations through both.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Datelike as _, Days, TimeDelta, Utc, Weekday};
use reqwest::{Client, Method, RequestBuilder};
use salesforce_simulator::OrgSettings;
use serde_json::{Value, json};

use crate::build::WORKSPACE;
use crate::stack::{PLATFORM_KEY, Stack};

/// What the largest sample is at least, in bytes.
const LARGE: usize = 1_100_000;

/// An organisation of the demo, whose name is also its simulated org's client id.
struct Organisation {
    id: &'static str,
    integration_type: &'static str,
    has_messaging: bool,
}

const ORGANISATIONS: [Organisation; 2] = [
    Organisation { id: "demo-fullview-flow", integration_type: "fullviewFlow", has_messaging: true },
    Organisation { id: "demo-omni-channel-flow", integration_type: "omniChannelFlow", has_messaging: false },
];

/// A request body and what to call it.
struct Sample {
    name: String,
    body: Value,
}

/// Makes the organisations, escalates the samples and writes one line about each.
///
/// Fails if the API refuses something or an escalation is no Case after 25 s.
pub(crate) async fn play(
    stack: &Stack,
    clock_offset_seconds: i64,
    output: &mut (impl Write + Send),
) -> anyhow::Result<()> {
    let api = Api::new(stack.api_url())?;
    let now = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(clock_offset_seconds);
    let samples = samples(&Path::new(WORKSPACE).join("events"))?;
    let mut open = 0;
    writeln!(output, "{}", columns("organisation", "escalation", "route", "reason", "result", "took"))?;
    for organisation in &ORGANISATIONS {
        api.set_up(organisation, stack, now).await.with_context(|| format!("cannot set up {}", organisation.id))?;
        for sample in &samples {
            let start = Instant::now();
            let escalation = api.escalate(organisation, sample).await.with_context(|| sample.name.clone())?;
            open += usize::from(escalation["case"].is_null());
            writeln!(output, "{}", line(organisation, sample, &escalation, start.elapsed()))?;
        }
    }
    ensure!(open == 0, "{open} escalations of the demo did not become a Case; --verbose shows what the functions say");
    Ok(())
}

fn line(organisation: &Organisation, sample: &Sample, escalation: &Value, took: Duration) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let (route, reason) = (text(&escalation["decision"]["route"]), text(&escalation["decision"]["reason"]));
    let result = match escalation["case"]["number"].as_str() {
        Some(number) => format!("Case {number}"),
        None => text(&escalation["status"]),
    };
    let took = format!("{:.1} s", took.as_secs_f64());
    columns(organisation.id, &sample.name, &route, &reason, &result, &took)
}

fn columns(organisation: &str, escalation: &str, route: &str, reason: &str, result: &str, took: &str) -> String {
    format!("{organisation:<24}{escalation:<20}{route:<7}{reason:<24}{result:<15}{took:>5}")
}

/// Each sample event that is an escalation, and the longest again, made longer than 1 MB.
fn samples(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        samples.extend(sample(&entry?.path())?);
    }
    samples.sort_by_key(|sample| messages(&sample.body).len());
    let longest = samples.last().context("events/ has no escalation")?;
    samples.push(Sample { name: "transcript of 1 MB".to_owned(), body: lengthened(longest.body.clone()) });
    Ok(samples)
}

fn sample(file: &Path) -> anyhow::Result<Option<Sample>> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let Some(name) = stem.strip_prefix("escalation-intake") else { return Ok(None) };
    let event: Value = serde_json::from_slice(&std::fs::read(file)?).with_context(|| stem.to_owned())?;
    let path = event["path"].as_str().unwrap_or_default();
    if event["httpMethod"] != "POST" || !path.ends_with("/escalations") {
        return Ok(None);
    }
    let body = serde_json::from_str(event["body"].as_str().unwrap_or_default()).with_context(|| stem.to_owned())?;
    let name = if name.is_empty() { "conversation".to_owned() } else { name.replace('-', " ").trim().to_owned() };
    Ok(Some(Sample { name, body }))
}

fn messages(body: &Value) -> &[Value] {
    body["conversation"]["messages"].as_array().map_or(&[], Vec::as_slice)
}

/// The same conversation again and again, as another conversation, until it is large.
fn lengthened(mut body: Value) -> Value {
    let original = messages(&body).to_vec();
    let mut all = original.clone();
    let mut bytes = body.to_string().len();
    let growth = bytes;
    let mut round = 1;
    while bytes < LARGE && !original.is_empty() {
        all.extend(original.iter().cloned().enumerate().map(|(index, mut message)| {
            message["id"] = json!(format!("{round}-{index}"));
            message
        }));
        bytes += growth;
        round += 1;
    }
    body["conversation"]["messages"] = all.into();
    body["conversation"]["id"] = json!("demo-transcript-of-1-mb");
    body
}

/// The HTTP API, with the platform key.
struct Api {
    client: Client,
    url: String,
}

impl Api {
    fn new(url: &str) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(Duration::from_secs(35)).build()?;
        Ok(Self { client, url: format!("{url}/v1/organisations") })
    }

    async fn set_up(&self, organisation: &Organisation, stack: &Stack, now: DateTime<Utc>) -> anyhow::Result<()> {
        let secret = format!("{}-secret", organisation.id);
        let org = stack.simulator().handle().put_org(OrgSettings::new(organisation.id, &secret));
        let url = format!("{}/{}", self.url, organisation.id);
        send(self.request(Method::PUT, &url).json(&json!({ "name": organisation.id }))).await?;
        let (settings, version) = send(self.request(Method::GET, &format!("{url}/settings"))).await?;
        let settings = settings_for(organisation, settings, &org, stack.simulator().url(), now);
        let put = self.request(Method::PUT, &format!("{url}/settings"));
        send(put.header("if-match", version.unwrap_or_default()).json(&settings)).await?;
        Ok(())
    }

    /// The escalation as it is when it needs nobody any more, or after 25 s.
    async fn escalate(&self, organisation: &Organisation, sample: &Sample) -> anyhow::Result<Value> {
        let url = format!("{}/{}/escalations", self.url, organisation.id);
        let accept = self.request(Method::POST, &url).header("prefer", "wait=25").json(&sample.body);
        let (accepted, _) = send(accept).await?;
        let id = accepted["escalationId"].as_str().context("the answer has no escalationId")?;
        Ok(send(self.request(Method::GET, &format!("{url}/{id}"))).await?.0)
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url).bearer_auth(PLATFORM_KEY)
    }
}

/// The document and its `ETag`, or an error with the status and the problem's code.
async fn send(request: RequestBuilder) -> anyhow::Result<(Value, Option<String>)> {
    let response = request.send().await?;
    let (status, path) = (response.status(), response.url().path().to_owned());
    let version = response.headers().get("etag").and_then(|version| version.to_str().ok()).map(str::to_owned);
    let text = response.text().await?;
    ensure!(status.is_success(), "{path} answered {status}: {text}");
    Ok((serde_json::from_str(&text).unwrap_or_default(), version))
}

/// The settings with which every escalation becomes a Case: messaging out of business hours, or none.
fn settings_for(
    organisation: &Organisation,
    mut settings: Value,
    org: &OrgSettings,
    salesforce_url: &str,
    now: DateTime<Utc>,
) -> Value {
    let domain = salesforce_url.trim_start_matches("http://");
    settings["integrationType"] = json!(organisation.integration_type);
    settings["salesforce"] = json!({ "domain": domain, "clientId": org.client_id, "clientSecret": org.client_secret });
    if organisation.has_messaging {
        settings["messaging"] = json!({
            "organizationId": org.organization_id, "developerName": "Fullview_Messaging_Deployment", "url": salesforce_url,
        });
        settings["businessHours"] = closed_hours(now);
    }
    settings
}

/// Business hours on one day of the week, half a week away.
fn closed_hours(now: DateTime<Utc>) -> Value {
    let day = now.checked_add_days(Days::new(3)).unwrap_or(now).weekday();
    json!({
        "timeZone": "Etc/UTC", "weekly": { weekday(day): [{ "open": "09:00", "close": "17:00" }] }, "exceptions": [], "holidays": null,
    })
}

fn weekday(day: Weekday) -> &'static str {
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

    fn body(messages: usize) -> Value {
        let message = |n: usize| json!({ "id": format!("m{n}"), "role": "customer", "text": "x".repeat(1000) });
        json!({ "conversation": { "id": "c", "messages": (0..messages).map(message).collect::<Vec<_>>() } })
    }

    #[test]
    fn a_lengthened_conversation_is_over_1_mb_and_within_the_limits_of_a_body() {
        let body = lengthened(body(200));
        let bytes = body.to_string().len();
        assert!((1_048_577..4 * 1024 * 1024).contains(&bytes), "{bytes}");
        let mut ids: Vec<_> = messages(&body).iter().map(|message| message["id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), messages(&body).len());
        assert!(ids.len() <= 5_000);
    }

    #[test]
    fn the_samples_are_the_escalations_among_the_events_and_one_made_large() {
        let samples = samples(&Path::new(WORKSPACE).join("events")).unwrap();
        let names: Vec<_> = samples.iter().map(|sample| sample.name.as_str()).collect();
        assert_eq!(names, ["conversation", "long conversation", "transcript of 1 MB"]);
        let body = &samples[2].body;
        assert!((1_048_577..4 * 1024 * 1024).contains(&body.to_string().len()));
        assert!(messages(body).len() <= 5_000);
    }

    #[test]
    fn the_demo_hours_are_closed_today_and_tomorrow() {
        let now = "2026-11-22T23:30:00Z".parse::<DateTime<Utc>>().unwrap();
        let weekly = closed_hours(now)["weekly"].clone();
        assert_eq!(weekly, json!({ "wednesday": [{ "open": "09:00", "close": "17:00" }] }));
    }
}

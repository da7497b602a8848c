//! What a function writes to its log: in Lambda's JSON format, one object a line, with the ids of what it is about.
//!
//! A span carries the ids: whatever happens within it has them, however deep it happens.

use lambda_http::tracing::subscriber::filter::{FilterFn, LevelFilter, Targets, filter_fn};
use lambda_http::tracing::subscriber::layer::SubscriberExt as _;
use lambda_http::tracing::subscriber::util::SubscriberInitExt as _;
use lambda_http::tracing::subscriber::{Layer as _, fmt, registry};
use tracing::{Level, Metadata, Span};
use uuid::Uuid;

use crate::environment::LogSettings;
use crate::metrics;

mod invocation;
mod lines;

pub use invocation::InvocationSpans;
pub use lines::Lines;

/// Writes what happens in this process to its standard output from now on: in JSON with the metrics, as Lambda is set to, else as
/// text for people, without them.
pub fn init(settings: LogSettings) {
    let levels = levels(settings.level.as_deref());
    if settings.is_json {
        let lines = Lines::new(settings.function, lines::to_standard_output);
        registry().with(lines.with_filter(admitted(levels, true))).init();
    } else {
        let text = fmt::layer().with_target(false).without_time();
        registry().with(text.with_filter(admitted(levels, false))).init();
    }
}

/// Around the work on one escalation.
#[must_use]
pub fn escalation_span(escalation_id: Uuid) -> Span {
    tracing::info_span!("escalation", escalationId = %escalation_id)
}

/// Around the work for one organisation; on one escalation of it, if there is one.
#[must_use]
pub fn organisation_span(organisation_id: &str, escalation_id: Option<Uuid>) -> Span {
    let escalation_id = escalation_id.map(tracing::field::display);
    tracing::info_span!("organisation", organisationId = organisation_id, escalationId = escalation_id)
}

/// One level, or levels by target as in `RUST_LOG`.
fn levels(text: Option<&str>) -> Targets {
    let levels = text.filter(|text| !text.is_empty()).and_then(|text| text.parse().ok());
    levels.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

/// The spans that carry ids are admitted at any level; so are metrics, or never.
fn admitted(levels: Targets, has_metrics: bool) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(move |metadata| {
        if metadata.target() == metrics::TARGET {
            return has_metrics;
        }
        let carries_ids = metadata.is_span() && *metadata.level() <= Level::INFO;
        carries_ids || levels.would_enable(metadata.target(), metadata.level())
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    /// The lines that are written at a level while something is done.
    pub(crate) fn lines_of(level: Option<&str>, what: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let lines = Lines::new("case-creation".into(), move |line: &str| sink.lock().unwrap().push(line.to_owned()));
        let subscriber = registry().with(lines.with_filter(admitted(levels(level), true)));
        tracing::subscriber::with_default(subscriber, what);
        let written = written.lock().unwrap();
        written.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_the_ids_of_all_that_it_happens_in() {
        let lines = lines_of(None, || {
            let _organisation = organisation_span("acme", None).entered();
            let _escalation = escalation_span(Uuid::nil()).entered();
            tracing::warn!(error = "time-out", attempt = 2, "not closed yet");
        });
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!((&line["level"], &line["message"]), (&"WARN".into(), &"not closed yet".into()));
        assert_eq!((&line["error"], &line["attempt"]), (&"time-out".into(), &2.into()));
        assert_eq!((&line["function"], &line["organisationId"]), (&"case-creation".into(), &"acme".into()));
        assert_eq!(line["escalationId"], Uuid::nil().to_string());
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn an_organisation_s_line_names_its_escalation_if_there_is_one() {
        let lines = lines_of(None, || {
            organisation_span("acme", Some(Uuid::nil())).in_scope(|| tracing::info!("of one"));
            organisation_span("acme", None).in_scope(|| tracing::info!("of none"));
        });
        assert_eq!(lines[0]["escalationId"], Uuid::nil().to_string());
        assert!(lines[1].get("escalationId").is_none());
        assert!(lines.iter().all(|line| line["organisationId"] == "acme"));
    }

    #[test]
    fn what_happens_after_a_span_has_none_of_its_ids() {
        let lines = lines_of(None, || {
            escalation_span(Uuid::nil()).in_scope(|| tracing::info!("within"));
            tracing::info!("after");
        });
        assert_eq!(lines[0]["escalationId"], Uuid::nil().to_string());
        assert!(lines[1].get("escalationId").is_none());
    }

    #[test]
    fn a_level_is_respected_and_ids_and_metrics_are_there_at_any() {
        let speak = || {
            let _escalation = escalation_span(Uuid::nil()).entered();
            tracing::debug!("debug");
            tracing::info!("info");
            tracing::error!("error");
            crate::metrics::Metric::Accepted.record();
        };
        for (level, messages) in [
            (None, &["info", "error"][..]),
            (Some(""), &["info", "error"]),
            (Some("DEBUG"), &["debug", "info", "error"]),
            (Some("error"), &["error"]),
            (Some("off,shared=info"), &["info", "error"]),
        ] {
            let lines = lines_of(level, speak);
            let spoken: Vec<_> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
            assert_eq!(spoken, messages, "{level:?}");
            assert_eq!(lines.len(), messages.len() + 1, "{level:?}");
            assert!(lines.iter().all(|line| line["escalationId"].is_string()), "{level:?}");
        }
    }
}

//! Writes events as lines of JSON.

use std::fmt::Debug;
use std::io::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use lambda_http::tracing::subscriber::layer::{Context, Layer};
use lambda_http::tracing::subscriber::registry::{LookupSpan, Scope};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

use crate::clock::{Clock as _, SystemClock};
use crate::metrics;

/// Writes each event as one flat JSON object: time, level, function, the fields of the spans that it is in, and its own.
pub struct Lines<W> {
    function: String,
    write: W,
}

impl<W: Fn(&str)> Lines<W> {
    /// Lines of this function.
    pub fn new(function: String, write: W) -> Self {
        Self { function, write }
    }

    fn line(&self, event: &Event<'_>, spans: Vec<Map<String, Value>>, now: DateTime<Utc>) -> Map<String, Value> {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line: Map<_, _> = spans.into_iter().flatten().chain(fields.0).collect();
        line.insert("timestamp".into(), now.to_rfc3339_opts(SecondsFormat::Millis, true).into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("function".into(), self.function.as_str().into());
        if event.metadata().target() == metrics::TARGET { metrics::embed(line, now) } else { line }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let spans = context.event_scope(event).into_iter().flat_map(Scope::from_root);
        let spans = spans.filter_map(|span| span.extensions().get::<Fields>().map(|fields| fields.0.clone())).collect();
        let line = self.line(event, spans, SystemClock::default().now());
        (self.write)(&Value::Object(line).to_string());
    }
}

/// A log that can't be written must not stop the function.
pub(super) fn to_standard_output(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Fields of a span or of an event, by name.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

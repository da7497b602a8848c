//! What the functions print.

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

const LINES_KEPT: usize = 10_000;

/// The last 10,000 lines of each function, from standard output and standard error.
#[derive(Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<HashMap<String, VecDeque<String>>>>,
    verbose: bool,
}

impl Log {
    /// An empty log, which copies each line to standard error if `verbose`, but for the metrics: those are not for people.
    pub(super) fn new(verbose: bool) -> Self {
        Self { lines: Arc::default(), verbose }
    }

    pub(super) fn lines(&self, function: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get(function).map(|lines| lines.iter().cloned().collect()).unwrap_or_default()
    }

    /// Copies lines until the source ends.
    pub(super) async fn follow(self, function: String, source: impl AsyncRead + Unpin) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.read_until(b'\n', &mut line).await.is_ok_and(|bytes| bytes > 0) {
            self.push(&function, String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    }

    fn push(&self, function: &str, line: String) {
        if self.verbose && !is_metric(&line) {
            // A closed terminal must not stop the function.
            drop(writeln!(std::io::stderr(), "{function}  {line}"));
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = lines.entry(function.to_owned()).or_default();
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Whether a line is in `CloudWatch`'s embedded metric format.
fn is_metric(line: &str) -> bool {
    line.starts_with('{') && line.contains(r#""_aws":{"CloudWatchMetrics""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_from_what_people_read() {
        let metric = r#"{"Stuck":1.0,"_aws":{"CloudWatchMetrics":[],"Timestamp":1}}"#;
        assert!(is_metric(metric));
        for line in [r#"{"level":"WARN","message":"hint not sent"}"#, &format!("panicked at {metric}"), ""] {
            assert!(!is_metric(line), "{line}");
        }
    }
}

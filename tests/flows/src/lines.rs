//! The lines that the functions have logged, in JSON.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::system::{FUNCTIONS, System};

/// What a function has written by then does not come.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

impl System {
    /// What a function has logged so far, but for the last words of a process that was ended, which are not the function's. Fails if a
    /// line that begins as an object is none.
    pub fn lines(&self, function: &str) -> anyhow::Result<Vec<Value>> {
        let lines = self.stack.lambda().logs(function).into_iter().filter(|line| line.starts_with('{'));
        lines.map(|line| serde_json::from_str(&line).with_context(|| format!("{function}: {line}"))).collect()
    }

    /// The lines of all functions that are figures for `CloudWatch`.
    pub fn figures(&self) -> anyhow::Result<Vec<Value>> {
        let lines: Vec<_> = FUNCTIONS.into_iter().map(|function| self.lines(function)).collect::<Result<_, _>>()?;
        Ok(lines.into_iter().flatten().filter(|line| line.get("_aws").is_some()).collect())
    }

    /// Waits until something can be read from what was logged: a line is read a little later than it is written.
    pub async fn until_logged<T>(&self, read: impl Fn(&Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
        loop {
            match read(self) {
                Err(_) if tokio::time::Instant::now() < deadline => tokio::time::sleep(POLL).await,
                outcome => return outcome,
            }
        }
    }
}

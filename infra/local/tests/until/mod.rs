//! Waiting for a condition instead of a time.

use std::time::{Duration, Instant};

/// Waits until the condition holds, which it must within 30 s.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "the awaited did not come");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

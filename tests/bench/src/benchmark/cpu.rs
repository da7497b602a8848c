//! CPU time of a process, from the scheduler's own statistics, which are in nanoseconds; the sums of `/proc/*/stat` are in
//! hundredths of a second.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// The CPU time that each thread of a process has had at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuTimes(HashMap<String, Duration>);

impl CpuTimes {
    /// Now. A thread that has ended since is not in it.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let mut times = HashMap::new();
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let thread = thread?;
            // It may end meanwhile.
            let Ok(statistics) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            times.insert(thread.file_name().to_string_lossy().into_owned(), on_cpu(&statistics)?);
        }
        Ok(Self(times))
    }

    /// What all threads have had since then. Those that ended meanwhile had been idle for long, and are left out.
    pub(super) fn since(&self, before: &Self) -> Duration {
        let had = |thread| before.0.get(thread).copied().unwrap_or_default();
        self.0.iter().map(|(thread, time)| time.saturating_sub(had(thread))).sum()
    }
}

/// The first of three numbers.
fn on_cpu(statistics: &str) -> anyhow::Result<Duration> {
    let nanoseconds = statistics.split_whitespace().next().context("no statistics of the scheduler")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    fn times(threads: &[(&str, u64)]) -> CpuTimes {
        CpuTimes(threads.iter().map(|(thread, ms)| ((*thread).to_owned(), Duration::from_millis(*ms))).collect())
    }

    #[test]
    fn new_threads_count_and_ended_ones_take_nothing_away() {
        let before = times(&[("1", 100), ("2", 50)]);
        let after = times(&[("1", 130), ("3", 7)]);
        assert_eq!(after.since(&before), Duration::from_millis(37));
    }

    #[test]
    fn the_first_number_is_the_time_on_a_cpu() {
        assert_eq!(on_cpu("2500000 71 9\n").unwrap(), Duration::from_micros(2_500));
        assert!(on_cpu("").is_err());
    }

    #[test]
    fn work_takes_cpu_time() {
        let before = CpuTimes::of(std::process::id()).unwrap();
        while CpuTimes::of(std::process::id()).unwrap().since(&before) < Duration::from_millis(5) {
            black_box((0..100_000_u64).fold(0, |sum, number| sum ^ black_box(number)));
        }
    }
}

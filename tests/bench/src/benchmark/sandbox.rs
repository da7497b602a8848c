//! One process of a function with a Runtime API of its own, watched from its start to its end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::body::Bytes;
use local::Server;
use serde_json::{Deserializer, Value};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::cpu::CpuTimes;
use super::runtime_api::{Exchange, Reply, router};

/// No answer takes longer, however large its event and busy the machine.
const LONGEST: Duration = Duration::from_mins(2);

/// What is run.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) file: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<String, String>,
    /// In which it is run.
    pub(super) folder: PathBuf,
}

/// A running process. It is killed when this value is dropped.
pub(super) struct Sandbox {
    child: Child,
    pid: u32,
    exchange: Exchange,
    _server: Server,
}

/// An answer, and what it took.
pub(super) struct Answered {
    /// The answer; of a stream, what it begins with.
    pub(super) answer: Value,
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
}

impl Sandbox {
    /// Starts a process and hands it its first event; the time is that from its start.
    ///
    /// Fails if the function fails.
    pub(super) async fn first(program: &Program, event: Bytes) -> anyhow::Result<(Self, Answered)> {
        let (exchange, router) = router();
        let (server, url) = Server::on_loopback(router).await?;
        let answer = exchange.give(event)?;
        let mut command = Command::new(&program.file);
        command.args(&program.arguments).env_clear().envs(&program.environment).current_dir(&program.folder);
        command.env("AWS_LAMBDA_RUNTIME_API", url.trim_start_matches("http://"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot run {}", program.file.display()))?;
        let pid = child.id().context("no process")?;
        let sandbox = Self { child, pid, exchange, _server: server };
        let answer = sandbox.answer(answer, program).await?;
        let answered = Answered { answer, elapsed: began.elapsed(), cpu: sandbox.cpu()?.since(&CpuTimes::default()) };
        Ok((sandbox, answered))
    }

    /// Hands the process another event.
    ///
    /// Fails if the function fails.
    pub(super) async fn next(&self, program: &Program, event: Bytes) -> anyhow::Result<Answered> {
        let before = self.cpu()?;
        let began = Instant::now();
        let answer = self.exchange.give(event)?;
        let answer = self.answer(answer, program).await?;
        let elapsed = began.elapsed();
        Ok(Answered { answer, elapsed, cpu: self.cpu()?.since(&before) })
    }

    /// CPU time of all its threads so far.
    pub(super) fn cpu(&self) -> anyhow::Result<CpuTimes> {
        CpuTimes::of(self.pid)
    }

    /// The most memory that it has had so far, in bytes.
    pub(super) fn peak_memory(&self) -> anyhow::Result<u64> {
        peak_memory(&std::fs::read_to_string(format!("/proc/{}/status", self.pid))?)
    }

    /// Ends the process, and waits until it is gone.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn answer(&self, answer: Reply, program: &Program) -> anyhow::Result<Value> {
        let name = program.file.display();
        let answer = timeout(LONGEST, answer).await.with_context(|| format!("{name} does not answer"))??;
        let answer = answer.map_err(|error| anyhow::anyhow!("{name}: {}", String::from_utf8_lossy(&error)))?;
        let answer = Deserializer::from_slice(&answer).into_iter::<Value>().next().context("an empty answer")??;
        let is_success = answer["statusCode"].as_u64().is_none_or(|status| (200..300).contains(&status));
        ensure!(is_success, "{name}: {answer}");
        Ok(answer)
    }
}

fn peak_memory(status: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_high_water_mark_of_the_resident_set() {
        let status = "Name:\tx\nVmPeak:\t  9999 kB\nVmHWM:\t    8192 kB\nVmRSS:\t 4096 kB\n";
        assert_eq!(peak_memory(status).unwrap(), 8 * 1024 * 1024);
        assert!(peak_memory("Name:\tx\n").is_err());
    }

    #[tokio::test]
    async fn a_program_that_ends_without_an_answer_is_told() {
        let file = "/does/not/exist".into();
        let program = Program { file, arguments: Vec::new(), environment: BTreeMap::new(), folder: "/".into() };
        let error = Sandbox::first(&program, Bytes::from_static(b"{}")).await.err().unwrap();
        assert!(error.to_string().contains("/does/not/exist"), "{error}");
    }
}

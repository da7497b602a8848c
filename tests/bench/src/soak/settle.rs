//! Nothing goes wrong any more, and time goes on until everything has its outcome.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use flows::{System, send};
use reqwest::Method;
use salesforce_simulator::{EndedBy, SessionStatus};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::organisation::{ALL, GUEST_TOKEN_SECONDS};

/// What has no outcome by then has none.
const LONGEST: Duration = Duration::from_mins(15);
/// What runs longer has gone wrong.
const LONGEST_RUN: Duration = Duration::from_mins(2);
/// After everything has its outcome: what would make something twice has happened by then, and the last guest's token has run out, so that
/// a conversation of which it was refused before its time is given up.
const MINUTES_AFTER: u32 = GUEST_TOKEN_SECONDS / 60 + 15;
/// Between two lines that tell how far it is.
const PROGRESS_MINUTES: u32 = 15;

/// How long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    /// Minutes of the functions' and Salesforce's clock.
    pub(crate) minutes: u32,
    pub(crate) took: Duration,
}

/// Ends what agents have not ended, and lets time pass, minute by minute.
pub(crate) async fn settle(system: &System, output: &mut (impl Write + Send)) -> anyhow::Result<Settling> {
    let began = Instant::now();
    let (mut minutes, mut quiet) = (0, 0);
    let _nothing_was_held = system.salesforce().release();
    while quiet < MINUTES_AFTER && began.elapsed() < LONGEST {
        agents_end(system);
        // What does not end is found by the verdict.
        drop(timeout(LONGEST_RUN, system.recover()).await);
        let open = open(system).await?;
        quiet = if open == 0 { quiet + 1 } else { 0 };
        if minutes % PROGRESS_MINUTES == 0 || quiet == 1 {
            writeln!(output, "{minutes} minutes later {open} have no outcome")?;
        }
        system.read_logs();
        system.pass_time(60);
        minutes += 1;
    }
    Ok(Settling { minutes, took: began.elapsed() })
}

/// Agents who are still there have nothing more to say.
fn agents_end(system: &System) {
    for organisation in ALL {
        for conversation in system.salesforce().conversations(organisation.id) {
            if !conversation.agents().is_empty() && conversation.session_status() != SessionStatus::Ended {
                // It is there: it was read a moment ago.
                let _is_there =
                    system.salesforce().end_session(organisation.id, &conversation.id, EndedBy::Agent, true);
            }
        }
    }
}

async fn open(system: &System) -> anyhow::Result<usize> {
    let mut open = 0;
    for organisation in ALL {
        open += list(system, organisation.id, "open").await?.len();
    }
    Ok(open)
}

/// All escalations of an organisation, of a status or, if it is empty, of all.
pub(crate) async fn list(system: &System, organisation: &str, status: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let filter = if status.is_empty() { String::new() } else { format!("&status={status}") };
        let path = format!("/v1/organisations/{organisation}/escalations?limit=100{filter}{cursor}");
        let mut page = send(system.request(Method::GET, &path)).await?.expect_status(200)?.body;
        all.append(page["escalations"].as_array_mut().context("no list")?);
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

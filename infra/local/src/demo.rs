//! The demo: the samples of `events/` in four organisations, with a simulated agent and a simulated flow.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, stream};
use salesforce_simulator::Conversation;
use serde_json::Value;

use crate::lambda::BUILD_TIME;
use crate::stack::{Options, Stack};

pub(crate) mod api;
mod line;
pub(crate) mod organisation;
mod sample;
mod scene;

use api::Api;
use organisation::{LONGEST_WAIT_MINUTES, ORGANISATIONS, Salesforce};
use sample::Samples;
use scene::Scene;

/// How long a scene may take, beside recovery's ticks and builds.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks at an escalation.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The longest wait of the scene in which nobody answers.
const SKIPPED: Duration = Duration::from_mins(LONGEST_WAIT_MINUTES as u64);

/// Makes the organisations, plays the scenes and writes one line about each.
///
/// A customer whom nobody answers waits for at least a minute. That minute is skipped: the clock of the functions and of Salesforce
/// is moved by it, when all other scenes are over, and stays so, since time must not run backwards. The line tells the time that
/// the customer would have waited. `cargo lambda watch` has no clock that can be moved, so that this scene is left out with it.
///
/// Fails if the API refuses something, or if a scene does not end as it should; then its escalation's timeline is written too.
pub(crate) async fn play(stack: &Stack, options: &Options, output: &mut (impl Write + Send)) -> anyhow::Result<()> {
    let stage = Stage::new(stack, options)?;
    let samples = Samples::load()?;
    let now = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(options.clock_offset_seconds);
    let salesforce = Salesforce::of(stack.simulator());
    try_join_all(ORGANISATIONS.map(|organisation| organisation.set_up(&stage.api, &salesforce, now))).await?;
    writeln!(output, "{}", line::heading())?;
    let mut unexpected = stage.play_all(&samples, output).await?;
    if options.watch {
        writeln!(output, "(Left out: nobody answers. With --watch, the functions' clock can't be moved.)")?;
    } else {
        unexpected += usize::from(!stage.play_longest_wait(&samples, options, output).await?);
    }
    ensure!(
        unexpected == 0,
        "{unexpected} of the demo's escalations ended otherwise than expected; --verbose shows what the functions say"
    );
    Ok(())
}

struct Stage<'a> {
    stack: &'a Stack,
    api: Api,
    patience: Duration,
}

/// A scene whose escalation is accepted.
struct Begun {
    scene: Scene,
    escalation_id: String,
    at: Instant,
}

/// A scene that is over, or has taken too long.
struct Ended {
    scene: Scene,
    escalation: Value,
    conversation: Option<Conversation>,
    took: Duration,
}

impl<'a> Stage<'a> {
    fn new(stack: &'a Stack, options: &Options) -> anyhow::Result<Self> {
        let builds = if options.watch { BUILD_TIME } else { Duration::ZERO };
        let ticks = options.tick.unwrap_or_default().saturating_mul(2);
        let patience = ticks.saturating_add(PATIENCE + builds);
        Ok(Self { stack, api: Api::new(stack.api_url(), patience)?, patience })
    }

    /// Begins one scene after the other, since a script is the org's until a conversation is opened, and awaits their ends together.
    /// Returns how many did not end as they should.
    async fn play_all(&self, samples: &Samples, output: &mut (impl Write + Send)) -> anyhow::Result<usize> {
        let scenes = scene::scenes(samples);
        let count = scenes.len();
        let begun = stream::iter(scenes).then(|scene| self.begin(scene));
        let mut ended = std::pin::pin!(begun.map(async |begun| self.end(begun?).await).buffered(count));
        let mut unexpected = 0;
        while let Some(ended) = ended.next().await {
            unexpected += usize::from(!tell(&ended?, output)?);
        }
        Ok(unexpected)
    }

    /// Returns whether it ended as it should.
    async fn play_longest_wait(
        &self,
        samples: &Samples,
        options: &Options,
        output: &mut (impl Write + Send),
    ) -> anyhow::Result<bool> {
        let begun = self.begin(scene::nobody_answers(samples)).await?;
        self.stack.set_clock_offset(options.clock_offset_seconds + i64::try_from(SKIPPED.as_secs())?);
        let mut ended = self.end(begun).await?;
        ended.took += SKIPPED;
        let is_expected = tell(&ended, output)?;
        writeln!(
            output,
            "(Nobody waited for the last one: a minute was skipped, by which the functions' clock stays ahead.)"
        )?;
        Ok(is_expected)
    }

    async fn begin(&self, scene: Scene) -> anyhow::Result<Begun> {
        let (at, organisation) = (Instant::now(), scene.organisation.id);
        self.stack.simulator().handle().set_script(organisation, scene.script.clone());
        let accepted = self.api.escalate(organisation, &scene.body).await;
        let escalation_id = accepted.with_context(|| scene.name)?;
        Ok(Begun { scene, escalation_id, at })
    }

    async fn end(&self, Begun { scene, escalation_id, at }: Begun) -> anyhow::Result<Ended> {
        let organisation = scene.organisation.id;
        let mut escalation = self.api.escalation(organisation, &escalation_id).await?;
        while !scene.is_over(&escalation) && at.elapsed() < self.patience {
            tokio::time::sleep(LOOK_EVERY).await;
            escalation = self.api.escalation(organisation, &escalation_id).await?;
        }
        let conversation = self.stack.simulator().handle().conversation(organisation, &escalation_id);
        Ok(Ended { scene, escalation, conversation, took: at.elapsed() })
    }
}

/// Writes what became of a scene, with the timeline if that is not as it should be. Returns whether it is.
fn tell(ended: &Ended, output: &mut impl Write) -> anyhow::Result<bool> {
    let Ended { scene, escalation, conversation, took } = ended;
    writeln!(output, "{}", line::line(scene, escalation, conversation.as_ref(), *took))?;
    let is_expected = scene.is_as_expected(escalation);
    if !is_expected {
        write!(output, "  expected: {}\n{}", scene.expectation(), line::timeline(escalation))?;
    }
    Ok(is_expected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: &str) -> (bool, String) {
        let scene = scene::nobody_answers(&Samples::load().unwrap());
        let decision = json!({ "route": "messaging", "reason": "withinBusinessHours" });
        let timeline = json!([{ "at": "2026-11-22T20:00:00Z", "event": "messagingStarted", "detail": null }]);
        let escalation = json!({ "status": status, "by": "us", "reason": "longestWait", "decision": decision, "timeline": timeline });
        let ended = Ended { scene, escalation, conversation: None, took: Duration::from_millis(61_500) };
        let mut output = Vec::new();
        let is_expected = tell(&ended, &mut output).unwrap();
        (is_expected, String::from_utf8(output).unwrap())
    }

    #[test]
    fn an_expected_end_is_one_line() {
        let (is_expected, text) = told("caseCreated");
        assert!(is_expected && text.ends_with("61.5 s\n"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn another_end_is_told_with_the_expected_one_and_the_timeline() {
        let (is_expected, text) = told("waiting");
        let expected = "  expected: messaging (withinBusinessHours), caseCreated by us (longestWait)\n\
                        \x20   2026-11-22T20:00:00Z      messagingStarted\n";
        assert!(!is_expected && text.ends_with(expected), "{text}");
    }
}

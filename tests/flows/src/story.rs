//! What happens to a live conversation, told again and again while the process of a function is killed at each of its outside calls.

use salesforce_simulator::Script;
use serde_json::Value;

use crate::gate::Cut;
use crate::system::System;
use crate::watched::Watched;

/// What is done with a conversation before the kill is set up, and what then makes the function work.
pub trait Story {
    /// How often the function calls, at the least.
    const CALLS: usize;

    /// A conversation at the point at which the function has something to do; its escalation's id.
    fn begin(&self, system: &System, name: &str) -> impl Future<Output = anyhow::Result<Option<String>>>;

    /// Makes the function work once.
    fn work(&self, system: &System, name: &str, id: Option<String>) -> impl Future<Output = anyhow::Result<String>>;

    /// The outcome, after recovery had time to drive it on.
    fn outcome(&self, system: &System, id: &str) -> impl Future<Output = anyhow::Result<Value>>;
}

/// Plays a story of the organisation `acme` once for each call and each side of it, from the first call until the function makes no
/// more.
///
/// # Errors
/// An outcome is another one; a conversation was left open, or something is there twice.
pub async fn survives_every_kill<S: Story>(function: &'static str, story: S) -> anyhow::Result<()> {
    let watched = watched(function).await?;
    for call in 1.. {
        let mut was_made = false;
        for cut in [Cut::Before, Cut::After] {
            let name = format!("{call}-{cut:?}");
            let told = tell(&watched, &story, &name, call, cut).await;
            was_made |= told.map_err(|error| error.context(format!("killed {cut:?} call {call} of {function}")))?;
        }
        if !was_made {
            anyhow::ensure!(call > S::CALLS, "{function} made only {} calls", call - 1);
            break;
        }
    }
    watched.system.nothing_is_left_open_or_doubled("acme").await
}

/// Tells it once. Whether the function made so many calls.
async fn tell<S: Story>(watched: &Watched, story: &S, name: &str, call: usize, cut: Cut) -> anyhow::Result<bool> {
    let id = story.begin(&watched.system, name).await?;
    watched.kill_at(call, cut);
    let id = story.work(&watched.system, name, id).await?;
    let was_made = watched.steps.spare() >= call;
    story.outcome(&watched.system, &id).await?;
    Ok(was_made)
}

/// A watched system whose organisation has its org, and its live conversations, behind the function's gate.
async fn watched(function: &'static str) -> anyhow::Result<Watched> {
    let watched = Watched::start(function).await?;
    let host = watched.salesforce_host().to_owned();
    watched.system.live_organisation_at("acme", "fullviewFlow", Script::default(), &host).await?;
    watched.system.salesforce().change_messaging("acme", |messaging| messaging.token_lifetime_seconds = 3_600);
    Ok(watched)
}

//! What happens to a conversation in Salesforce.

use std::time::Duration;

use flows::System;
use salesforce_simulator::Action;
use tokio::time::{Instant, sleep};

/// A conversation that is not open by then is not attended.
const LONGEST_START: Duration = Duration::from_mins(3);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Waits for the conversation of an escalation, and does to it what is planned.
pub(crate) async fn attend(system: &System, organisation: &str, id: &str, actions: &[(Duration, Action)]) {
    let began = Instant::now();
    while !actions.is_empty() && system.conversation(organisation, id).is_err() {
        if began.elapsed() > LONGEST_START {
            return;
        }
        sleep(LOOK_AGAIN).await;
    }
    for (pause, action) in actions {
        sleep(*pause).await;
        // What can't be done to a conversation that is over does nothing.
        let _does_something = system.salesforce().play(organisation, id, action.clone());
    }
}

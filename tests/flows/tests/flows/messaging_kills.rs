//! The process of each function that works on a live conversation is killed before and after each of its outside calls; the outcome
//! is the same, and nothing is there twice.

use flows::{Story, System, conversation, events, long_conversation, survives_every_kill};
use salesforce_simulator::{EndedBy, Role};
use serde_json::{Value, json};

/// A long conversation is opened, and its context is two messages and a file.
struct Opening;

impl Story for Opening {
    const CALLS: usize = 10;

    async fn begin(&self, _: &System, _: &str) -> anyhow::Result<Option<String>> {
        Ok(None)
    }

    async fn work(&self, system: &System, name: &str, _: Option<String>) -> anyhow::Result<String> {
        system.start_live("acme", &long_conversation(name, 60, 300)).await
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        for _ in 0..6 {
            let escalation = system.escalation("acme", id).await?;
            if events(&escalation).contains(&"contextSent") {
                break;
            }
            system.pass_time(30);
            system.recover().await;
        }
        let escalation = system.escalation("acme", id).await?;
        let opened = system.conversation("acme", id)?;
        assert_eq!(escalation["status"], "waiting", "{escalation}");
        assert_eq!(events(&escalation).iter().filter(|event| **event == "contextSent").count(), 1, "{escalation}");
        assert_eq!((opened.sessions.len(), opened.messages().count()), (1, 3), "{:?}", opened.texts_of(Role::EndUser));
        system.salesforce().join_agent("acme", id, "Grace Hopper")?;
        system.look_after(10, "acme", id).await?;
        system.salesforce().end_session("acme", id, EndedBy::Agent, true)?;
        system.look_after(10, "acme", id).await
    }
}

#[tokio::test]
async fn messaging_session_start_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("messaging-session-start", Opening).await
}

/// A look renews the token, reads that the agent has come and ended it, and closes it.
struct LastLook;

impl Story for LastLook {
    const CALLS: usize = 12;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        let id = system.start_live("acme", &conversation(name)).await?;
        system.salesforce().join_agent("acme", &id, "Grace Hopper")?;
        assert_eq!(system.look_after(10, "acme", &id).await?["status"], "active");
        system.salesforce().end_session("acme", &id, EndedBy::Agent, true)?;
        system.pass_time(41 * 60);
        Ok(Some(id))
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        let hint = json!({ "escalationId": id }).to_string();
        system.stack.lambda().invoke_event("escalation-recovery", hint.into())?;
        system.settle().await;
        Ok(id.unwrap_or_default())
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        system.recover_until("acme", id, "ended").await?;
        system.pass_minutes(2).await;
        let escalation = system.escalation("acme", id).await?;
        let story = ["agentJoined", "agentLeft", "ended", "conversationClosed"];
        assert_eq!((&escalation["by"], &events(&escalation)[4..]), (&"agent".into(), &story[..]), "{escalation}");
        assert!(!system.conversation("acme", id)?.is_open);
        Ok(escalation)
    }
}

#[tokio::test]
async fn escalation_recovery_may_be_killed_anywhere_in_a_look() -> anyhow::Result<()> {
    survives_every_kill("escalation-recovery", LastLook).await
}

/// A conversation that nobody took is closed, read to its end, and made a Case.
struct Rescue;

impl Story for Rescue {
    const CALLS: usize = 12;

    async fn begin(&self, system: &System, name: &str) -> anyhow::Result<Option<String>> {
        let id = system.start_live("acme", &conversation(name)).await?;
        system.pass_time(20 * 60);
        system.stack.lambda().lose_events(Some("case-creation"), 1);
        assert_eq!(system.look_after(0, "acme", &id).await?["status"], "creatingCase");
        system.pass_time(60);
        Ok(Some(id))
    }

    async fn work(&self, system: &System, _: &str, id: Option<String>) -> anyhow::Result<String> {
        system.recover().await;
        Ok(id.unwrap_or_default())
    }

    async fn outcome(&self, system: &System, id: &str) -> anyhow::Result<Value> {
        let escalation = system.recover_until("acme", id, "caseCreated").await?;
        assert_eq!((&escalation["reason"], &escalation["by"]), (&"longestWait".into(), &"us".into()), "{escalation}");
        assert!(!system.conversation("acme", id)?.is_open, "closed before the Case was made: {escalation}");
        Ok(escalation)
    }
}

#[tokio::test]
async fn case_creation_of_a_rescued_conversation_may_be_killed_anywhere() -> anyhow::Result<()> {
    survives_every_kill("case-creation", Rescue).await
}

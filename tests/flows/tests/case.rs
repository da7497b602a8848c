//! An escalation becomes a Case.

use flows::{System, conversation};

#[tokio::test]
async fn an_escalation_becomes_one_case_with_the_conversation() -> anyhow::Result<()> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let escalation = system.escalate_and_settle("acme", &conversation("c1")).await?;
    println!("{escalation:#}");
    assert_eq!(escalation["status"], "caseCreated");
    Ok(())
}

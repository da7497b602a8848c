//! A test fails if a function prints what must stay secret, or answers with it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flows::{FUNCTIONS, System, conversation};
use local::{Options, build_folder, build_functions};
use salesforce_simulator::Script;
use tempfile::TempDir;

/// Functions, of which one prints a line before it starts.
fn talkative(function: &str, line: &str) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for name in FUNCTIONS {
        let (own, real) = (folder.path().join(name), build_folder().join(name));
        if name == function {
            fs::write(&own, format!("#!/bin/sh\necho '{line}'\nexec '{}'\n", real.display()))?;
            fs::set_permissions(&own, Permissions::from_mode(0o755))?;
        } else {
            symlink(real, own)?;
        }
    }
    Ok(folder)
}

/// A system in which a function prints a line.
async fn printing(function: &str, line: &str) -> anyhow::Result<(System, TempDir)> {
    build_functions().await?;
    let folder = talkative(function, line)?;
    let options = Options { binaries: folder.path().to_owned(), ..Options::default() };
    Ok((System::start_with(options).await?, folder))
}

/// A system in which case-creation has printed a line, and an escalation has become a Case.
async fn system_that_prints(line: &str) -> anyhow::Result<System> {
    let (system, _folder) = printing("case-creation", line).await?;
    system.organisation("acme").await?;
    system.escalate_and_settle("acme", &conversation("c1")).await?;
    Ok(system)
}

#[tokio::test]
async fn a_test_fails_if_a_function_prints_what_a_customer_said_and_does_not_repeat_it() -> anyhow::Result<()> {
    let system = system_that_prints(r#"{"level":"INFO","message":"mail to ada@example.com"}"#).await?;
    let leaks = system.leaks();
    let told =
        "line 1 of the log of case-creation tells /customer/email that was sent to /v1/organisations/acme/escalations";
    assert!(leaks.len() == 1 && leaks[0].starts_with(told), "{leaks:?}");
    let failed = catch_unwind(AssertUnwindSafe(|| drop(system)));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains(told) && !message.contains("ada"), "{message}");
    Ok(())
}

#[tokio::test]
async fn tokens_that_salesforce_gave_are_secrets() -> anyhow::Result<()> {
    for token in ["00D002000000001!AbCd", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30"] {
        let system = system_that_prints(&format!("token {token}")).await?;
        assert_eq!(system.leaks().len(), 1, "{token}");
        assert!(catch_unwind(AssertUnwindSafe(|| drop(system))).is_err(), "{token}");
    }
    Ok(())
}

#[tokio::test]
async fn a_line_that_tells_nothing_does_not_fail_a_test() -> anyhow::Result<()> {
    assert_eq!(system_that_prints("Ada of acme has c1").await?.leaks(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_agent_s_words_and_a_customer_s_file_are_secrets_too() -> anyhow::Result<()> {
    for line in
        ["said: the bank owes you something", "Grace Hopper came", "got STATEMENT.pdf", "read what i owe to the bank"]
    {
        let (system, _folder) = printing("settings", line).await?;
        system.live_organisation("acme", "fullviewFlow", Script::agent_joins("Grace Hopper")).await?;
        let chat = system.open_chat("acme", &conversation("c1")).await?;
        let mut events = chat.connect(None).await?;
        events.until_status("active").await?;
        chat.send_file("f1", ("statement.pdf", "application/pdf"), b"What I owe to the bank".to_vec()).await?;
        system.salesforce().agent_says("acme", &chat.id, "The bank owes you something")?;
        events.until_text("The bank owes you something").await?;
        assert!(!system.leaks().is_empty(), "{line}");
        assert!(catch_unwind(AssertUnwindSafe(|| drop(system))).is_err());
    }
    Ok(())
}

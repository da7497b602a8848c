//! What an invocation reads ahead is what is stored, or was a moment ago; nobody overwrites what has changed since.

use chrono::{DateTime, TimeDelta};
use flows::{System, conversation};
use shared::escalation::Escalation;
use shared::store::{Change, Needed, NotBefore, Store};
use uuid::Uuid;

/// So far away that it does not pass meanwhile.
const LATER: i64 = 4_000_000_000;

async fn with_case() -> anyhow::Result<(System, Uuid)> {
    let system = System::start().await?;
    system.organisation("acme").await?;
    let id = system.accept("acme", &conversation("one")).await?.parse()?;
    system.settle().await;
    Ok((system, id))
}

async fn leave_alone(store: &Store, failures: u32) -> anyhow::Result<NotBefore> {
    let at = DateTime::from_timestamp(LATER + i64::from(failures), 0).unwrap();
    let not_before = NotBefore { at, failures };
    store.put_not_before("acme", not_before).await?;
    Ok(not_before)
}

/// A change that can be made again and again.
fn update(escalation: &mut Escalation) -> bool {
    escalation.updated_at += TimeDelta::seconds(1);
    true
}

fn revision(change: &Change) -> u64 {
    let Change::Saved(escalation) = change else { panic!("not saved") };
    escalation.revision
}

#[tokio::test]
async fn what_was_read_ahead_is_told_once_and_then_what_is_stored_by_then() -> anyhow::Result<()> {
    let (system, _) = with_case().await?;
    let store = system.store();
    let first = leave_alone(&store, 1).await?;
    let ahead = store.read_ahead(&[Needed::NotBefore("acme"), Needed::NotBefore("nobody")]).await?;
    let second = leave_alone(&store, 2).await?;
    assert_eq!(ahead.not_before("acme").await?, Some(first));
    assert_eq!(ahead.not_before("acme").await?, Some(second));
    assert_eq!(ahead.not_before("nobody").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_was_not_there_is_looked_for_when_it_is_asked_for_again() -> anyhow::Result<()> {
    let (system, _) = with_case().await?;
    let store = system.store();
    let ahead = store.read_ahead(&[Needed::NotBefore("acme")]).await?;
    let stored = leave_alone(&store, 1).await?;
    assert_eq!(ahead.not_before("acme").await?, None);
    assert_eq!(ahead.not_before("acme").await?, Some(stored));
    Ok(())
}

#[tokio::test]
async fn a_change_of_what_was_read_ahead_begins_again_if_somebody_else_has_written() -> anyhow::Result<()> {
    let (system, id) = with_case().await?;
    let store = system.store();
    let ahead = store.read_ahead(&[Needed::Escalation(id)]).await?;
    let by_another = revision(&store.change(id, update).await?);
    assert_eq!(revision(&ahead.change(id, update).await?), by_another + 1);
    Ok(())
}

#[tokio::test]
async fn an_invocation_knows_what_it_has_written_until_somebody_else_writes() -> anyhow::Result<()> {
    let (system, id) = with_case().await?;
    let store = system.store();
    let ahead = store.read_ahead(&[Needed::Escalation(id)]).await?;
    let own = revision(&ahead.change(id, update).await?);
    assert_eq!(revision(&ahead.change(id, update).await?), own + 1);
    assert_eq!(revision(&store.change(id, update).await?), own + 2);
    assert_eq!(revision(&ahead.change(id, update).await?), own + 3);
    Ok(())
}

#[tokio::test]
async fn who_declines_by_what_the_invocation_knows_looks_at_what_is_stored() -> anyhow::Result<()> {
    let (system, id) = with_case().await?;
    let store = system.store();
    let ahead = store.read_ahead(&[Needed::Escalation(id)]).await?;
    let own = revision(&ahead.change(id, update).await?);
    let by_another = revision(&store.change(id, update).await?);
    let only_after_another = |escalation: &mut Escalation| escalation.revision > own && update(escalation);
    assert_eq!(revision(&ahead.change(id, only_after_another).await?), by_another + 1);
    Ok(())
}

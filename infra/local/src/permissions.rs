//! `cargo run --bin permissions FILE`: whether the functions need in AWS what the template grants them, and nothing else.
//!
//! FILE is what a test run with `RECORD_PERMISSIONS=FILE` has written.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use local::{PermissionRecord, granted_permissions};

#[expect(clippy::print_stdout, reason = "it is a command")]
fn main() -> anyhow::Result<()> {
    let file = std::env::args_os().nth(1).map(PathBuf::from).context("usage: permissions FILE")?;
    let (record, granted) = (PermissionRecord::read(&file)?, granted_permissions()?);
    for permission in &record.needed {
        println!("{permission}");
    }
    let faults = record.faults(&granted);
    ensure!(faults.is_empty(), "{}", Vec::from_iter(faults).join("\n"));
    println!("each of the {} permissions is needed, and none is missing", granted.len());
    println!("named apart, since no test calls them: KMS (`UseOfKey…`), X-Ray and logs (SAM's and AWS's own policies)");
    Ok(())
}

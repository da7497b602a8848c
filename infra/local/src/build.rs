//! The functions' binaries.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tokio::process::Command;

/// The root of the workspace.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folder that Cargo puts binaries into, as seen from a binary, an example or a test in it.
#[must_use]
pub fn build_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let nested = folder.ends_with("deps") || folder.ends_with("examples");
    if nested { folder.parent().unwrap_or(folder) } else { folder }.to_owned()
}

/// Builds all binaries of the workspace into [`build_folder`], in the profile of the running program.
///
/// Cargo resolves features for the whole workspace, as it does for `cargo run --bin local`, so that nothing is compiled twice.
pub async fn build_functions() -> anyhow::Result<()> {
    let folder = build_folder();
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--bins", "--profile", profile]).current_dir(WORKSPACE);
    command.arg("--target-dir").arg(folder.parent().unwrap_or(&folder));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_one_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let status = command.status().await.with_context(|| format!("cannot run {}", cargo.display()))?;
    ensure!(status.success(), "the functions do not compile");
    Ok(())
}

/// Whether `cargo run` set this variable for the program that it runs. Build scripts that look at it would run again.
fn is_of_one_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

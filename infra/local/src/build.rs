//! The functions' binaries.

use std::ffi::{OsStr, OsString};
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
    build(&profile(), &["--bins".to_owned()]).await
}

/// Builds some binaries of the workspace in a profile, such as `release`, beside [`build_folder`], and returns their folder.
pub async fn build_binaries(profile: &str, names: &[&str]) -> anyhow::Result<PathBuf> {
    let names: Vec<_> = names.iter().map(|name| format!("--bin={name}")).collect();
    build(profile, &names).await?;
    let folder = build_folder().with_file_name(if profile == "dev" { "debug" } else { profile });
    Ok(folder)
}

async fn build(profile: &str, which: &[String]) -> anyhow::Result<()> {
    let mut command = in_workspace(cargo());
    let status = command.args(["build", "--profile", profile]).args(which).status().await;
    let status = status.with_context(|| format!("cannot run {}", cargo().display()))?;
    ensure!(status.success(), "the functions do not compile");
    Ok(())
}

/// The running program's Cargo.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The profile of the running program.
pub(crate) fn profile() -> String {
    match build_folder().file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev".to_owned(),
        Some(profile) => profile.to_owned(),
    }
}

/// A program in the workspace whose Cargo builds into the folder above [`build_folder`].
pub(crate) fn in_workspace(program: impl AsRef<OsStr>) -> Command {
    let folder = build_folder();
    let mut command = Command::new(program);
    command.current_dir(WORKSPACE).env("CARGO_TARGET_DIR", folder.parent().unwrap_or(&folder));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_one_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

/// Whether `cargo run` set this variable for the program that it runs. Build scripts that look at it would run again.
fn is_of_one_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

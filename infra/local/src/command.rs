//! The command `cargo local`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::api_gateway::INTEGRATION_TIMEOUT;
use crate::build::{build_folder, build_functions};
use crate::demo;
use crate::lambda::{BUILD_TIME, check_installed};
use crate::stack::{Options, Stack};

/// Runs the whole system on this machine until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "cargo local")]
pub struct Arguments {
    /// Port of the API; the Salesforce simulator has the next one
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Seconds between two recovery ticks
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    tick_seconds: u64,
    /// Do not make the demo organisations nor play the scenes
    #[arg(long)]
    no_demo: bool,
    /// Folder in which the data outlives a restart
    #[arg(long, value_name = "PATH")]
    persist: Option<PathBuf>,
    /// Folder of ready binaries, to use instead of a build
    #[arg(long, value_name = "PATH")]
    binaries: Option<PathBuf>,
    /// Rebuild a function when it is edited, with `cargo lambda watch`
    #[arg(long, conflicts_with = "binaries")]
    watch: bool,
    /// File to write the functions' variables to, for `cargo lambda watch --env-file PATH`
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Print what the functions print
    #[arg(long)]
    verbose: bool,
    /// Shift of the functions' clock, in seconds
    #[arg(long, env = "CLOCK_OFFSET_SECONDS", default_value_t = 0, allow_negative_numbers = true, hide = true)]
    clock_offset_seconds: i64,
}

/// Builds the functions, starts a stack, plays the demo and serves until Ctrl-C or SIGTERM.
///
/// Fails if something does not start, or if a scene of the demo did not end as it should; in any case, nothing is left running.
pub async fn run(arguments: Arguments, output: &mut (impl Write + Send)) -> anyhow::Result<()> {
    if arguments.watch {
        check_installed().await?;
    }
    if arguments.binaries.is_none() {
        build_functions().await?;
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let options = options(&arguments);
    let stack = Stack::start(options.clone()).await?;
    let result = tokio::select! {
        result = serve(&arguments, &options, &stack, output) => result,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    stack.stop().await;
    result
}

fn options(arguments: &Arguments) -> Options {
    Options {
        port: arguments.port,
        simulator_port: if arguments.port == 0 { 0 } else { arguments.port.saturating_add(1) },
        tick: Some(Duration::from_secs(arguments.tick_seconds)),
        persist: arguments.persist.clone(),
        clock_offset_seconds: arguments.clock_offset_seconds,
        binaries: arguments.binaries.clone().unwrap_or_else(build_folder),
        watch: arguments.watch,
        integration_timeout: if arguments.watch { INTEGRATION_TIMEOUT + BUILD_TIME } else { INTEGRATION_TIMEOUT },
        verbose: arguments.verbose,
        ..Options::default()
    }
}

async fn serve(
    arguments: &Arguments,
    options: &Options,
    stack: &Stack,
    output: &mut (impl Write + Send),
) -> anyhow::Result<()> {
    if let Some(file) = &arguments.env_file {
        let lines = stack.environment().iter().map(|(name, value)| format!("{name}={value}\n"));
        std::fs::write(file, lines.collect::<String>()).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if !arguments.no_demo {
        demo::play(stack, options, output).await?;
    }
    write!(
        output,
        "api        {api}/v1/\ndynamodb   {}\nsecrets    {}\nsettings   {api}/settings/\nchat       {api}/chat/\n\
         chat.js    {api}/chat.js\nopenapi    {api}/openapi.json\nconsole    {}/console/\nready\n",
        stack.dynamodb_url(),
        stack.secrets_manager_url(),
        stack.simulator().url(),
        api = stack.api_url(),
    )?;
    output.flush()?;
    std::future::pending().await
}

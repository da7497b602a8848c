//! The functions as they are deployed, beside what people would use instead.
//!
//! Binaries of the release profile, a minimal Rust function that makes the same outside calls (the floor), and the same work in
//! Node and in Python get the same events, each on its language's own Lambda runtime client, against the same local AWS and
//! simulated Salesforce, in turn. What is told are medians of many measurements, and between what the middle half of them lies.

mod arguments;
mod cpu;
mod goal;
mod growth;
mod memory;
mod picture;
mod program;
mod recorder;
mod recovery;
mod relay;
mod report;
mod requests;
mod runtime_api;
mod sandbox;
mod script;
mod size;
mod spread;
mod stage;
mod start;
mod warm;

use std::io::Write;

use flows::System;
use local::{Options, build_folder};

pub use arguments::{Arguments, Part};
use report::Report;
use stage::Stage;

/// Measures, prints what was found and writes it into `target/benchmark`; whether all goals hold.
///
/// # Errors
/// Something did not start or did not do its work, or the output is closed.
pub async fn run(arguments: Arguments, output: &mut impl Write) -> anyhow::Result<bool> {
    let mut report = measure(&arguments, output).await?;
    report.judge();
    report.print(output)?;
    let folder = build_folder().with_file_name("benchmark");
    report.save(&folder)?;
    writeln!(output, "\nresults and pictures: {}", folder.display())?;
    Ok(report.holds())
}

async fn measure(arguments: &Arguments, output: &mut impl Write) -> anyhow::Result<Report> {
    let Arguments { rounds, profile, .. } = arguments.clone();
    let mut tell = |part: Part| {
        let wanted = arguments.wants(part);
        if wanted { writeln!(output, "measuring: {part:?}").map(|()| true) } else { Ok(false) }
    };
    let stage = Stage::start(&profile).await?;
    let binaries = stage.binaries.clone();
    let mut report = Report { profile, rounds, ..Report::default() };
    if tell(Part::Size)? {
        report.size = Some(size::run(&binaries)?);
    }
    if tell(Part::Start)? {
        report.start = Some(start::run(&stage, rounds).await?);
    }
    if tell(Part::Memory)? {
        report.memory = Some(memory::run(&stage).await?);
    }
    if tell(Part::Warm)? {
        report.warm = Some(warm::run(&stage, rounds).await?);
    }
    if tell(Part::Growth)? {
        report.growth = Some(growth::run(&stage, rounds).await?);
    }
    drop(stage);
    if tell(Part::Requests)? {
        let system = System::start_with(Options { binaries: binaries.clone(), ..Options::default() }).await?;
        report.requests = Some(requests::run(&system).await?);
    }
    if tell(Part::Recovery)? {
        report.recovery = Some(recovery::run(&binaries, arguments.stored.try_into()?).await?);
    }
    if tell(Part::Relay)? {
        report.relay = Some(relay::run(&binaries, arguments.customers, arguments.seconds).await?);
    }
    Ok(report)
}

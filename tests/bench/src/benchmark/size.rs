//! The size of each artefact: a zip with one file, as Lambda takes it.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use flows::FUNCTIONS;
use serde::Serialize;

use super::goal::Goal;

/// The headers and the directory of a zip with the one file `bootstrap`.
const RECORDS: usize = 30 + 46 + 22 + 2 * "bootstrap".len();
const LIMIT_MEGABYTES: f64 = 6.0;

/// A function's artefact.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artefact {
    function: &'static str,
    binary_bytes: usize,
    zip_bytes: usize,
}

/// Compresses the binaries of a folder as much as zip can.
pub(super) fn run(binaries: &Path) -> anyhow::Result<Vec<Artefact>> {
    let artefact = |function| {
        let binary = std::fs::read(binaries.join(function))?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&binary)?;
        Ok(Artefact { function, binary_bytes: binary.len(), zip_bytes: encoder.finish()?.len() + RECORDS })
    };
    FUNCTIONS.into_iter().map(artefact).collect()
}

/// 6 MB each.
pub(super) fn goals(artefacts: &[Artefact]) -> Vec<Goal> {
    let goal = |artefact: &Artefact| {
        let bytes = u32::try_from(artefact.zip_bytes).map_or(f64::NAN, f64::from);
        Goal::at_most(format!("artefact of {}, zipped", artefact.function), LIMIT_MEGABYTES, bytes / 1e6, "MB")
    };
    artefacts.iter().map(goal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artefact_of_six_megabytes_holds_and_a_larger_one_does_not() {
        let artefact = |zip_bytes| Artefact { function: "settings", binary_bytes: 9, zip_bytes };
        let goals = goals(&[artefact(6_000_000), artefact(6_000_001)]);
        assert_eq!(goals.iter().map(Goal::holds).collect::<Vec<_>>(), [true, false]);
    }
}

//! `dirql corpus`: writes the seed corpus of the libFuzzer targets.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::NOTHING_FOUND;
use crate::backend::Backend;
use crate::case::Case;
use crate::scenario::Scenario;
use crate::scheduler::Scheduler;

/// How many cases of each scenario: few, because libFuzzer is to find its own.
const CASES: u64 = 2;
const SEED: u64 = 1;

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder to write to.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The target's backend: scenarios that are not there on it are left out.
    #[arg(long, value_name = "B")]
    backend: Option<Backend>,
}

/// Writes some drawn cases of each scenario as bytes.
pub(super) fn run(arguments: &Arguments) -> Result<u8, String> {
    let folder = &arguments.folder;
    let on_target = |scenario: &&Scenario| arguments.backend.is_none_or(|backend| scenario.runs_on(backend));
    write(folder, Scenario::ALL.iter().filter(on_target))
        .map_err(|e| format!("cannot write to {}: {e}; choose another folder", folder.display()))?;
    Ok(NOTHING_FOUND)
}

fn write<'s>(folder: &Path, scenarios: impl Iterator<Item = &'s Scenario>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for &scenario in scenarios {
        for index in 0..CASES {
            let case = Case::generate(scenario, SEED, index, Scheduler::Random);
            fs::write(folder.join(format!("{scenario}-{index}")), case.to_bytes())?;
        }
    }
    Ok(())
}

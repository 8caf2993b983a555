//! The case of a file, ready to be run: what `replay` and `explain` have in common.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Program, frames_of, require_there};
use crate::artifact::Stored;
use crate::backend::Backend;
use crate::case::Case;
use crate::isolate::{self, Request};
use crate::outcome::{Outcome, Record};

#[derive(Args)]
pub(super) struct Source {
    /// An artifact of a campaign, or an input of libFuzzer.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Backend to run on [default: the artifact's; of a libFuzzer input: all].
    #[arg(long, value_name = "B")]
    backend: Option<Backend>,
    /// The capture that the artifact was made with, if it has moved.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
}

/// A stored case.
pub(super) struct StoredCase {
    pub(super) case: Case,
    /// The rule that it broke, if that was kept.
    pub(super) rule: Option<String>,
    /// Where to run it.
    pub(super) backends: Vec<Backend>,
    pcap: Option<PathBuf>,
}

impl Source {
    /// Reads the file, and finds the frames that it names.
    pub(super) fn load(&self) -> Result<StoredCase, String> {
        let pcap = self.pcap.as_deref();
        let stored = match Stored::read(&self.file)? {
            Stored::Artifact(artifact) => StoredCase {
                pcap: frames_of(&artifact.frames, pcap)?,
                backends: vec![self.backend.unwrap_or(artifact.backend)],
                rule: Some(artifact.rule),
                case: artifact.case,
            },
            Stored::Bytes(case) => StoredCase {
                pcap: pcap.map(Path::to_owned),
                backends: self.backend.map_or_else(|| case.scenario.backends().collect(), |b| vec![b]),
                rule: None,
                case,
            },
        };
        require_there(stored.case.scenario, &stored.backends)?;
        Ok(stored)
    }
}

impl StoredCase {
    /// Runs the case in a process of its own.
    pub(super) fn run(&self, program: &Program, backend: Backend, record: Record) -> Result<Outcome, String> {
        let request = Request { backend, case: self.case.clone(), record, pcap: self.pcap.clone() };
        isolate::run(&program.path, &request)
            .map_err(|e| format!("cannot start {}: {e}", program.path.display()))
    }
}

//! The case of a file, ready to be run: what `replay`, `shrink` and `explain` have in common.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::de::DeserializeOwned;

use super::{Program, frames_of, require_there};
use crate::artifact::{Artifact, Stored};
use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::isolate::{self, Request, Task};
use crate::outcome::{Failure, Outcome, Record};

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
#[derive(Clone)]
pub(super) struct StoredCase {
    pub(super) case: Case,
    /// What else was kept; nothing of a libFuzzer input.
    pub(super) artifact: Option<Artifact>,
    /// Where to run it.
    pub(super) backends: Vec<Backend>,
    pcap: Option<PathBuf>,
}

impl Source {
    /// Returns the file's path with another extension.
    pub(super) fn sibling(&self, extension: &str) -> PathBuf {
        self.file.with_extension(extension)
    }

    /// Reads the file, and finds the frames that it names.
    pub(super) fn load(&self) -> Result<StoredCase, String> {
        let pcap = self.pcap.as_deref();
        let stored = match Stored::read(&self.file)? {
            Stored::Artifact(artifact) => StoredCase {
                pcap: frames_of(&artifact.frames, pcap)?,
                backends: vec![self.backend.unwrap_or(artifact.backend)],
                case: artifact.case.clone(),
                artifact: Some(*artifact),
            },
            Stored::Bytes(case) => StoredCase {
                pcap: pcap.map(Path::to_owned),
                backends: self.backend.map_or_else(|| case.scenario.backends().collect(), |b| vec![b]),
                case,
                artifact: None,
            },
        };
        require_there(stored.case.scenario, &stored.backends)?;
        Ok(stored)
    }
}

impl StoredCase {
    /// Returns the rule that it broke, if that was kept.
    pub(super) fn rule(&self) -> Option<&str> {
        self.artifact.as_ref().map(|artifact| artifact.rule.as_str())
    }

    /// Returns the same with another case.
    pub(super) fn with(&self, case: Case) -> Self {
        Self { case, ..self.clone() }
    }

    /// Runs the case in a process of its own.
    pub(super) fn run(&self, program: &Program, backend: Backend, record: Record) -> Result<Outcome, String> {
        isolate::run(&program.path, &self.request(backend, Task::Run(record))).map_err(cannot_start(program))
    }

    /// Has something else done in a process of its own. The inner error is how that ended before it could answer.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        program: &Program,
        backend: Backend,
        task: Task,
    ) -> Result<Result<T, Failure>, String> {
        isolate::ask(&program.path, &self.request(backend, task)).map_err(cannot_start(program))
    }

    /// Reads the frames that the case names.
    pub(super) fn frames(&self) -> Result<Frames, String> {
        Frames::load(self.pcap.as_deref()).map_err(|e| e.to_string())
    }

    fn request(&self, backend: Backend, task: Task) -> Request {
        Request { backend, case: self.case.clone(), pcap: self.pcap.clone(), task }
    }
}

fn cannot_start(program: &Program) -> impl Fn(std::io::Error) -> String {
    move |e| format!("cannot start {}: {e}", program.path.display())
}

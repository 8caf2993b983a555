//! Why a capture was refused, where, and what to do about it.

use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Says why a capture was refused.
#[derive(Debug)]
pub struct CaptureError {
    path: PathBuf,
    problem: Problem,
}

/// What is wrong, where in the file, and the next step.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) offset: Option<usize>,
    pub(crate) what: String,
    pub(crate) next_step: &'static str,
}

impl CaptureError {
    pub(crate) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    /// Returns the byte offset of the trouble, if it lies inside the file.
    pub fn offset(&self) -> Option<usize> {
        self.problem.offset
    }
}

impl Problem {
    pub(crate) fn at(offset: usize, what: impl Into<String>, next_step: &'static str) -> Self {
        Self { offset: Some(offset), what: what.into(), next_step }
    }
}

pub(crate) fn too_large(size: u64) -> Problem {
    let what = format!("{size} bytes is more than the {} that fit", super::FILE_MAX_BYTES);
    Problem { offset: None, what, next_step: "keep a part of it, for example with: editcap -r IN OUT 1-5000" }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self { offset: None, what: error.to_string(), next_step: "check the path given with --pcap" }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "capture {}: ", self.path.display())?;
        if let Some(offset) = self.problem.offset {
            write!(f, "at byte {offset}: ")?;
        }
        write!(f, "{}; {}", self.problem.what, self.problem.next_step)
    }
}

impl std::error::Error for CaptureError {}

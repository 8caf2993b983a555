//! What can go wrong, and the exit code of it.

use std::fmt;
use std::process::ExitCode;

/// Why the command ends without what it was asked for.
#[derive(Debug)]
pub enum Failure {
    /// An image does not build, or is not as it must be.
    Image(String),
    /// A tool or a file is missing or does not work; the text says how to get it.
    Missing(String),
}

impl Failure {
    /// Returns the exit code of the command.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Image(_) => ExitCode::from(1),
            Self::Missing(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Image(text) | Self::Missing(text)) = self;
        f.write_str(text)
    }
}

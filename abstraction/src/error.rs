//! Errors. A framework's status code stays inside its backend.

use core::fmt;

/// Says why an operation at PASSIVE_LEVEL failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// Classifies an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The device has no interrupt of the kind asked for (STATUS_NOT_FOUND).
    NoInterrupt,
    /// Memory or another resource ran out (STATUS_INSUFFICIENT_RESOURCES).
    OutOfResources,
    /// The framework refuses the combination (STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED).
    Unsupported,
    /// The device does not answer as its data sheet says.
    Device,
    /// The device is gone: its registers read all ones (R91).
    Gone,
}

impl Error {
    /// Makes an error of `kind`.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind }
    }

    /// Returns the class of the error.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::NoInterrupt => "the device has no such interrupt",
            ErrorKind::OutOfResources => "out of resources",
            ErrorKind::Unsupported => "the framework does not support this combination",
            ErrorKind::Device => "the device does not answer as specified",
            ErrorKind::Gone => "the device is gone",
        })
    }
}

impl core::error::Error for Error {}

/// Says why a section did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncError {
    /// The interrupt is not connected, or the source is not one that was granted (difference B20).
    NotConnected,
    /// The framework returned without running the section (R72).
    NotRun,
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyncError::NotConnected => "the interrupt is not connected",
            SyncError::NotRun => "the framework did not run the section",
        })
    }
}

impl core::error::Error for SyncError {}

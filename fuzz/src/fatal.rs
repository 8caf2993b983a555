//! Failures that an execution cannot report itself, because its process does not survive them.

use std::process::ExitStatus;
use std::time::Duration;

use crate::outcome::Failure;

/// How long an execution may take. A simulated one takes milliseconds; shrinking a failure, some seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What stands for a rule if a run has no end.
pub(crate) const HANG: &str = "hang";

/// The process died.
pub(crate) fn crash(status: ExitStatus) -> Failure {
    Failure {
        rule: "crash".into(),
        message: format!("the process that ran the case died ({status})"),
        source: "memory safety: a driver must not touch memory that is not its own".into(),
        on_windows: None,
    }
}

/// The process did nothing that the simulation sees, for too long.
pub(crate) fn hang(patience: Duration) -> Failure {
    Failure {
        rule: HANG.into(),
        message: format!("the case ran for {} seconds without an end", patience.as_secs()),
        source: "a loop in a driver must be bounded, and must access something".into(),
        on_windows: Some("bug check 0x133 (DPC_WATCHDOG_VIOLATION), if above PASSIVE_LEVEL".into()),
    }
}

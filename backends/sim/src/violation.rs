//! What a run can end with besides success.

use core::fmt;

/// A broken rule, or a driver that hangs, panics or loses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name, such as `R10`; or `panic`, `livelock`, `quiescence`, or a name the scenario gave.
    pub rule: &'static str,
    /// What happened in this run.
    pub message: String,
}

impl Violation {
    /// Makes a violation of `rule`.
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

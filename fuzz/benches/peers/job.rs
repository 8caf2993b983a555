//! What each tool is asked to do, and what comes of it.

use crate::workload::{Bug, Size};

/// Executions, one after the other, until one fails.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// What is wrong with the driver.
    pub bug: Bug,
    /// How much each execution has to do.
    pub size: Size,
    /// What the tool's choices follow from, if it makes any; where it has none, the order in which actors start.
    pub seed: u64,
    /// The most executions.
    pub executions: u64,
}

/// What came of a [`Job`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// How many executions there were, the failed one included.
    pub executions: u64,
    /// Their preemption points; those of a failed one may be missing.
    pub points: u64,
    /// Whether the last one failed.
    pub failed: bool,
}

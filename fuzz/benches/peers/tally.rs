//! Counts executions that a tool makes inside of a call that ends with a panic if one of them fails.
#![allow(clippy::disallowed_types, reason = "the counts must stay invisible to the tools")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::job::Run;

/// The counts, shared with the closure that the tool runs again and again.
#[derive(Clone, Default)]
pub struct Tally(Arc<[AtomicU64; 2]>);

impl Tally {
    /// Returns what `all` counted, which panics where an execution fails.
    pub fn of(all: impl FnOnce(Self)) -> Run {
        let tally = Self::default();
        let failed = catch_unwind(AssertUnwindSafe(|| all(tally.clone()))).is_err();
        let [executions, points] = &*tally.0;
        Run { executions: executions.load(Relaxed), points: points.load(Relaxed), failed }
    }

    /// Counts one execution, which returns its preemption points.
    pub fn count(&self, execution: impl FnOnce() -> u32) {
        let [executions, points] = &*self.0;
        executions.fetch_add(1, Relaxed);
        points.fetch_add(execution().into(), Relaxed);
    }
}

//! What supervisor and workers tell each other: an order on standard input, then events, one JSON line each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::campaign::{Plan, Share};
use crate::case::Case;
use crate::outcome::{Failure, Outcome};
use crate::reach::Reach;

/// Tells a worker what to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) plan: Plan,
    /// The worker's part of the plan's share.
    pub(crate) share: Share,
    /// For each item, the execution to begin with.
    pub(crate) begin: Vec<u64>,
    /// Executions that killed a predecessor: item and index.
    pub(crate) skip: Vec<(usize, u64)>,
    /// Failures that are not to be reported again: item and rule.
    pub(crate) known: BTreeSet<(usize, String)>,
    /// Whether failing cases are to be made smaller.
    pub(crate) shrink: bool,
    /// Whether the first failure ends the campaign.
    pub(crate) first: bool,
    /// The file of the shared slots, and which is the worker's.
    pub(crate) slots: PathBuf,
    pub(crate) slot: usize,
}

/// What a worker reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// Some executions of one item are done.
    Slice(Slice),
    /// A failure was seen for the first time by this worker, which now tries to shrink it.
    Finding(Finding),
    /// The same failure with a smaller case.
    Shrunk(Finding),
    /// The worker has done its share.
    Done,
}

/// The sums of one slice of one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub(crate) item: usize,
    /// The execution that comes next.
    pub(crate) next: u64,
    pub(crate) seconds: f64,
    pub(crate) totals: Totals,
    /// Access pairs that are new to this worker.
    pub(crate) pairs: Vec<u16>,
    /// How often each rule failed.
    pub(crate) failures: BTreeMap<String, u64>,
}

/// What adds up over executions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) executions: u64,
    pub(crate) points: u64,
    pub(crate) frames_sent: u64,
    pub(crate) frames_received: u64,
    pub(crate) reach: Reach,
}

/// A failure with the case that shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) item: usize,
    pub(crate) index: u64,
    pub(crate) failure: Failure,
    pub(crate) case: Case,
}

impl Totals {
    /// Adds one execution.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        self.executions += 1;
        self.points += outcome.points;
        self.frames_sent += outcome.frames_sent;
        self.frames_received += outcome.frames_received;
        self.reach += &outcome.reach;
    }

    /// Adds other totals.
    pub(crate) fn add(&mut self, other: &Self) {
        self.executions += other.executions;
        self.points += other.points;
        self.frames_sent += other.frames_sent;
        self.frames_received += other.frames_received;
        self.reach += &other.reach;
    }
}

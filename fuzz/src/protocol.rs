//! What supervisor and workers tell each other, one JSON line each: an order and tasks on standard input, events on
//! standard output.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::campaign::Plan;
use crate::case::Case;
use crate::guide::{Guide, Trials};
use crate::outcome::{Failure, Outcome};
use crate::reach::Reach;

/// Tells a worker what the campaign is about: the first line of its input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) plan: Plan,
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

/// Tells a worker which executions to do next: every further line. When there are none left, the input ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) item: usize,
    /// The executions, by their number within the plan's share.
    pub(crate) stretch: Range<u64>,
    /// Executions that killed a worker, by index.
    pub(crate) skip: Vec<u64>,
    pub(crate) guide: Guide,
    /// Access pairs of the item that earlier generations have covered, as far as the worker was not told before.
    pub(crate) known: Vec<u16>,
}

/// What a worker reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A task is done, or as much of it as there was time for.
    Slice(Box<Slice>),
    /// A failure was seen for the first time by this worker, which now tries to shrink it.
    Finding(Finding),
    /// The same failure with a smaller case.
    Shrunk(Finding),
    /// The worker has no tasks any more.
    Done,
}

/// The sums of one task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub(crate) item: usize,
    pub(crate) seconds: f64,
    pub(crate) totals: Totals,
    /// What each scheduler did.
    pub(crate) trials: Trials,
    /// Access pairs that earlier generations had not covered.
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

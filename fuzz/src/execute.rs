//! The seam between a campaign and the simulation that it drives.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::explore::{Explored, Extent};
use crate::outcome::{Outcome, Record};

/// Runs cases. One value per thread; it may keep what it can reuse, but no run may influence another.
pub trait Execute: Sized {
    /// Prepares to run cases whose frames are `frames`.
    fn new(frames: Arc<Frames>) -> Self;

    /// Runs `case` on `backend`. The outcome is a function of the arguments alone; it never panics.
    fn run(&mut self, backend: Backend, case: &Case, record: Record) -> Outcome;

    /// Runs interleavings of `case`, whatever its own schedule is, and tells `each` of every outcome, with the schedule that
    /// replays it, until all have been run or `each` has had enough. `None` if this engine cannot.
    fn explore(
        &mut self,
        backend: Backend,
        case: &Case,
        extent: Extent,
        each: &mut dyn FnMut(&Explored, Outcome) -> ControlFlow<()>,
    ) -> Option<Explored> {
        let _ = (backend, case, extent, each);
        None
    }

    /// Returns the access pairs covered since the last call, as a bitmap of [`PAIRS`](crate::pairs::PAIRS) bits.
    fn take_pairs(&mut self) -> Vec<u64>;
}

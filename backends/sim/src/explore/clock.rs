//! Vector clocks: which steps happened before a step.

use crate::moves::Move;

/// For each move, how many steps of the run there were up to and with the last one of it that happened before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock([u16; 32]);

impl Clock {
    /// Returns whether step `index`, a `by`, happened before, or is the clock's own.
    pub(crate) fn has(&self, by: Move, index: usize) -> bool {
        usize::from(self.0[by.0 as usize]) > index
    }

    /// Adds step `index`, a `by`.
    pub(crate) fn add(&mut self, by: Move, index: usize) {
        self.0[by.0 as usize] =
            u16::try_from(index + 1).expect("a run that is explored has less than 65,535 steps");
    }

    /// Adds all that happened before another step, and that step.
    pub(crate) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = (*mine).max(theirs);
        }
    }
}

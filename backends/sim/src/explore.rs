//! Systematic exploration: all interleavings of a small program, each class of equivalent ones once.

mod clock;
mod footprint;
mod race;
mod search;

use core::cell::{Ref, RefCell};
use core::fmt;
use std::rc::Rc;

pub(crate) use footprint::{How, Touch};
use search::Reduction;
pub(crate) use search::{Masked, Search, Situation};

use crate::moves::{Move, Moves};
use crate::schedule::Scheduler;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Complete,
    /// With a violation.
    Failed,
    /// It was given up, since it could only have ended as another run did.
    Redundant,
}

/// How many runs an exploration has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that came to their end: as many as there are inequivalent interleavings, if all were run.
    pub complete: u64,
    /// Runs that were given up midway, being equivalent to others.
    pub redundant: u64,
    /// Runs that ended with a violation.
    pub failed: u64,
}

/// Explores all interleavings of one program, and says when that is done.
///
/// It is a [`Scheduler`]: give a clone of it to each run of the same program until it is [finished]. Two runs are
/// equivalent if they have the same steps, and those that *conflict* come in the same order. Steps conflict if they
/// touch the same thing and do not only look at it: a register, a word of a common buffer, a lock, a DPC and its queue,
/// the pending interrupts, a processor's level and what is nested on it. For each class of equivalent runs there is one
/// that comes to its end. What the machine itself may choose (the processor of a DPC, whether a store is visible yet)
/// is tried in full.
///
/// What contexts share besides must be guarded by what the machine sees, as any driver's data must. The count of
/// interrupts in a row that makes a storm (R61) and the step limit are no part of the equivalence.
///
/// [finished]: Self::is_finished
///
/// # Panics
/// A run does that is not a function of its schedule.
#[derive(Clone, Debug)]
pub struct Exploration(Rc<RefCell<Search>>);

impl Exploration {
    /// Starts to explore.
    pub fn new() -> Self {
        Self::with(Reduction::Dynamic)
    }

    /// Starts to explore all schedules in which at most `preemptions` times somebody's turn is taken from one that
    /// could have gone on. No two schedules are taken for equivalent: sleep sets under a bound would lose some.
    pub fn bounded(preemptions: u32) -> Self {
        Self::with(Reduction::None { preemptions_max: preemptions })
    }

    fn with(reduction: Reduction) -> Self {
        Self(Rc::new(RefCell::new(Search::new(reduction))))
    }

    /// Returns whether all has been run.
    pub fn is_finished(&self) -> bool {
        self.search().is_finished()
    }

    /// Returns how many runs there were.
    pub fn counts(&self) -> Counts {
        self.search().counts()
    }

    fn search(&self) -> Ref<'_, Search> {
        self.0.borrow()
    }

    /// Returns the search that the machine is to tell of its steps.
    pub(crate) fn share(&self) -> Rc<RefCell<Search>> {
        self.0.clone()
    }
}

impl fmt::Display for Exploration {
    /// Says what has been run, and what that proves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { complete, redundant, failed } = self.counts();
        let search = self.search();
        let runs = complete + failed;
        match (search.is_finished(), search.reduction()) {
            (true, Reduction::Dynamic) => write!(f, "all {runs} inequivalent interleavings were run")?,
            (true, Reduction::None { preemptions_max }) => {
                write!(f, "all {runs} schedules with at most {preemptions_max} preemptions were run")?;
            }
            (false, _) => write!(f, "{runs} interleavings were run, and not all")?,
        }
        if failed > 0 {
            write!(f, "; {failed} of them failed, and how they could have gone on is not known")?;
        }
        if redundant > 0 {
            write!(f, "; {redundant} runs were given up midway")?;
        }
        Ok(())
    }
}

impl Default for Exploration {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler for Exploration {
    /// Goes on: a machine asks the search itself, which sees every step.
    fn pick(&mut self, _moves: Moves, default: Move, _forced: bool) -> Move {
        default
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        self.0.borrow_mut().choose(alternatives)
    }

    fn exploration(&self) -> Option<Exploration> {
        Some(self.clone())
    }
}

//! Who decides, and what of it is written down.

use core::cell::RefCell;
use std::rc::Rc;

use crate::context::{inert, outside};
use crate::explore::Search;
use crate::moves::{Move, Moves};
use crate::schedule::{Recorder, Scheduler, Seeded, Strategy, Switch};

/// The scheduler of one run, and the record of how it deviated from the default policy.
pub(crate) struct Choices {
    scheduler: Box<dyn Scheduler>,
    recorder: Option<Recorder>,
    /// The alternatives chosen since they were last taken for the trace, and out of how many; kept if it is on.
    made: Option<Vec<(u8, u8)>>,
}

impl Default for Choices {
    fn default() -> Self {
        Self::new(Box::new(Seeded::new(Strategy::RunToCompletion, 0)), false, false)
    }
}

impl Choices {
    pub(crate) fn new(scheduler: Box<dyn Scheduler>, record: bool, trace: bool) -> Self {
        Self { scheduler, recorder: record.then(Recorder::default), made: trace.then(Vec::new) }
    }

    /// Returns the search that decides and is told of every step, if the scheduler explores.
    pub(crate) fn search(&self) -> Option<Rc<RefCell<Search>>> {
        self.scheduler.exploration().map(|exploration| exploration.share())
    }

    /// Picks one of `moves`, of which there are at least two.
    #[inline]
    pub(crate) fn pick(&mut self, moves: Moves, default: Move, forced: bool) -> Move {
        let pick = outside(|| self.scheduler.pick(moves, default, forced));
        self.note(pick != default, pick.0);
        pick
    }

    /// Tells the scheduler that `by` has nothing to do until others have moved.
    pub(crate) fn give_way(&mut self, by: Move) {
        outside(|| self.scheduler.gives_way(by));
    }

    /// Writes down what was picked elsewhere.
    pub(crate) fn note_pick(&mut self, pick: Move, default: Move) -> Move {
        self.note(pick != default, pick.0);
        pick
    }

    /// Chooses among outcomes, 0 being the plain one.
    pub(crate) fn choose(&mut self, alternatives: u32) -> u32 {
        if alternatives < 2 || inert() {
            return 0;
        }
        let pick = outside(|| self.scheduler.choose(alternatives));
        self.note(pick != 0, pick as u8);
        if let Some(made) = &mut self.made {
            made.push((pick as u8, alternatives as u8));
        }
        pick
    }

    /// Takes what was chosen since the last call: the alternatives, and out of how many.
    pub(crate) fn take_made(&mut self) -> Vec<(u8, u8)> {
        self.made.as_mut().map(core::mem::take).unwrap_or_default()
    }

    #[inline]
    fn note(&mut self, deviates: bool, pick: u8) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(deviates, pick);
        }
    }

    /// Returns how many decisions of a replayed schedule did not fit.
    pub(crate) fn misfits(&self) -> u64 {
        self.scheduler.misfits()
    }

    /// Takes the schedule, if it was to be recorded.
    pub(crate) fn take_schedule(&mut self) -> Option<Vec<Switch>> {
        self.recorder.as_mut().map(Recorder::take)
    }
}

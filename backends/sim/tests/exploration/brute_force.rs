//! A scheduler that tries everything.

use core::cell::RefCell;
use std::rc::Rc;

use dirql_sim::{Move, Moves, Scheduler};

/// One decision of a run, and out of how many.
type Decision = (u32, u32);

#[derive(Default)]
struct Path {
    decisions: Vec<Decision>,
    made: usize,
}

/// Takes, run after run, every turn that is possible.
#[derive(Clone, Default)]
pub struct BruteForce(Rc<RefCell<Path>>);

impl BruteForce {
    /// Prepares the next run; says whether there is one.
    pub fn advance(&self) -> bool {
        let mut path = self.0.borrow_mut();
        path.made = 0;
        while let Some((decision, of)) = path.decisions.pop() {
            if decision + 1 < of {
                path.decisions.push((decision + 1, of));
                return true;
            }
        }
        false
    }

    fn decide(&self, of: u32) -> u32 {
        let mut path = self.0.borrow_mut();
        let made = path.made;
        path.made += 1;
        if made == path.decisions.len() {
            path.decisions.push((0, of));
        }
        path.decisions[made].0
    }
}

impl Scheduler for BruteForce {
    fn pick(&mut self, moves: Moves, _default: Move, _forced: bool) -> Move {
        moves.nth(self.decide(moves.len()))
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        self.decide(alternatives)
    }
}

//! Runs cases.

use std::sync::Arc;

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::outcome::{Outcome, Record};
use crate::pairs::PAIRS;
use crate::reach::Counter;

/// Runs cases, one at a time.
#[derive(Debug)]
pub struct Runner {
    frames: Arc<Frames>,
    pairs: Vec<u64>,
}

impl Execute for Runner {
    fn new(frames: Arc<Frames>) -> Self {
        Self { frames, pairs: vec![0; PAIRS / 64] }
    }

    fn run(&mut self, _: Backend, case: &Case, record: Record) -> Outcome {
        let mut outcome = Outcome::default();
        for send in &case.sends {
            outcome.points += self.frames.get(send.frame).len() as u64;
            outcome.reach.hit(Counter::FramesOut);
            self.pairs[usize::from(send.frame) / 64] |= 1 << (send.frame % 64);
        }
        outcome.steps = outcome.points;
        outcome.frames_sent = case.sends.len() as u64;
        outcome.trace = (record == Record::Trace).then(|| format!("{case:?}"));
        outcome
    }

    fn take_pairs(&mut self) -> Vec<u64> {
        std::mem::replace(&mut self.pairs, vec![0; PAIRS / 64])
    }
}

//! Schedulers: who goes next, and what happens where the documentation allows several things.

mod pct;
mod pos;
mod replay;

use pct::{Pct, Rounds, drawn_length};
use pos::Pos;
pub(crate) use replay::Recorder;
pub use replay::Replay;

use crate::explore::Exploration;
use crate::moves::{Move, Moves};
use crate::rng::Rng;

/// Decides. A scheduler sees nothing of the machine but what is possible.
pub trait Scheduler {
    /// Picks one of `moves`, of which there are at least two. `default` is one of them: whoever went last, or,
    /// if that one cannot go on and the switch is `forced`, the next in turn.
    fn pick(&mut self, moves: Moves, default: Move, forced: bool) -> Move;

    /// Chooses among `alternatives` outcomes, at least two; 0 is the plain one.
    fn choose(&mut self, alternatives: u32) -> u32;

    /// Tells that `by` has nothing to do until others have moved: a scheduler that prefers it stops to.
    fn gives_way(&mut self, by: Move) {
        let _ = by;
    }

    /// Returns how many decisions of a recorded schedule did not fit; 0 for the others.
    fn misfits(&self) -> u64 {
        0
    }

    /// Returns the exploration that this schedules for: it sees every step, and the machine asks it instead.
    fn exploration(&self) -> Option<Exploration> {
        None
    }
}

/// One deviation from the default policy. A list of them is a schedule: sparse, total (any list is one) and
/// tolerant (a pick that does not fit is reduced to one that does).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Switch {
    /// How many decisions went the default way since the last switch.
    pub gap: u32,
    /// The number of the [`Move`], or of the alternative.
    pub pick: u8,
}

/// Names a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// Every decision is uniform.
    Random,
    /// Random, but goes on with the same actor for a while; how long is drawn once for each run.
    Sticky,
    /// Probabilistic concurrency testing: priorities, and `depth` - 1 points at which the highest is demoted.
    Pct {
        /// How many ordering constraints a bug may need.
        depth: u8,
    },
    /// Switches only when an actor cannot go on.
    RunToCompletion,
    /// Probabilistic concurrency testing in rounds, each with a depth from 2 to 5 and a length of its own: however long
    /// a run is, its last part is tested as hard as its first.
    PctRounds,
    /// Partial-order sampling: every step waits with a priority of its own, and the highest goes first.
    Pos,
}

impl Strategy {
    /// The rotation of the portfolio: no single scheduler wins everywhere. Those that find the most come most often.
    pub const PORTFOLIO: [Strategy; 16] = [
        Strategy::Sticky,
        Strategy::Random,
        Strategy::PctRounds,
        Strategy::RunToCompletion,
        Strategy::Sticky,
        Strategy::Pos,
        Strategy::Pct { depth: 5 },
        Strategy::Sticky,
        Strategy::Random,
        Strategy::PctRounds,
        Strategy::Sticky,
        Strategy::Pct { depth: 3 },
        Strategy::Random,
        Strategy::Sticky,
        Strategy::PctRounds,
        Strategy::Pct { depth: 2 },
    ];

    /// Returns the scheduler of a portfolio's `index`-th run.
    pub const fn rotate(index: u64) -> Strategy {
        Self::PORTFOLIO[(index % Self::PORTFOLIO.len() as u64) as usize]
    }
}

/// A scheduler whose every decision follows from a strategy and a seed.
#[derive(Clone, Debug)]
pub struct Seeded {
    rng: Rng,
    policy: Policy,
    /// Whoever went last has nothing to do.
    gave_way: bool,
}

#[derive(Clone, Debug)]
enum Policy {
    Uniform,
    /// Leaves the default once in `period` decisions.
    Sticky {
        period: u32,
    },
    Priorities(Pct),
    Rounds(Rounds),
    Pos(Pos),
    RunToCompletion,
}

impl Seeded {
    /// Starts `strategy` with `seed`.
    pub fn new(strategy: Strategy, seed: u64) -> Self {
        Self::expecting(strategy, None, seed)
    }

    /// As [`new`](Self::new), for a run of about so many decisions, if that is known: [`Strategy::Pct`] puts its change
    /// points there, where it must otherwise guess.
    pub fn expecting(strategy: Strategy, decisions: Option<u32>, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let policy = match strategy {
            Strategy::Random => Policy::Uniform,
            Strategy::Sticky => Policy::Sticky { period: 2 << rng.below(6) },
            Strategy::Pct { depth } => {
                let length = decisions.unwrap_or_else(|| drawn_length(&mut rng)).max(1);
                Policy::Priorities(Pct::new(depth, length, &mut rng))
            }
            Strategy::RunToCompletion => Policy::RunToCompletion,
            Strategy::PctRounds => Policy::Rounds(Rounds::new(&mut rng)),
            Strategy::Pos => Policy::Pos(Pos::new(&mut rng)),
        };
        Self { rng, policy, gave_way: false }
    }
}

impl Scheduler for Seeded {
    #[inline]
    fn pick(&mut self, moves: Moves, default: Move, forced: bool) -> Move {
        let forced = core::mem::take(&mut self.gave_way) || forced;
        match &mut self.policy {
            Policy::Uniform => moves.nth(self.rng.below(moves.len())),
            Policy::Sticky { period } if !(forced || self.rng.one_in(*period)) => default,
            Policy::Sticky { .. } => moves.nth(self.rng.below(moves.len())),
            Policy::Priorities(pct) => pct.pick(moves),
            Policy::Rounds(rounds) => rounds.pick(moves, &mut self.rng),
            Policy::Pos(pos) => pos.pick(moves, &mut self.rng),
            Policy::RunToCompletion if forced => moves.nth(self.rng.below(moves.len())),
            Policy::RunToCompletion => default,
        }
    }

    fn gives_way(&mut self, by: Move) {
        match &mut self.policy {
            Policy::Priorities(pct) => pct.demote(by),
            Policy::Rounds(rounds) => rounds.demote(by),
            Policy::Sticky { .. } | Policy::RunToCompletion => self.gave_way = true,
            Policy::Uniform | Policy::Pos(_) => {}
        }
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        match self.policy {
            Policy::RunToCompletion | Policy::Uniform => self.rng.below(alternatives),
            // Elsewhere the plain outcome is the likelier one, so that a rare combination stays reachable.
            _ if self.rng.one_in(4) => self.rng.below(alternatives),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Moves = Moves(0b10110);

    #[test]
    fn random_reaches_every_move() {
        let mut scheduler = Seeded::new(Strategy::Random, 1);
        let mut seen = 0;
        for _ in 0..100 {
            seen |= scheduler.pick(THREE, Move(1), false).bit();
        }
        assert_eq!(seen, THREE.0);
    }
}

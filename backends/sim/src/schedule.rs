//! Schedulers: who goes next, and what happens where the documentation allows several things.

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
}

impl Strategy {
    /// The rotation of the portfolio: no single scheduler wins everywhere.
    pub const PORTFOLIO: [Strategy; 8] = [
        Strategy::Random,
        Strategy::Sticky,
        Strategy::Pct { depth: 3 },
        Strategy::RunToCompletion,
        Strategy::Sticky,
        Strategy::Pct { depth: 5 },
        Strategy::Random,
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
}

#[derive(Clone, Debug)]
enum Policy {
    Uniform,
    /// Leaves the default once in `period` decisions.
    Sticky {
        period: u32,
    },
    Priorities(Pct),
    RunToCompletion,
}

impl Seeded {
    /// Starts `strategy` with `seed`.
    pub fn new(strategy: Strategy, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let policy = match strategy {
            Strategy::Random => Policy::Uniform,
            Strategy::Sticky => Policy::Sticky { period: 2 << rng.below(6) },
            Strategy::Pct { depth } => Policy::Priorities(Pct::new(depth, &mut rng)),
            Strategy::RunToCompletion => Policy::RunToCompletion,
        };
        Self { rng, policy }
    }
}

impl Scheduler for Seeded {
    #[inline]
    fn pick(&mut self, moves: Moves, default: Move, forced: bool) -> Move {
        match &mut self.policy {
            Policy::Uniform => moves.nth(self.rng.below(moves.len())),
            Policy::Sticky { period } if !self.rng.one_in(*period) => default,
            Policy::Sticky { .. } => moves.nth(self.rng.below(moves.len())),
            Policy::Priorities(pct) => pct.pick(moves),
            Policy::RunToCompletion if forced => moves.nth(self.rng.below(moves.len())),
            Policy::RunToCompletion => default,
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

const DEPTH_MAX: usize = 8;

/// Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010).
#[derive(Clone, Debug)]
struct Pct {
    priority: [u8; 32],
    changes: [u32; DEPTH_MAX],
    next_change: usize,
    decisions: u32,
    lowest: u8,
}

impl Pct {
    fn new(depth: u8, rng: &mut Rng) -> Self {
        let mut priority: [u8; 32] = core::array::from_fn(|i| i as u8 + DEPTH_MAX as u8);
        for i in (1..priority.len()).rev() {
            priority.swap(i, rng.below(i as u32 + 1) as usize);
        }
        // The length of a run is not known beforehand, so it is drawn: 32 to 1024 decisions.
        let length = 32 << rng.below(6);
        let mut changes = [u32::MAX; DEPTH_MAX];
        for change in changes.iter_mut().take(depth.saturating_sub(1) as usize) {
            *change = rng.below(length);
        }
        changes.sort_unstable();
        Self { priority, changes, next_change: 0, decisions: 0, lowest: DEPTH_MAX as u8 }
    }

    #[inline(never)]
    fn pick(&mut self, moves: Moves) -> Move {
        let mut best = self.highest(moves);
        while self.next_change < DEPTH_MAX && self.decisions >= self.changes[self.next_change] {
            self.next_change += 1;
            self.lowest = self.lowest.saturating_sub(1);
            self.priority[best.0 as usize & 31] = self.lowest;
            best = self.highest(moves);
        }
        self.decisions += 1;
        best
    }

    fn highest(&self, moves: Moves) -> Move {
        let mut bits = moves.0;
        let mut best = Move(bits.trailing_zeros() as u8 & 31);
        while bits != 0 {
            let m = bits.trailing_zeros() as u8 & 31;
            if self.priority[m as usize] > self.priority[best.0 as usize] {
                best = Move(m);
            }
            bits &= bits - 1;
        }
        best
    }
}

/// Follows a list of switches, recorded or invented, and the default policy between and after them.
#[derive(Clone, Debug)]
pub struct Replay {
    switches: Vec<Switch>,
    next: usize,
    gap: u32,
    misfits: u64,
}

impl Replay {
    /// Starts to follow `switches`.
    pub const fn new(switches: Vec<Switch>) -> Self {
        Self { switches, next: 0, gap: 0, misfits: 0 }
    }

    fn next(&mut self) -> Option<u8> {
        let switch = self.switches.get(self.next)?;
        if self.gap < switch.gap {
            self.gap += 1;
            return None;
        }
        self.next += 1;
        self.gap = 0;
        Some(switch.pick)
    }
}

impl Scheduler for Replay {
    fn pick(&mut self, moves: Moves, default: Move, _forced: bool) -> Move {
        match self.next() {
            None => default,
            Some(pick) if pick < 32 && moves.contains(Move(pick)) => Move(pick),
            Some(pick) => {
                self.misfits += 1;
                moves.nth(u32::from(pick) % moves.len())
            }
        }
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        let Some(pick) = self.next() else { return 0 };
        self.misfits += u64::from(u32::from(pick) >= alternatives);
        u32::from(pick) % alternatives
    }

    fn misfits(&self) -> u64 {
        self.misfits + (self.switches.len() - self.next) as u64
    }
}

/// Writes down in what a run deviates from the default policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    switches: Vec<Switch>,
    gap: u32,
}

impl Recorder {
    pub(crate) fn note(&mut self, deviates: bool, pick: u8) {
        if deviates {
            self.switches.push(Switch { gap: self.gap, pick });
            self.gap = 0;
        } else {
            self.gap += 1;
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Switch> {
        self.gap = 0;
        core::mem::take(&mut self.switches)
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

    #[test]
    fn pct_demotes_the_highest_priority_depth_minus_one_times() {
        for seed in 0..50 {
            let mut scheduler = Seeded::new(Strategy::Pct { depth: 3 }, seed);
            let picks: Vec<Move> = (0..2000).map(|_| scheduler.pick(THREE, Move(1), false)).collect();
            let changes = picks.windows(2).filter(|w| w[0] != w[1]).count();
            assert!(changes <= 2, "seed {seed}: {changes} changes");
        }
    }

    #[test]
    fn replay_follows_its_gaps_and_counts_what_does_not_fit() {
        let switches = [Switch { gap: 2, pick: 4 }, Switch { gap: 0, pick: 3 }];
        let mut replay = Replay::new(switches.to_vec());
        let picks: Vec<u8> = (0..5).map(|_| replay.pick(THREE, Move(1), false).0).collect();
        assert_eq!(picks, [1, 1, 4, 1, 1]);
        assert_eq!(replay.misfits(), 1);
    }

    #[test]
    fn what_a_recorder_notes_replays_the_same() {
        let mut scheduler = Seeded::new(Strategy::Random, 7);
        let mut recorder = Recorder::default();
        let picks: Vec<Move> = (0..200)
            .map(|_| {
                let pick = scheduler.pick(THREE, Move(2), false);
                recorder.note(pick != Move(2), pick.0);
                pick
            })
            .collect();
        let switches = recorder.take();
        let mut replay = Replay::new(switches.to_vec());
        let again: Vec<Move> = (0..200).map(|_| replay.pick(THREE, Move(2), false)).collect();
        assert_eq!(picks, again);
        assert_eq!(replay.misfits(), 0);
    }
}

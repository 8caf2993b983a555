//! Probabilistic concurrency testing: who has the highest priority goes on, and few times it loses it.

use crate::moves::{Move, Moves};
use crate::rng::Rng;

const DEPTH_MAX: usize = 8;
/// The lowest priority at the beginning.
const LOWEST: u16 = 1 << 15;

/// One round. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010).
#[derive(Clone, Debug)]
pub(super) struct Pct {
    priority: [u16; 32],
    changes: [u32; DEPTH_MAX],
    next_change: usize,
    decisions: u32,
    length: u32,
    lowest: u16,
}

impl Pct {
    /// Draws `depth` - 1 change points from a run of `length` decisions.
    pub(super) fn new(depth: u8, length: u32, rng: &mut Rng) -> Self {
        let mut priority: [u16; 32] = core::array::from_fn(|i| LOWEST + i as u16);
        for i in (1..priority.len()).rev() {
            priority.swap(i, rng.below(i as u32 + 1) as usize);
        }
        let mut changes = [u32::MAX; DEPTH_MAX];
        for change in changes.iter_mut().take(depth.saturating_sub(1) as usize) {
            *change = rng.below(length);
        }
        changes.sort_unstable();
        Self { priority, changes, next_change: 0, decisions: 0, length, lowest: LOWEST }
    }

    #[inline(never)]
    pub(super) fn pick(&mut self, moves: Moves) -> Move {
        let mut best = self.highest(moves);
        while self.next_change < DEPTH_MAX && self.decisions >= self.changes[self.next_change] {
            self.next_change += 1;
            self.demote(best);
            best = self.highest(moves);
        }
        self.decisions += 1;
        best
    }

    /// Gives a move the lowest priority of all.
    pub(super) fn demote(&mut self, m: Move) {
        self.lowest = self.lowest.saturating_sub(1);
        self.priority[m.0 as usize & 31] = self.lowest;
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

/// Draws how long a run may be of which nothing is known: 32 to 1024 decisions.
pub(super) fn drawn_length(rng: &mut Rng) -> u32 {
    32 << rng.below(6)
}

/// One round after the other, each of a depth of its own.
#[derive(Clone, Debug)]
pub(super) struct Rounds(Pct);

impl Rounds {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let depth = 2 + rng.below(4) as u8;
        Self(Pct::new(depth, drawn_length(rng), rng))
    }

    pub(super) fn pick(&mut self, moves: Moves, rng: &mut Rng) -> Move {
        if self.0.decisions == self.0.length {
            *self = Self::new(rng);
        }
        self.0.pick(moves)
    }

    pub(super) fn demote(&mut self, m: Move) {
        self.0.demote(m);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Moves = Moves(0b10110);

    fn changes(mut pick: impl FnMut() -> Move) -> Vec<usize> {
        let picks: Vec<Move> = (0..10_000).map(|_| pick()).collect();
        (1..picks.len()).filter(|&i| picks[i] != picks[i - 1]).collect()
    }

    #[test]
    fn pct_demotes_the_highest_priority_depth_minus_one_times() {
        for seed in 0..50 {
            let mut pct = Pct::new(3, 100, &mut Rng::new(seed));
            let changes = changes(|| pct.pick(THREE));
            assert!(changes.len() <= 2 && changes.iter().all(|&at| at < 100), "seed {seed}: {changes:?}");
        }
    }

    #[test]
    fn rounds_go_on_to_change_however_long_the_run_is() {
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let mut rounds = Rounds::new(&mut rng);
            let changes = changes(|| rounds.pick(THREE, &mut rng));
            let gaps = changes.windows(2).map(|pair| pair[1] - pair[0]);
            // A round is 1024 decisions long at most, and one in three begins as the last one ended.
            assert!(
                gaps.max().is_some_and(|gap| gap < 8 * 1024) && *changes.last().unwrap() > 1024,
                "seed {seed}"
            );
        }
    }
}

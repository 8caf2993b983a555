//! Partial-order sampling: steps, not actors, have priorities.

use crate::moves::{Move, Moves};
use crate::rng::Rng;

/// After so many steps, on average, all draw again.
const PATIENCE: u32 = 32;

/// Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling" (CAV 2018), in its basic form: the step that each actor
/// makes next has a random priority, which it keeps until it is made. So an actor that drew low waits through many steps
/// of the others, as a uniform walk hardly ever lets it.
///
/// The full form draws again for the steps that race with the one just made. Here what waits has not told yet what it
/// will access, so all draw again now and then: else who drew very low would wait for most of a long run.
#[derive(Clone, Debug)]
pub(super) struct Pos {
    priority: [u64; 32],
}

impl Pos {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self { priority: core::array::from_fn(|_| rng.next()) }
    }

    #[inline(never)]
    pub(super) fn pick(&mut self, moves: Moves, rng: &mut Rng) -> Move {
        let mut best = moves.nth(0);
        let mut rest = moves.0;
        while rest != 0 {
            let next = Move(rest.trailing_zeros() as u8 & 31);
            if self.priority[next.0 as usize] > self.priority[best.0 as usize & 31] {
                best = next;
            }
            rest &= rest - 1;
        }
        self.priority[best.0 as usize & 31] = rng.next();
        if rng.one_in(PATIENCE) {
            *self = Self::new(rng);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_gets_a_fair_share_in_the_end() {
        let mut rng = Rng::new(3);
        let mut pos = Pos::new(&mut rng);
        let mut made = [0_u32; 4];
        for _ in 0..4_000 {
            made[pos.pick(Moves(0b1111), &mut rng).0 as usize] += 1;
        }
        assert!(made.iter().all(|n| (500..2_000).contains(n)), "{made:?}");
    }

    #[test]
    fn an_actor_that_drew_low_waits_long() {
        let mut longest = 0;
        for seed in 0..100 {
            let mut rng = Rng::new(seed);
            let mut pos = Pos::new(&mut rng);
            let waits = (0..200).take_while(|_| pos.pick(Moves(0b11), &mut rng) == Move(0)).count();
            longest = longest.max(waits);
        }
        assert!(longest > 15, "a uniform walk of 100 runs waits for about 7 steps, this one for {longest}");
    }
}

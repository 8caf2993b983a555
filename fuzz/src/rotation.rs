//! Which executions a worker is to do next: the items take turns, a stretch of executions each.
//!
//! Stretches are short at first, so that every item has its turn early, and counted in executions, so that no clock says
//! which comes next. A *generation* of an item is complete before the next begins: what one teaches, all executions of
//! the next can know, however many workers there are.

use std::ops::Range;

/// The first generation, and the shortest stretch.
const SHORTEST: u64 = 16;
/// The longest stretch: some milliseconds.
const LONGEST: u64 = 64;
/// Generations double up to here. Then there are enough stretches in one to keep all workers busy.
const GENERATION_MAX: u64 = 2048;

/// The turns of all items.
pub(crate) struct Rotation {
    items: Vec<Turn>,
    next: usize,
}

/// How far an item is.
struct Turn {
    /// The executions that are left, by their number within the share.
    left: Range<u64>,
    /// How many of its stretches are under way.
    under_way: u32,
}

/// A stretch of executions of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) item: usize,
    pub(crate) executions: Range<u64>,
}

impl Rotation {
    /// Begins to rotate over `items` items with `executions` executions each.
    pub(crate) fn new(items: usize, executions: u64) -> Self {
        let turn = || Turn { left: 0..executions, under_way: 0 };
        Self { items: std::iter::repeat_with(turn).take(items).collect(), next: 0 }
    }

    /// Returns the next stretch; `None` if there is none before one that is under way has been done.
    pub(crate) fn next(&mut self) -> Option<Stretch> {
        let count = self.items.len();
        let item = (0..count).map(|n| (self.next + n) % count).find(|&item| self.items[item].may_go_on())?;
        self.next = item + 1;
        Some(self.items[item].take(item))
    }

    /// Notes that a stretch of `item` has been done. Returns whether it was the last of a generation.
    pub(crate) fn done(&mut self, item: usize) -> bool {
        let turn = &mut self.items[item];
        turn.under_way -= 1;
        turn.under_way == 0 && generation(turn.left.start).start == turn.left.start
    }

    /// Gives up what is left of `item`, a stretch of which nobody will do.
    pub(crate) fn give_up(&mut self, item: usize) {
        self.done(item);
        self.items[item].left = 0..0;
    }

    /// Returns whether all has been done.
    pub(crate) fn is_finished(&self) -> bool {
        self.items.iter().all(|turn| turn.left.is_empty() && turn.under_way == 0)
    }
}

impl Turn {
    fn may_go_on(&self) -> bool {
        !self.left.is_empty() && (self.under_way == 0 || generation(self.left.start).start < self.left.start)
    }

    fn take(&mut self, item: usize) -> Stretch {
        let Range { start, end } = self.left;
        let generation = generation(start);
        let len = ((generation.end - generation.start) / 4).clamp(SHORTEST, LONGEST);
        self.left.start = (start + len).min(end);
        self.under_way += 1;
        Stretch { item, executions: start..self.left.start }
    }
}

/// Returns the generation that an execution belongs to.
fn generation(execution: u64) -> Range<u64> {
    if execution < SHORTEST {
        return 0..SHORTEST;
    }
    let len = (1 << execution.ilog2()).min(GENERATION_MAX);
    let start = execution / len * len;
    start..start + len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_its_turn_before_any_has_a_second() {
        let mut rotation = Rotation::new(39, 1_000);
        let first: Vec<_> = (0..39).map(|_| rotation.next().unwrap()).collect();
        assert!(first.iter().enumerate().all(|(n, stretch)| stretch.item == n));
        assert!(first.iter().map(|stretch| stretch.executions.end).sum::<u64>() < 1_000);
        assert_eq!(rotation.next(), None, "nothing is known of the first generation yet");
    }

    #[test]
    fn each_execution_is_handed_out_once_in_order() {
        let mut rotation = Rotation::new(2, 10_001);
        let mut ends = [0; 2];
        while let Some(Stretch { item, executions, .. }) = rotation.next() {
            assert_eq!(executions.start, ends[item]);
            assert!(executions.end - executions.start <= LONGEST);
            ends[item] = executions.end;
            rotation.done(item);
        }
        assert_eq!(ends, [10_001; 2]);
        assert!(rotation.is_finished());
    }

    #[test]
    fn a_generation_waits_for_the_one_before() {
        let mut rotation = Rotation::new(1, 100_000);
        for _ in 0..1_000 {
            let mut together = vec![rotation.next().unwrap()];
            together.extend(std::iter::from_fn(|| rotation.next()));
            let generations: Vec<_> = together.iter().map(|s| generation(s.executions.start)).collect();
            assert!(generations.iter().all(|g| *g == generations[0]));
            assert!(together.len() <= 32);
            if together.last().unwrap().executions.end == 100_000 {
                return;
            }
            for stretch in 1..=together.len() {
                assert_eq!(rotation.done(0), stretch == together.len(), "its last stretch completes it");
            }
        }
        panic!("it has no end");
    }

    #[test]
    fn what_is_given_up_is_over() {
        let mut rotation = Rotation::new(2, 16);
        assert_eq!((rotation.next().unwrap().item, rotation.next().unwrap().item), (0, 1));
        rotation.give_up(0);
        assert!(!rotation.is_finished());
        rotation.done(1);
        assert!(rotation.is_finished() && rotation.next().is_none());
    }
}

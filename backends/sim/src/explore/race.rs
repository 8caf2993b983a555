//! What a run teaches: which of its steps could have come in another order, and where that order begins.

use super::clock::Clock;
use super::footprint::{FootprintId, Relation};
use super::search::{KeptBack, Node, Search};
use crate::moves::{CPU_FIRST, Move, Moves};

/// The moves that can cease to be possible without having been made: all but those of threads.
const FLEETING: u32 = !0 << CPU_FIRST;

/// A step, or one that a processor's level kept back.
#[derive(Clone, Copy)]
struct Event {
    /// How many steps came before it.
    index: usize,
    by: Move,
    touches: FootprintId,
}

impl Search {
    /// Finds out what the steps from `first` on, which are new, could have done otherwise.
    pub(super) fn learn(&mut self, first: usize) {
        for index in first..self.nodes.len() {
            self.want_what_vanished(index);
            if index > first {
                self.want_what_was_kept_back(index);
            }
            let Node { pick, step, settled, .. } = self.nodes[index];
            if settled {
                self.comes_after_all(index);
            } else {
                self.nodes[index].clock = self.order(Event { index, by: pick, touches: step });
            }
        }
    }

    /// A step after which another move is no longer possible: that move has to be tried instead.
    fn want_what_vanished(&mut self, index: usize) {
        let after = self.nodes.get(index + 1).map_or(self.left, |next| next.enabled);
        let node = &mut self.nodes[index];
        node.wanted |= node.enabled & !after & !node.pick.bit() & FLEETING;
    }

    /// An interrupt became pending, and its processor's level was too high: had it come before the level was raised,
    /// it could have been taken. It may never be, if who lowers the level deals with it.
    fn want_what_was_kept_back(&mut self, index: usize) {
        let before = self.nodes[index - 1].step;
        for i in 0..self.nodes[index].kept_back.len() {
            let KeptBack { interrupt, take, cause } = self.nodes[index].kept_back[i];
            if self.footprints.relation(before, cause) == Relation::Conflict {
                self.order(Event { index, by: interrupt, touches: take });
            }
        }
    }

    fn comes_after_all(&mut self, index: usize) {
        let mut clock = Clock::default();
        for node in &self.nodes[..index] {
            clock.join(&node.clock);
        }
        clock.add(self.nodes[index].pick, index);
        self.nodes[index].clock = clock;
    }

    /// Returns the clock of an event, and sees to it that it comes before each step that it races with in some run.
    fn order(&mut self, event: Event) -> Clock {
        let previous = (0..event.index).rev().find(|&i| self.nodes[i].pick == event.by);
        let since = previous.map_or(0, |p| p + 1);
        let was_enabled = |search: &Self, i: usize| Moves(search.nodes[i].enabled).contains(event.by);
        let enabled_by = (since..event.index).rev().find(|&i| !was_enabled(self, i));
        let mut clock = previous.map_or_else(Clock::default, |p| self.nodes[p].clock);
        let mut settled = clock;
        let mut races = Vec::new();
        for i in (0..event.index).rev() {
            let node = &self.nodes[i];
            if settled.has(node.pick, i) {
                continue;
            }
            let relation = self.footprints.relation(node.step, event.touches);
            if relation != Relation::Commute {
                clock.join(&node.clock);
            }
            if relation == Relation::Conflict && enabled_by != Some(i) {
                races.push(i);
                // What lies behind a race that surely can be reversed shows when it has been.
                if i >= since && was_enabled(self, i) {
                    settled.join(&node.clock);
                }
            }
        }
        clock.add(event.by, event.index);
        for race in races {
            self.want_reversal(race, event, &clock);
        }
        clock
    }

    /// Sees to it that some run has `event`, whose clock is `clock`, and all that it needs before step `earlier`.
    fn want_reversal(&mut self, earlier: usize, event: Event, clock: &Clock) {
        let first = self.initials(earlier, event, clock);
        let node = &mut self.nodes[earlier];
        let possible = Moves(first & node.enabled);
        if first & (node.wanted | node.asleep()) != 0 || possible.is_empty() {
            return;
        }
        node.wanted |= if possible.contains(event.by) { event.by.bit() } else { possible.nth(0).bit() };
    }

    /// Returns the moves with which a run can begin that has all steps between `earlier` and `event` that do not depend
    /// on `earlier`, and then `event`.
    fn initials(&self, earlier: usize, event: Event, clock: &Clock) -> u32 {
        let cause: Move = self.nodes[earlier].pick;
        let mut kept: Vec<usize> = Vec::new();
        let mut initials = 0;
        let is_free = |kept: &[usize], clock: &Clock| !kept.iter().any(|&m| clock.has(self.nodes[m].pick, m));
        for k in earlier + 1..event.index {
            let node = &self.nodes[k];
            if !node.clock.has(cause, earlier) {
                if is_free(&kept, &node.clock) {
                    initials |= node.pick.bit();
                }
                kept.push(k);
            }
        }
        if is_free(&kept, clock) { initials | event.by.bit() } else { initials }
    }
}

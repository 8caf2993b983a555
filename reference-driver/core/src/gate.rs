//! Who is inside the deferred routine, and how a stop waits until nobody is.

use dirql::sync::{AtomicU32, Ordering};
use dirql::{Cx, Passive, Platform};

const OPEN: u32 = 1 << 31;
const POLL_US: u32 = 50;

/// Lets deferred runs in while it is open, and counts those inside.
///
/// A run that popped a frame from a ring has still to tell the upper layer. Without the gate a stop could
/// return in between, with the frame neither in the ring nor given back. The device has no say in how long a
/// run is: the rings and the budget bound it.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Bit 31: open. Below: how many runs are inside, or are just finding it closed.
    word: AtomicU32,
}

/// Stands for one run inside; leaves when dropped.
#[derive(Debug)]
pub(crate) struct Pass<'g> {
    gate: &'g Gate,
}

impl Gate {
    pub(crate) const fn closed() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// Enters, unless the gate is closed.
    ///
    /// Counting comes before looking: a `close_and_drain` that misses the count closed before the look.
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        let before = self.word.fetch_add(1, Ordering::AcqRel);
        let pass = Pass { gate: self };
        (before & OPEN != 0).then_some(pass)
    }

    pub(crate) fn open(&self) {
        self.word.fetch_or(OPEN, Ordering::AcqRel);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.word.load(Ordering::Acquire) & OPEN != 0
    }

    /// Closes the gate and waits until nobody is inside.
    pub(crate) fn close_and_drain<P: Platform>(&self, cx: &mut Cx<'_, Passive>) {
        self.word.fetch_and(!OPEN, Ordering::AcqRel);
        while self.word.load(Ordering::Acquire) & !OPEN != 0 {
            P::delay(cx, POLL_US);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.word.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[test]
    fn nobody_enters_a_closed_gate() {
        let gate = Gate::closed();
        assert!(gate.enter().is_none());
        gate.open();
        let pass = gate.enter();
        assert!(pass.is_some() && gate.is_open());
    }

    #[test]
    fn the_count_survives_a_refused_entry_and_a_leave() {
        let gate = Gate::closed();
        assert!(gate.enter().is_none());
        assert_eq!(gate.word.load(super::Ordering::Relaxed), 0);
        gate.open();
        let (first, second) = (gate.enter(), gate.enter());
        assert_eq!(gate.word.load(super::Ordering::Relaxed), super::OPEN | 2);
        drop((first, second));
        assert_eq!(gate.word.load(super::Ordering::Relaxed), super::OPEN);
    }
}

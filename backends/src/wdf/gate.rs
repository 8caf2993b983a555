//! The gate that threads pass to synchronize.
//!
//! A flag that is looked at before the call would not do: D0 exit could disconnect in between. Who is inside is
//! counted in the same word that says whether the gate is open, so nobody gets in unseen.

use dirql::sync::{AtomicU32, Ordering};
use dirql::{Cx, Passive, Platform};

const OPEN: u32 = 1 << 31;
const POLL_US: u32 = 50;

/// Open or closed, and how many are inside or find out that they may not be.
pub(super) struct Gate(AtomicU32);

/// One who is inside, until it is dropped.
pub(super) struct Pass<'g>(&'g Gate);

impl Gate {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(super) fn open(&self) {
        self.0.fetch_or(OPEN, Ordering::SeqCst);
    }

    /// Goes inside; `None` if the gate is closed.
    pub(super) fn enter(&self) -> Option<Pass<'_>> {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        let pass = Pass(self);
        (before & OPEN != 0).then_some(pass)
    }

    /// Closes the gate and waits until nobody is inside. Sections are short, so it looks again from time to time.
    pub(super) fn close_and_drain<P: Platform>(&self, cx: &mut Cx<'_, Passive>) {
        self.0.fetch_and(!OPEN, Ordering::SeqCst);
        while self.0.load(Ordering::SeqCst) & !OPEN != 0 {
            P::delay(cx, POLL_US);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

//! Which run it is: what outlives a run must not be taken for a part of the next.

#![allow(clippy::disallowed_types, reason = "machines on several OS threads count their runs together")]

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Names one run. No other run of the process has the same name, whatever machine it is on. It is only ever
/// compared, so it influences nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunId(u64);

impl RunId {
    /// Names the next run. The first is 1.
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Relaxed) + 1)
    }

    /// Returns its number, as far as it fits.
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }
}

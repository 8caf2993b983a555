//! What was granted, in a word that any processor may read at any time.

use dirql::Source;
use dirql::sync::{AtomicU32, Ordering};

use crate::Granted;

/// Set with any grant.
const SOMETHING: u32 = 1 << 31;
/// Set if that is the line. The bits below count messages.
const LINE: u32 = 1 << 16;

/// A grant, or none while nothing is connected. What was written before [`set`](Self::set) is there for whoever
/// sees the grant.
pub(crate) struct Grant(AtomicU32);

impl Grant {
    pub(crate) const fn none() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(crate) fn set(&self, granted: Granted) {
        let word = match granted {
            Granted::Line => LINE,
            Granted::Messages(count) => count.into(),
        };
        self.0.store(SOMETHING | word, Ordering::SeqCst);
    }

    pub(crate) fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> Option<Granted> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            word if word & LINE != 0 => Some(Granted::Line),
            word => Some(Granted::Messages(word as u16)),
        }
    }

    /// Says whether a source was granted. In every section's way, so one load and one comparison.
    pub(crate) fn has(&self, source: Source) -> bool {
        let word = self.0.load(Ordering::SeqCst);
        match source {
            Source::Line => word & LINE != 0,
            Source::Message(n) => n < word as u16,
        }
    }
}

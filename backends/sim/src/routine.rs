//! Driver callbacks as the machine keeps them.

use core::ops::Range;

/// A callback of the driver, with whatever its calling convention needs.
#[derive(Clone, Copy, Debug)]
pub struct Routine {
    /// Unpacks the rest and calls the driver.
    pub call: unsafe fn(&Routine) -> bool,
    /// The driver's function, for `call` to interpret; null if `call` knows it.
    pub function: *const (),
    /// The driver's context.
    pub context: *mut (),
    /// What else the driver's function wants.
    pub arguments: [usize; 3],
}

impl Routine {
    /// Returns whether the driver's context lies in `block`.
    pub(crate) fn has_context_in(&self, block: &Range<usize>) -> bool {
        block.contains(&(self.context as usize))
    }

    /// Calls the driver.
    ///
    /// # Safety
    /// The context is still what the driver registered: the machine calls no routine after it was disconnected
    /// or removed.
    pub(crate) unsafe fn run(&self) -> bool {
        // SAFETY: whoever made the routine matched `call` with the other fields, and the caller guarantees
        // that they are still alive.
        unsafe { (self.call)(self) }
    }
}

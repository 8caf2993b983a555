//! Driver callbacks as the machine keeps them.

use core::ops::Range;

/// How a routine is called: the function unpacks the rest of the routine, calls the driver, and returns its
/// BOOLEAN.
pub type Call = unsafe fn(&Routine) -> u8;

/// A callback of the driver, with whatever its calling convention needs.
#[derive(Clone, Copy, Debug)]
pub struct Routine {
    call: Call,
    function: *const (),
    context: *mut (),
    arguments: [usize; 3],
}

impl Routine {
    /// Makes a routine that `call` interprets: `function` is the driver's function, or null if `call` knows it,
    /// `context` the driver's context, and `arguments` is what else that function wants.
    ///
    /// # Safety
    /// Calling `call` with the result is sound on whatever context of the machine, at any time until the routine
    /// is disconnected and, if a DPC or work item is made of it, until that is neither queued nor running, never to
    /// be queued again: `function` is of the type that `call` takes it for, and what `context` points to lives as long. A
    /// DPC's last two arguments can be any: they are those of whoever queues it.
    pub const unsafe fn new(
        call: Call,
        function: *const (),
        context: *mut (),
        arguments: [usize; 3],
    ) -> Self {
        Self { call, function, context, arguments }
    }

    /// Returns the driver's function.
    pub const fn function(&self) -> *const () {
        self.function
    }

    /// Returns the driver's context.
    pub const fn context(&self) -> *mut () {
        self.context
    }

    /// Returns what else the driver's function wants.
    pub const fn arguments(&self) -> [usize; 3] {
        self.arguments
    }

    /// Returns the same routine, as a DPC that was queued with these last two arguments.
    pub(crate) const fn queued_with(self, [second, third]: [usize; 2]) -> Self {
        Self { arguments: [self.arguments[0], second, third], ..self }
    }

    /// Returns whether this calls the same function for the same context and first argument.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.function, self.context, self.arguments[0])
            == (other.function, other.context, other.arguments[0])
    }

    /// Returns whether the driver's context lies in `block`.
    pub(crate) fn has_context_in(&self, block: &Range<usize>) -> bool {
        block.contains(&(self.context as usize))
    }

    /// Calls the driver, and returns its value unchanged (R7).
    ///
    /// # Safety
    /// The routine is connected, queued or being run, as [`new`](Self::new) has it.
    pub(crate) unsafe fn value(&self) -> u8 {
        // SAFETY: `new` was promised that this is sound as long as the caller guarantees.
        unsafe { (self.call)(self) }
    }

    /// Calls the driver, and says whether its value is TRUE: any but FALSE.
    ///
    /// # Safety
    /// As for [`value`](Self::value).
    pub(crate) unsafe fn run(&self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.value() != 0 }
    }
}

//! Stacks: each thread of the machine runs on one, and what interrupts it nests there.
//!
//! Fibers live as long as the machine and run one job after the other, so that a run allocates no stack and maps
//! no memory.

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

const STACK_SIZE: usize = 256 * 1024;

type Inner = Coroutine<(), (), (), DefaultStack>;

/// A stack with a context on it, or waiting for one.
pub(crate) struct Fiber {
    // None only while a context is replaced.
    coroutine: Option<Inner>,
}

/// How a fiber's code gets back to the machine's loop.
pub(crate) type Suspend = Yielder<(), ()>;

impl Fiber {
    pub(crate) fn new(body: fn(&Suspend)) -> Self {
        let stack = DefaultStack::new(STACK_SIZE).expect("the host has memory for a 256 KiB stack");
        Self { coroutine: Some(Self::on(stack, body)) }
    }

    fn on(stack: DefaultStack, body: fn(&Suspend)) -> Inner {
        Coroutine::with_stack(stack, move |suspend, ()| body(suspend))
    }

    /// Runs the fiber until it suspends.
    pub(crate) fn resume(&mut self) {
        let coroutine = self.coroutine.as_mut().expect("a fiber has a context");
        match coroutine.resume(()) {
            CoroutineResult::Yield(()) => {}
            CoroutineResult::Return(()) => unreachable!("a fiber's body never returns"),
        }
    }

    /// Abandons whatever runs on the fiber and makes it ready for the next job. Nothing on the stack is dropped.
    pub(crate) fn abandon(&mut self, body: fn(&Suspend)) {
        let Some(mut coroutine) = self.coroutine.take_if(|c| c.started()) else { return };
        // SAFETY: nothing on this stack is used again. What runs there borrows from the caller of
        // `Machine::run`, which gets control back only after this; owned values are leaked, not freed, so no
        // pointer to them dangles.
        unsafe { coroutine.force_reset() };
        self.coroutine = Some(Self::on(coroutine.into_stack(), body));
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if let Some(coroutine) = self.coroutine.as_mut()
            && coroutine.started()
            && !coroutine.done()
        {
            // SAFETY: as in `abandon`; the machine is not running.
            unsafe { coroutine.force_reset() };
        }
    }
}

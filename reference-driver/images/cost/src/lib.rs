//! A section on each kernel backend, as a driver calls it, beside the same call by hand.
//!
//! The section counts up and returns the count; the function returns it too, or [`NOT_RUN`]. Each function is called
//! `<backend>_<source>`, and the one by hand `<backend>_<source>_by_hand`.
#![no_std]

mod by_hand;

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Dispatch, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Source,
};
use dirql_backends::{kmdf, ndis, wdm};

/// What the ISR and the sections share.
struct Counter {
    count: u64,
}

impl Counter {
    fn next(&mut self) -> u64 {
        self.count = self.count.wrapping_add(1);
        self.count
    }
}

/// A driver that counts.
struct Driver;

impl InterruptHandler for Driver {
    type Shared = Counter;

    fn shared(&self, _: Domain) -> Counter {
        Counter { count: 0 }
    }

    fn isr(&self, counter: &mut Counter, _: Source) -> IsrOutcome {
        counter.next();
        IsrOutcome::HANDLED
    }

    fn deferred<I: InterruptSync<Shared = Counter>>(
        &self,
        _: &mut Cx<'_, I::Deferred>,
        _: &I,
        _: Source,
        _: Budget,
    ) -> DeferredOutcome {
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut Counter, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut Counter, _: Source, _: Disable) {}
}

/// What the functions return if the section did not run; a count is at least 1.
const NOT_RUN: u64 = 0;

/// Counts in a section.
#[inline(always)]
fn count<I>(interrupt: &I, cx: &mut Cx<'_, Dispatch>, source: Source) -> u64
where
    I: InterruptSync<Shared = Counter, MaxCaller = Dispatch>,
{
    interrupt.synchronize(cx, source, Counter::next).unwrap_or(NOT_RUN)
}

/// Exports a function for the line and one for a message of each backend.
macro_rules! export {
    ($($backend:ident: $line:ident, $message:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $line(
            interrupt: &$backend::Interrupt<Driver>,
            cx: &mut Cx<'_, Dispatch>,
        ) -> u64 {
            count(interrupt, cx, Source::Line)
        }

        #[unsafe(no_mangle)]
        extern "C" fn $message(
            interrupt: &$backend::Interrupt<Driver>,
            cx: &mut Cx<'_, Dispatch>,
            n: u16,
        ) -> u64 {
            count(interrupt, cx, Source::Message(n))
        }
    )*};
}

export! {
    wdm: wdm_line, wdm_message;
    ndis: ndis_line, ndis_message;
    kmdf: kmdf_line, kmdf_message;
}

/// Can panic: the count has to say so.
#[unsafe(no_mangle)]
extern "C" fn planted_panic(numbers: &[u64; 4], n: usize) -> u64 {
    numbers[n]
}

/// Copies much: the count has to say so.
#[unsafe(no_mangle)]
extern "C" fn planted_copy(from: &[u64; 512], to: &mut [u64; 512]) {
    *to = *from;
}

/// Ends in a symbol that nobody defines: whoever can panic refers to it.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_panic_path_is_linked() -> !;
    }
    // SAFETY: nothing links this image.
    unsafe { a_panic_path_is_linked() }
}

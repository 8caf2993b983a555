//! What the kernel calls: service routines, and the deferred routine.

use dirql::{Cx, DeferredOutcome, Dispatch, InterruptHandler, Source};
use dirql_ddi::*;

use super::Interrupt;
use super::interrupt::Deferred;

/// # Safety
/// The kernel calls this for a connected interrupt, with the context given and its lock held.
unsafe fn service<H: InterruptHandler>(context: PVOID, source: Source) -> BOOLEAN {
    // SAFETY: the context is the interrupt, which outlives its connection.
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: the kernel holds the lock of this source's domain while it calls the ISR.
    let outcome = unsafe { interrupt.object.isr(source) };
    if outcome.defer {
        interrupt.queue(source);
    }
    BOOLEAN::from(outcome.claimed)
}

/// # Safety
/// As for [`service`].
pub(super) unsafe extern "C-unwind" fn service_line<H: InterruptHandler>(
    _: PKINTERRUPT,
    context: PVOID,
) -> BOOLEAN {
    // SAFETY: as the kernel calls this.
    unsafe { service::<H>(context, Source::Line) }
}

/// # Safety
/// As for [`service`].
pub(super) unsafe extern "C-unwind" fn service_message<H: InterruptHandler>(
    _: PKINTERRUPT,
    context: PVOID,
    message: ULONG,
) -> BOOLEAN {
    // SAFETY: as the kernel calls this; a message beyond those asked for has no state, and is refused.
    unsafe { service::<H>(context, Source::Message(message as u16)) }
}

/// # Safety
/// The kernel calls this for a DPC of an interrupt, at DISPATCH_LEVEL.
pub(super) unsafe extern "C-unwind" fn deferred_routine<H: InterruptHandler>(
    dpc: PKDPC,
    context: PVOID,
    _: PVOID,
    _: PVOID,
) {
    // SAFETY: the context is the interrupt, which outlives its DPCs (`drain_deferred`).
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: every DPC of ours is the first field of a `Deferred`.
    let source = unsafe { (*dpc.cast::<Deferred>()).source };
    let budget = interrupt.object.config.budget;
    // SAFETY: DPCs run at DISPATCH_LEVEL (R33).
    let outcome = unsafe {
        Cx::<Dispatch>::enter(|cx| interrupt.object.handler.deferred(cx, interrupt, source, budget))
    };
    if outcome == DeferredOutcome::Again && interrupt.object.may_defer() {
        interrupt.queue(source);
    }
}

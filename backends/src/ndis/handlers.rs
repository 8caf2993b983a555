//! What NDIS calls. Every context is the [`Interrupt`] that was registered.

use core::ptr::null_mut;

use dirql::{Config, Cx, Dispatch, InterruptHandler, Request, Serialize, Source};
use dirql_ddi::ndis::*;
use dirql_ddi::{BOOLEAN, PVOID, TRUE, ULONG};

use super::Interrupt;

/// Returns what to register for an interrupt: the line always, since NDIS may grant nothing else (R53).
pub(super) fn characteristics<H: InterruptHandler>(
    config: &Config,
) -> NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
    let messages = matches!(config.request, Request::Messages { .. });
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
            Revision: NDIS_MINIPORT_INTERRUPT_REVISION_1,
            Size: NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1,
        },
        InterruptHandler: Some(isr::<H>),
        InterruptDpcHandler: Some(dpc::<H>),
        DisableInterruptHandler: Some(disable::<H>),
        EnableInterruptHandler: Some(enable::<H>),
        MsiSupported: BOOLEAN::from(messages),
        MsiSyncWithAllMessages: BOOLEAN::from(config.serialize == Serialize::AllSources),
        MessageInterruptHandler: messages.then_some(message_isr::<H>),
        MessageInterruptDpcHandler: messages.then_some(message_dpc::<H>),
        DisableMessageInterruptHandler: messages.then_some(disable_message::<H>),
        EnableMessageInterruptHandler: messages.then_some(enable_message::<H>),
        InterruptType: 0,
        MessageInfoTable: null_mut(),
    }
}

/// A message beyond those asked for has no state, and is refused.
fn message(id: ULONG) -> Source {
    Source::Message(u16::try_from(id).unwrap_or(u16::MAX))
}

/// Calls the ISR, and asks NDIS for the DPC on this processor (R40). Returns whether the interrupt was the
/// device's.
///
/// # Safety
/// NDIS calls this for a registered interrupt, with its context, holding its lock; the out-parameters are
/// valid for writing.
unsafe fn serve<H: InterruptHandler>(
    context: NDIS_HANDLE,
    source: Source,
    queue_default: *mut BOOLEAN,
    targets: *mut ULONG,
) -> bool {
    // SAFETY: the context is the interrupt, which outlives its registration.
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: NDIS holds the lock of this source's domain while it calls the ISR.
    let outcome = unsafe { interrupt.isr(source) };
    // SAFETY: NDIS passes places to write to; here and below.
    unsafe { queue_default.write(BOOLEAN::from(outcome.defer)) };
    // SAFETY: as above.
    unsafe { targets.write(0) };
    outcome.claimed
}

unsafe extern "C-unwind" fn isr<H: InterruptHandler>(
    context: NDIS_HANDLE,
    queue_default: *mut BOOLEAN,
    targets: *mut ULONG,
) -> BOOLEAN {
    // SAFETY: as NDIS calls this.
    BOOLEAN::from(unsafe { serve::<H>(context, Source::Line, queue_default, targets) })
}

/// Messages are not shared: the value is TRUE (B17).
unsafe extern "C-unwind" fn message_isr<H: InterruptHandler>(
    context: NDIS_HANDLE,
    id: ULONG,
    queue_default: *mut BOOLEAN,
    targets: *mut ULONG,
) -> BOOLEAN {
    // SAFETY: as NDIS calls this.
    unsafe { serve::<H>(context, message(id), queue_default, targets) };
    TRUE
}

/// # Safety
/// NDIS calls this for a DPC of a registered interrupt, with its context, at DISPATCH_LEVEL; `throttle`
/// points to NDIS_RECEIVE_THROTTLE_PARAMETERS (NDIS 6.20).
unsafe fn run<H: InterruptHandler>(context: NDIS_HANDLE, source: Source, throttle: PVOID) {
    // SAFETY: the context is the interrupt, which outlives its DPCs (R22).
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: NDIS passes the parameters of this call alone.
    let throttle = unsafe { &mut *throttle.cast::<NDIS_RECEIVE_THROTTLE_PARAMETERS>() };
    // SAFETY: DPCs run at DISPATCH_LEVEL (R33).
    unsafe { Cx::<Dispatch>::enter(|cx| interrupt.deferred(cx, source, throttle)) };
}

unsafe extern "C-unwind" fn dpc<H: InterruptHandler>(
    context: NDIS_HANDLE,
    _: PVOID,
    throttle: PVOID,
    _: PVOID,
) {
    // SAFETY: as NDIS calls this.
    unsafe { run::<H>(context, Source::Line, throttle) };
}

unsafe extern "C-unwind" fn message_dpc<H: InterruptHandler>(
    context: NDIS_HANDLE,
    id: ULONG,
    _: PVOID,
    throttle: PVOID,
    _: PVOID,
) {
    // SAFETY: as NDIS calls this.
    unsafe { run::<H>(context, message(id), throttle) };
}

/// # Safety
/// NDIS calls this for a registered interrupt, with its context, holding the source's lock (R46).
unsafe fn diagnose<H: InterruptHandler>(context: NDIS_HANDLE, source: Source, enable: bool) {
    // SAFETY: the context is the interrupt, which outlives its registration.
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: NDIS holds the lock.
    unsafe { interrupt.diagnose(source, enable) };
}

unsafe extern "C-unwind" fn disable<H: InterruptHandler>(context: NDIS_HANDLE) {
    // SAFETY: as NDIS calls this; here and below.
    unsafe { diagnose::<H>(context, Source::Line, false) };
}

unsafe extern "C-unwind" fn enable<H: InterruptHandler>(context: NDIS_HANDLE) {
    // SAFETY: as above.
    unsafe { diagnose::<H>(context, Source::Line, true) };
}

unsafe extern "C-unwind" fn disable_message<H: InterruptHandler>(context: NDIS_HANDLE, id: ULONG) {
    // SAFETY: as above.
    unsafe { diagnose::<H>(context, message(id), false) };
}

unsafe extern "C-unwind" fn enable_message<H: InterruptHandler>(context: NDIS_HANDLE, id: ULONG) {
    // SAFETY: as above.
    unsafe { diagnose::<H>(context, message(id), true) };
}

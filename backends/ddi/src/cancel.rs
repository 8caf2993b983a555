//! Cancelling requests.

#[cfg(not(feature = "sim"))]
#[allow(
    clippy::disallowed_types,
    reason = "on a target this is what InterlockedExchangePointer compiles to"
)]
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::*;

ntoskrnl! {
    /// Takes the system's lock for cancelling. At or below DISPATCH_LEVEL; at it afterwards.
    pub fn IoAcquireCancelSpinLock(Irql: *mut KIRQL);
    /// Gives it back, to the level from before. In a cancel routine that is the request's CancelIrql.
    pub fn IoReleaseCancelSpinLock(Irql: KIRQL);
    /// Has a request cancelled. TRUE: its cancel routine was called. At or below DISPATCH_LEVEL.
    pub fn IoCancelIrp(Irp: PIRP) -> BOOLEAN;
}

/// Exchanges a request's cancel routine (inline in `wdm.h`). Null back from clearing it: the old one was called, or is
/// about to be. At or below DISPATCH_LEVEL.
///
/// # Safety
/// The caller has the request, and the routine takes it.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn IoSetCancelRoutine(Irp: PIRP, CancelRoutine: PDRIVER_CANCEL) -> PDRIVER_CANCEL {
    let new = CancelRoutine.map_or(core::ptr::null_mut(), |routine| routine as *mut ());
    // SAFETY: the caller has the request.
    let place = unsafe { &raw mut (*Irp).CancelRoutine };
    // SAFETY: an aligned pointer, which others exchange too, and in no other way.
    let old = unsafe { AtomicPtr::<()>::from_ptr(place.cast()) }.swap(new, Ordering::SeqCst);
    // SAFETY: an Option of a function pointer is as long as a pointer, and null is None.
    unsafe { core::mem::transmute::<*mut (), PDRIVER_CANCEL>(old) }
}

#[cfg(feature = "sim")]
unsafe extern "C-unwind" {
    pub fn IoSetCancelRoutine(Irp: PIRP, CancelRoutine: PDRIVER_CANCEL) -> PDRIVER_CANCEL;
}

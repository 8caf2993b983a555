//! A section on its way through a framework: a closure in, its result out, by one context pointer.
//!
//! `KSYNCHRONIZE_ROUTINE` and `MINIPORT_SYNCHRONIZE_INTERRUPT` are one type, which WDM and NDIS share;
//! `EVT_WDF_INTERRUPT_SYNCHRONIZE` gets the interrupt's handle first.
//!
//! What this adds to a call by hand is counted in instructions by `.ci/cost`.

use core::mem::ManuallyDrop;

use dirql::SyncError;
#[cfg(any(feature = "kmdf", feature = "umdf"))]
use dirql_ddi::wdf::WDFINTERRUPT;
use dirql_ddi::{BOOLEAN, PVOID, TRUE};

/// What [`run`] is given: the section before it ran, its result after.
pub(crate) struct Call<F, R> {
    /// Moved out when it runs.
    section: ManuallyDrop<F>,
    /// Says [`SyncError::NotRun`] until it ran.
    result: Result<R, SyncError>,
}

#[cfg(any(feature = "wdm", feature = "ndis"))]
pub(crate) type Routine = unsafe extern "C-unwind" fn(PVOID) -> BOOLEAN;
#[cfg(any(feature = "kmdf", feature = "umdf"))]
pub(crate) type WdfRoutine = unsafe extern "C-unwind" fn(WDFINTERRUPT, PVOID) -> BOOLEAN;

impl<F: FnOnce() -> R, R> Call<F, R> {
    pub(crate) const fn new(section: F) -> Self {
        Self { section: ManuallyDrop::new(section), result: Err(SyncError::NotRun) }
    }

    /// Returns the routine to which the framework is to pass the address of this call.
    #[cfg(any(feature = "wdm", feature = "ndis"))]
    pub(crate) fn routine(&self) -> Routine {
        run::<F, R>
    }

    /// As `routine`, for WDF.
    #[cfg(any(feature = "kmdf", feature = "umdf"))]
    pub(crate) fn wdf_routine(&self) -> WdfRoutine {
        run_wdf::<F, R>
    }

    /// Returns what the section returned. Only a section that ran proves that the lock was held.
    pub(crate) fn result(mut self) -> Result<R, SyncError> {
        if self.result.is_err() {
            // SAFETY: it did not run, so it is still there.
            unsafe { ManuallyDrop::drop(&mut self.section) };
        }
        self.result
    }
}

/// # Safety
/// `context` points to the matching [`Call`]; the framework calls this at most once for it, holding the interrupt's
/// lock (R8).
unsafe extern "C-unwind" fn run<F: FnOnce() -> R, R>(context: PVOID) -> BOOLEAN {
    // SAFETY: the caller passed its own `Call` and does not touch it meanwhile.
    let call = unsafe { &mut *context.cast::<Call<F, R>>() };
    // SAFETY: this is the only run, and `result` leaves alone what ran.
    let section = unsafe { ManuallyDrop::take(&mut call.section) };
    call.result = Ok(section());
    TRUE
}

/// # Safety
/// As for [`run`].
#[cfg(any(feature = "kmdf", feature = "umdf"))]
unsafe extern "C-unwind" fn run_wdf<F: FnOnce() -> R, R>(_: WDFINTERRUPT, context: PVOID) -> BOOLEAN {
    // SAFETY: the caller's promise is the one that `run` wants.
    unsafe { run::<F, R>(context) }
}

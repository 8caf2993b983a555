//! A section on its way through a framework: a closure in, its result out, by one context pointer.
//!
//! `KSYNCHRONIZE_ROUTINE` and `MINIPORT_SYNCHRONIZE_INTERRUPT` are one type, which WDM and NDIS share;
//! `EVT_WDF_INTERRUPT_SYNCHRONIZE` gets the interrupt's handle first.

use dirql::{InterruptHandler, SyncError};
#[cfg(feature = "kmdf")]
use dirql_ddi::wdf::WDFINTERRUPT;
use dirql_ddi::{BOOLEAN, PVOID, TRUE};

use crate::object::Object;

/// What [`run`] is given: the section before it ran, its result after.
pub(crate) struct Call<'c, H: InterruptHandler, F, R> {
    object: &'c Object<H>,
    section: Option<F>,
    result: Option<R>,
}

#[cfg(any(feature = "wdm", feature = "ndis"))]
pub(crate) type Routine = unsafe extern "C-unwind" fn(PVOID) -> BOOLEAN;
#[cfg(feature = "kmdf")]
pub(crate) type WdfRoutine = unsafe extern "C-unwind" fn(WDFINTERRUPT, PVOID) -> BOOLEAN;

impl<'c, H: InterruptHandler, F: FnOnce(&Object<H>) -> R, R> Call<'c, H, F, R> {
    pub(crate) const fn new(object: &'c Object<H>, section: F) -> Self {
        Self { object, section: Some(section), result: None }
    }

    /// Returns the routine to which the framework is to pass the address of this call.
    #[cfg(any(feature = "wdm", feature = "ndis"))]
    pub(crate) fn routine(&self) -> Routine {
        run::<H, F, R>
    }

    /// As `routine`, for WDF.
    #[cfg(feature = "kmdf")]
    pub(crate) fn wdf_routine(&self) -> WdfRoutine {
        run_wdf::<H, F, R>
    }

    /// Returns what the section returned. Only a section that ran proves that the lock was held.
    pub(crate) fn result(self) -> Result<R, SyncError> {
        self.result.ok_or(SyncError::NotRun)
    }
}

/// # Safety
/// `context` points to the matching [`Call`]; the framework calls this once, holding the interrupt's lock.
unsafe extern "C-unwind" fn run<H: InterruptHandler, F, R>(context: PVOID) -> BOOLEAN
where
    F: FnOnce(&Object<H>) -> R,
{
    // SAFETY: the caller passed its own `Call` and does not touch it meanwhile.
    let call = unsafe { &mut *context.cast::<Call<'_, H, F, R>>() };
    if let Some(section) = call.section.take() {
        call.result = Some(section(call.object));
    }
    TRUE
}

/// # Safety
/// As for [`run`].
#[cfg(feature = "kmdf")]
unsafe extern "C-unwind" fn run_wdf<H: InterruptHandler, F, R>(_: WDFINTERRUPT, context: PVOID) -> BOOLEAN
where
    F: FnOnce(&Object<H>) -> R,
{
    // SAFETY: the caller's promise is the one that `run` wants.
    unsafe { run::<H, F, R>(context) }
}

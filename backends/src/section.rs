//! A section on its way through a framework: a closure in, its result out, by one context pointer.
//!
//! `KSYNCHRONIZE_ROUTINE` and `MINIPORT_SYNCHRONIZE_INTERRUPT` are one type, so WDM and NDIS share this.

use dirql::{InterruptHandler, SyncError};
use dirql_ddi::{BOOLEAN, PVOID, TRUE};

use crate::object::Object;

/// What [`run`] is given: the section before it ran, its result after.
pub(crate) struct Call<'c, H: InterruptHandler, F, R> {
    object: &'c Object<H>,
    section: Option<F>,
    result: Option<R>,
}

pub(crate) type Routine = unsafe extern "C-unwind" fn(PVOID) -> BOOLEAN;

impl<'c, H: InterruptHandler, F: FnOnce(&Object<H>) -> R, R> Call<'c, H, F, R> {
    pub(crate) const fn new(object: &'c Object<H>, section: F) -> Self {
        Self { object, section: Some(section), result: None }
    }

    /// Returns the routine to which the framework is to pass the address of this call.
    pub(crate) fn routine(&self) -> Routine {
        run::<H, F, R>
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

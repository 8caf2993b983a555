//! What the framework calls, and how it finds the interrupt that it calls for.

use core::ffi::c_void;
use core::ptr::null_mut;

use dirql::sync::Ordering;
use dirql::{Cx, DeferredOutcome, Error, ErrorKind, InterruptHandler};
use dirql_ddi::wdf::*;
use dirql_ddi::*;

use super::resources::Resource;
use super::{Framework, InDeferred, Interrupt};

/// The context of each of our WDFINTERRUPTs; all zeros as the framework makes it.
#[repr(C)]
pub(super) struct Context {
    /// The `Interrupt<F, H>`; null before it is registered and after it was unregistered.
    pub(super) interrupt: *mut c_void,
    pub(super) slot: u32,
}

struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: never written; its pointers are to constants.
unsafe impl Sync for ContextType {}

static CONTEXT_TYPE: ContextType = ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
    ContextName: c"DirqlInterrupt".as_ptr(),
    ContextSize: size_of::<Context>(),
    UniqueType: &raw const CONTEXT_TYPE.0,
    EvtDriverGetUniqueContextType: None,
});

impl Context {
    /// Returns the context of an interrupt object. Any IRQL.
    ///
    /// # Safety
    /// `create` made the object, and the framework has not deleted it.
    unsafe fn of<F: Framework>(handle: WDFINTERRUPT) -> *mut Self {
        // SAFETY: the caller guarantees the handle.
        unsafe { F::context(handle.cast(), CONTEXT_TYPE.0.UniqueType) }.cast()
    }

    /// Makes this the context of an interrupt object.
    ///
    /// # Safety
    /// As for [`Self::of`], and the framework does not call back for the object meanwhile.
    pub(super) unsafe fn store<F: Framework>(self, handle: WDFINTERRUPT) {
        // SAFETY: the caller guarantees the handle.
        let place = unsafe { Self::of::<F>(handle) };
        // SAFETY: the framework made the context this large; the caller guarantees that nobody reads it.
        unsafe { place.write(self) };
    }
}

/// Creates the interrupt object of one resource, with its context empty.
pub(super) fn create<F: Framework, H: InterruptHandler>(
    device: WDFDEVICE,
    resource: Resource,
    lock: WDFOBJECT,
) -> Result<WDFINTERRUPT, Error> {
    let mut config = F::config(Some(evt_isr::<F, H>), Some(evt_deferred::<F, H>), lock);
    config.EvtInterruptEnable = Some(evt_enable::<F, H>);
    config.EvtInterruptDisable = Some(evt_disable::<F, H>);
    config.InterruptRaw = resource.raw;
    config.InterruptTranslated = resource.translated;
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    attributes.ContextTypeInfo = &raw const CONTEXT_TYPE.0;
    let mut handle = null_mut();
    // SAFETY: everything lent is ours for the length of the call; the framework checks when it may be made.
    let status = unsafe { F::create(device, &mut config, &mut attributes, &mut handle) };
    if NT_SUCCESS(status) { Ok(handle) } else { Err(error_of(status)) }
}

pub(crate) fn error_of(status: NTSTATUS) -> Error {
    match status {
        STATUS_INSUFFICIENT_RESOURCES => ErrorKind::OutOfResources,
        _ => ErrorKind::Unsupported,
    }
    .into()
}

/// Returns the status by which a callback tells the framework of an error.
pub fn status_of(error: Error) -> NTSTATUS {
    match error.kind() {
        ErrorKind::NoInterrupt => STATUS_NOT_FOUND,
        ErrorKind::OutOfResources => STATUS_INSUFFICIENT_RESOURCES,
        ErrorKind::Unsupported => STATUS_NOT_SUPPORTED,
        _ => STATUS_UNSUCCESSFUL,
    }
}

/// Returns what an interrupt object stands for.
///
/// # Safety
/// `create::<F, H>` made the object, and the framework calls back for it.
unsafe fn registered<'i, F: Framework, H: InterruptHandler>(
    handle: WDFINTERRUPT,
) -> Option<(&'i Interrupt<F, H>, u32)> {
    // SAFETY: the caller guarantees the handle.
    let context = unsafe { Context::of::<F>(handle) };
    // SAFETY: a context is written only while the framework does not call back.
    let Context { interrupt, slot } = unsafe { context.read() };
    // SAFETY: what is not null is the interrupt, which outlives its registration.
    unsafe { interrupt.cast::<Interrupt<F, H>>().as_ref() }.map(|interrupt| (interrupt, slot))
}

/// Holding the interrupt's lock. `_` is the MessageID, which says less than the slot.
unsafe extern "C-unwind" fn evt_isr<F: Framework, H: InterruptHandler>(
    handle: WDFINTERRUPT,
    _: ULONG,
) -> BOOLEAN {
    // SAFETY: as the framework calls this.
    let Some((interrupt, slot)) = (unsafe { registered::<F, H>(handle) }) else { return FALSE };
    // SAFETY: the framework holds the lock of this source's domain while it calls the ISR.
    let outcome = unsafe { interrupt.object.isr(interrupt.source(slot)) };
    if outcome.defer {
        // SAFETY: the object is ours; it is queued already if this returns FALSE, which is as good.
        unsafe { F::defer(handle) };
    }
    BOOLEAN::from(outcome.claimed)
}

/// At `F::Level`. A run that comes after its source was disabled is nobody's (R67).
unsafe extern "C-unwind" fn evt_deferred<F: Framework, H: InterruptHandler>(
    handle: WDFINTERRUPT,
    _: WDFOBJECT,
) {
    // SAFETY: as the framework calls this.
    let Some((interrupt, slot)) = (unsafe { registered::<F, H>(handle) }) else { return };
    if !interrupt.is_enabled(slot) {
        return;
    }
    let source = interrupt.source(slot);
    let budget = interrupt.object.config.budget;
    let deferring = InDeferred(interrupt);
    // SAFETY: deferred routines run at this level (`Framework`).
    let outcome = unsafe {
        Cx::<F::Level>::enter(|cx| interrupt.object.handler.deferred(cx, &deferring, source, budget))
    };
    if outcome == DeferredOutcome::Again {
        interrupt.defer_again(slot);
    }
}

/// Holding the interrupt's lock.
unsafe extern "C-unwind" fn evt_enable<F: Framework, H: InterruptHandler>(
    handle: WDFINTERRUPT,
    _: WDFDEVICE,
) -> NTSTATUS {
    // SAFETY: as the framework calls this.
    let Some((interrupt, slot)) = (unsafe { registered::<F, H>(handle) }) else { return STATUS_SUCCESS };
    // SAFETY: the framework holds the lock of this source's domain.
    match unsafe { interrupt.object.enable(interrupt.source(slot)) } {
        Ok(()) => {
            interrupt.enabled.fetch_or(1 << slot, Ordering::SeqCst);
            STATUS_SUCCESS
        }
        Err(error) => status_of(error),
    }
}

/// Holding the interrupt's lock.
unsafe extern "C-unwind" fn evt_disable<F: Framework, H: InterruptHandler>(
    handle: WDFINTERRUPT,
    _: WDFDEVICE,
) -> NTSTATUS {
    // SAFETY: as the framework calls this.
    if let Some((interrupt, slot)) = unsafe { registered::<F, H>(handle) } {
        // SAFETY: the framework holds the lock of this source's domain.
        unsafe { interrupt.object.close(interrupt.source(slot), interrupt.why()) };
        interrupt.enabled.fetch_and(!(1 << slot), Ordering::SeqCst);
    }
    STATUS_SUCCESS
}

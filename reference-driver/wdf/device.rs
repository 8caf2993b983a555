//! The context of a device.

use dirql_ddi::ULONG;
use nic::InterruptMode;

use crate::adapter::Driver;
use crate::framework::*;
use crate::io::{self, Queues};

/// What the driver keeps with a device.
pub(crate) struct Context {
    pub(crate) queues: Queues,
    /// From EvtDevicePrepareHardware to EvtDeviceReleaseHardware.
    adapter: Option<Adapter>,
}

impl Context {
    pub(crate) fn new(queues: Queues) -> Self {
        Self { queues, adapter: None }
    }
}

/// A device that has its hardware. Its parts are given back in the order in which they stand.
pub(crate) struct Adapter {
    /// The registered interrupt; it holds the driver.
    pub(crate) registration: Registration<Driver>,
    pub(crate) device: Device,
    pub(crate) mode: InterruptMode,
}

impl Adapter {
    pub(crate) fn driver(&self) -> &Driver {
        self.registration.handler()
    }
}

struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: never written; its pointers are to constants.
unsafe impl Sync for ContextType {}

static CONTEXT_TYPE: ContextType = ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
    ContextName: io::CONTEXT_NAME.as_ptr(),
    ContextSize: size_of::<Context>(),
    UniqueType: &raw const CONTEXT_TYPE.0,
    EvtDriverGetUniqueContextType: None,
});

/// Returns what a device is created with. Its context holds nothing that would have to be dropped with it.
pub(crate) fn attributes() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES { ContextTypeInfo: &raw const CONTEXT_TYPE.0, ..WDF_OBJECT_ATTRIBUTES_INIT() }
}

/// # Safety
/// `device` was created with [`attributes`] and is not deleted.
unsafe fn context(device: WDFDEVICE) -> *mut Context {
    // SAFETY: the caller guarantees the device.
    unsafe { WdfObjectGetTypedContextWorker(device.cast(), CONTEXT_TYPE.0.UniqueType) }.cast()
}

/// # Safety
/// As for [`context`]; the framework does not call back for the device yet.
pub(crate) unsafe fn set_context(device: WDFDEVICE, value: Context) {
    // SAFETY: the caller guarantees the device.
    let place = unsafe { context(device) };
    // SAFETY: the framework made the context this large.
    unsafe { place.write(value) };
}

/// Returns the queues of a device.
///
/// # Safety
/// The framework calls back for the device.
pub(crate) unsafe fn queues(device: WDFDEVICE) -> Queues {
    // SAFETY: the caller guarantees the device.
    let place = unsafe { context(device) };
    // SAFETY: `set_context` came before any callback, and nobody changes them.
    unsafe { (*place).queues }
}

/// Returns the adapter of a device.
///
/// # Safety
/// The caller is a callback of the device, other than those two that change the adapter: the PnP manager calls these
/// with its queues stopped and its interrupts disconnected, and never while it calls EvtDeviceSurpriseRemoval.
pub(crate) unsafe fn adapter<'d>(device: WDFDEVICE) -> Option<&'d Adapter> {
    // SAFETY: the caller guarantees the device.
    let place = unsafe { context(device) };
    // SAFETY: `set_context` came before any callback; nobody changes the adapter meanwhile.
    let adapter = unsafe { &(*place).adapter };
    adapter.as_ref()
}

/// Puts an adapter into the context of a device, or takes it out.
///
/// # Safety
/// The caller is EvtDevicePrepareHardware or EvtDeviceReleaseHardware of the device.
pub(crate) unsafe fn replace_adapter(device: WDFDEVICE, adapter: Option<Adapter>) -> Option<Adapter> {
    // SAFETY: the caller guarantees the device.
    let place = unsafe { context(device) };
    // SAFETY: nobody else uses the adapter while one of these callbacks runs.
    core::mem::replace(unsafe { &mut (*place).adapter }, adapter)
}

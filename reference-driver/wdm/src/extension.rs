//! The device extension: what the driver keeps of a device from AddDevice to its removal.

use core::cell::UnsafeCell;
use core::ffi::c_void;

use dirql::{Cx, Level, Passive};
use dirql_ddi::*;

use crate::gate::Gate;
use crate::queue::Queue;
use crate::start::Started;

const REMOVE_LOCK_LEN: ULONG = size_of::<IO_REMOVE_LOCK>() as ULONG;
const TAG: ULONG = u32::from_le_bytes(*b"Q574");

/// A device.
pub(crate) struct Extension {
    pub(crate) object: PDEVICE_OBJECT,
    pub(crate) physical: PDEVICE_OBJECT,
    /// Whom requests are handed down to.
    pub(crate) lower: PDEVICE_OBJECT,
    /// The name of the interface. PnP's.
    interface: UnsafeCell<UNICODE_STRING>,
    /// Held by each request until it is completed.
    remove_lock: UnsafeCell<IO_REMOVE_LOCK>,
    pub(crate) reads: Queue,
    pub(crate) writes: Queue,
    /// Who may use `started`.
    gate: Gate,
    started: UnsafeCell<Option<Started>>,
    pub(crate) wake: WakeUp,
}

/// The work item that ends a wake-up, while there is one.
pub(crate) type WakeUp = UnsafeCell<PIO_WORKITEM>;

impl Extension {
    pub(crate) fn new(
        object: PDEVICE_OBJECT,
        physical: PDEVICE_OBJECT,
        lower: PDEVICE_OBJECT,
        interface: UNICODE_STRING,
    ) -> Self {
        // SAFETY: all zeros is a value of a remove lock, as of all that C initializes.
        let remove_lock = UnsafeCell::new(unsafe { core::mem::zeroed() });
        Self {
            object,
            physical,
            lower,
            interface: UnsafeCell::new(interface),
            remove_lock,
            reads: Queue::refusing(STATUS_DEVICE_NOT_READY),
            writes: Queue::refusing(STATUS_DEVICE_NOT_READY),
            gate: Gate::closed(),
            started: UnsafeCell::new(None),
            wake: UnsafeCell::new(core::ptr::null_mut()),
        }
    }

    /// Returns where the extension of a device object is.
    ///
    /// # Safety
    /// The device object is one of this driver's.
    pub(crate) unsafe fn place(object: PDEVICE_OBJECT) -> *mut Self {
        // SAFETY: the caller's promise.
        unsafe { (*object).DeviceExtension }.cast()
    }

    /// Returns the extension of a device object.
    ///
    /// # Safety
    /// `attach` made the device object's extension, and the device object stays for `'a`: as long as a request is under
    /// way, for one.
    pub(crate) unsafe fn of<'a>(object: PDEVICE_OBJECT) -> &'a Self {
        // SAFETY: the caller's promise; here and below.
        let place = unsafe { Self::place(object) };
        // SAFETY: as above.
        unsafe { &*place }
    }

    // --- the remove lock ---

    pub(crate) fn initialize_remove_lock(&self) {
        // SAFETY: AddDevice runs at PASSIVE_LEVEL; the memory is the extension's.
        unsafe { IoInitializeRemoveLockEx(self.remove_lock.get(), TAG, 0, 0, REMOVE_LOCK_LEN) };
    }

    /// Keeps the extension until [`release`](Self::release). Any IRQL up to DISPATCH_LEVEL.
    ///
    /// # Errors
    /// STATUS_DELETE_PENDING once the device is being removed.
    pub(crate) fn acquire(&self, tag: PIRP) -> Result<(), NTSTATUS> {
        let (lock, tag) = (self.remove_lock.get(), tag.cast::<c_void>());
        // SAFETY: the lock is initialized; it lies in the device object, which stays while a request is under way.
        match unsafe { IoAcquireRemoveLockEx(lock, tag, c"".as_ptr().cast(), 1, REMOVE_LOCK_LEN) } {
            STATUS_SUCCESS => Ok(()),
            status => Err(status),
        }
    }

    pub(crate) fn release(&self, tag: PIRP) {
        // SAFETY: acquired with this tag.
        unsafe { IoReleaseRemoveLockEx(self.remove_lock.get(), tag.cast(), REMOVE_LOCK_LEN) };
    }

    /// Ends the device's use for good: waits until nobody else has acquired it, and nobody will again.
    pub(crate) fn release_and_wait(&self, _cx: &mut Cx<'_, Passive>, tag: PIRP) {
        // SAFETY: acquired with this tag; `_cx` proves PASSIVE_LEVEL.
        unsafe { IoReleaseRemoveLockAndWaitEx(self.remove_lock.get(), tag.cast(), REMOVE_LOCK_LEN) };
    }

    // --- the interface ---

    /// Lets programs open the device, or no more.
    ///
    /// # Safety
    /// PnP calls, which does one thing at a time.
    pub(crate) unsafe fn enable_interface(&self, _cx: &mut Cx<'_, Passive>, enable: bool) -> NTSTATUS {
        // SAFETY: the name is registered; only PnP reaches it (the caller's promise).
        unsafe { IoSetDeviceInterfaceState(self.interface.get(), enable.into()) }
    }

    /// Gives the name back.
    ///
    /// # Safety
    /// As for [`enable_interface`](Self::enable_interface), for the last time.
    pub(crate) unsafe fn free_interface(&self, _cx: &mut Cx<'_, Passive>) {
        // SAFETY: the system allocated the name.
        unsafe { RtlFreeUnicodeString(self.interface.get()) };
    }

    // --- the started device ---

    /// Lets requests at a started device.
    ///
    /// # Safety
    /// PnP calls, which does one thing at a time, and the device is not started.
    pub(crate) unsafe fn set_started(&self, cx: &mut Cx<'_, Passive>, started: Started) {
        // SAFETY: the gate is closed, so only PnP is here.
        unsafe { *self.started.get() = Some(started) };
        self.gate.open(cx);
    }

    /// Takes the started device back, when no request is at it any more.
    ///
    /// # Safety
    /// PnP calls, which does one thing at a time.
    pub(crate) unsafe fn take_started(&self, cx: &mut Cx<'_, Passive>) -> Option<Started> {
        self.gate.close_and_drain(cx);
        // SAFETY: the gate is closed, so only PnP is here.
        unsafe { (*self.started.get()).take() }
    }

    /// Lets `act` use the started device, if it is one.
    pub(crate) fn with_started<L: Level, R>(
        &self,
        cx: &mut Cx<'_, L>,
        act: impl FnOnce(&mut Cx<'_, L>, &Started) -> R,
    ) -> Option<R> {
        if !self.gate.enter(cx) {
            return None;
        }
        // SAFETY: nobody changes it while somebody is inside the gate.
        let result = unsafe { (*self.started.get()).as_ref() }.map(|started| act(cx, started));
        self.gate.leave(cx);
        result
    }
}

//! A request that is the driver's until it completes it.

use core::ptr::NonNull;

use dirql_ddi::*;
use nic_shell::Linked;

use crate::extension::Extension;

/// The place in DriverContext for the link to the next request of a queue.
const NEXT: usize = 0;

/// An IRP that is the driver's, with the device's remove lock acquired for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request(NonNull<IRP>);

// SAFETY: a request's members are touched by the one who has it: its dispatch routine, the queue under its lock, or
// whoever took it from there.
unsafe impl Send for Request {}

impl Request {
    /// Takes a request over that was dispatched to this driver. `Err`: the device is being removed, and the request
    /// was completed with this status.
    ///
    /// # Safety
    /// The arguments are those of a dispatch routine.
    pub(crate) unsafe fn begin<'e>(
        object: PDEVICE_OBJECT,
        irp: PIRP,
    ) -> Result<(Self, &'e Extension), NTSTATUS> {
        // SAFETY: the I/O manager keeps the device object while one of its requests is under way; for as long as the
        // remove lock is held, the driver does too.
        let extension = unsafe { Extension::of(object) };
        let Some(request) = NonNull::new(irp).map(Self) else { return Err(STATUS_INVALID_PARAMETER) };
        match extension.acquire(irp) {
            Ok(()) => Ok((request, extension)),
            Err(status) => {
                request.give_back(status, 0);
                Err(status)
            }
        }
    }

    /// Returns the request behind an IRP that has one.
    ///
    /// # Safety
    /// The IRP was taken over by [`begin`](Self::begin), and is still the driver's.
    pub(crate) unsafe fn of(irp: PIRP) -> Option<Self> {
        NonNull::new(irp).map(Self)
    }

    pub(crate) fn raw(self) -> PIRP {
        self.0.as_ptr()
    }

    /// Returns the driver's stack location.
    pub(crate) fn location(self) -> IO_STACK_LOCATION {
        // SAFETY: the request is the driver's; here and below.
        let location = unsafe { IoGetCurrentIrpStackLocation(self.raw()) };
        // SAFETY: as above.
        unsafe { *location }
    }

    /// Returns the memory that a read or write is about; `None` if it is empty or cannot be mapped.
    pub(crate) fn memory<'m>(self) -> Option<&'m mut [u8]> {
        // SAFETY: the request is the driver's, and a read or write, whose parameters are alike.
        let len = unsafe { self.location().Parameters.Read.Length } as usize;
        // SAFETY: as above.
        let mdl = unsafe { (*self.raw()).MdlAddress };
        if mdl.is_null() {
            return None;
        }
        // SAFETY: with DO_DIRECT_IO the I/O manager has locked the memory until the request is completed.
        let memory = unsafe { MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) };
        let memory = NonNull::new(memory.cast::<u8>())?;
        // SAFETY: the MDL describes as many bytes as the request is about, and while the driver has the request, nobody
        // else in the kernel uses them.
        Some(unsafe { core::slice::from_raw_parts_mut(memory.as_ptr(), len) })
    }

    /// Returns the buffer of a control request.
    pub(crate) fn system_buffer(self) -> PVOID {
        // SAFETY: the request is the driver's; here and below.
        let associated = unsafe { &(*self.raw()).AssociatedIrp };
        // SAFETY: the I/O manager uses this member for METHOD_BUFFERED.
        unsafe { associated.SystemBuffer }
    }

    /// Says that the dispatch routine returns STATUS_PENDING.
    pub(crate) fn mark_pending(self) {
        // SAFETY: the request is the driver's.
        unsafe { IoMarkIrpPending(self.raw()) };
    }

    pub(crate) fn set_cancel_routine(self, routine: PDRIVER_CANCEL) -> PDRIVER_CANCEL {
        // SAFETY: the request is the driver's, and the routine made for it.
        unsafe { IoSetCancelRoutine(self.raw(), routine) }
    }

    pub(crate) fn is_cancelled(self) -> bool {
        // SAFETY: the request is the driver's; IoCancelIrp writes this member at any time, and never reads it.
        let place = unsafe { &raw const (*self.raw()).Cancel };
        // SAFETY: as above.
        unsafe { place.read_volatile() != FALSE }
    }

    /// Completes the request, and lets the device go.
    pub(crate) fn complete(self, status: NTSTATUS, information: usize) -> NTSTATUS {
        // SAFETY: the request is the driver's, which made its device object.
        let extension = unsafe { Extension::of(self.location().DeviceObject) };
        self.give_back(status, information);
        extension.release(self.raw());
        status
    }

    fn give_back(self, status: NTSTATUS, information: usize) {
        self.set_status(status, information);
        // SAFETY: the request is the driver's, and no more after this; no lock is held.
        unsafe { IofCompleteRequest(self.raw(), IO_NETWORK_INCREMENT) };
    }

    pub(crate) fn set_status(self, status: NTSTATUS, information: usize) {
        // SAFETY: the request is the driver's.
        let block = unsafe { &mut (*self.raw()).IoStatus };
        block.__bindgen_anon_1.Status = status;
        block.Information = information;
    }

    /// Hands the request down as it came, and lets the device go.
    pub(crate) fn pass_down(self, extension: &Extension) -> NTSTATUS {
        // SAFETY: the request is the driver's, and the next driver's after this; here and below.
        unsafe { IoSkipCurrentIrpStackLocation(self.raw()) };
        // SAFETY: as above.
        let status = unsafe { IofCallDriver(extension.lower, self.raw()) };
        extension.release(self.raw());
        status
    }

    /// Hands the request down and waits until the lower drivers are done with it. Returns its status.
    pub(crate) fn forward(self, extension: &Extension) -> NTSTATUS {
        // SAFETY: the request is the driver's, again after this; PnP requests come at PASSIVE_LEVEL.
        if unsafe { IoForwardIrpSynchronously(extension.lower, self.raw()) } == FALSE {
            return STATUS_UNSUCCESSFUL;
        }
        self.status()
    }

    /// Returns what the lower drivers, which are done with the request, have made of it.
    pub(crate) fn status(self) -> NTSTATUS {
        // SAFETY: the request is the driver's again.
        let block = unsafe { &(*self.raw()).IoStatus };
        // SAFETY: the lower drivers have set this member.
        unsafe { block.__bindgen_anon_1.Status }
    }
}

impl Linked for Request {
    fn next(self) -> Option<Self> {
        // SAFETY: the request is the driver's, and with it these members; here and below.
        let tail = unsafe { &(*self.raw()).Tail };
        // SAFETY: as above.
        let context = unsafe { tail.Overlay.DriverContext };
        NonNull::new(context.get(NEXT)?.cast()).map(Self)
    }

    fn set_next(self, next: Option<Self>) {
        // SAFETY: as above.
        let tail = unsafe { &mut (*self.raw()).Tail };
        // SAFETY: as above.
        let context = unsafe { &mut tail.Overlay.DriverContext };
        if let Some(place) = context.get_mut(NEXT) {
            *place = next.map_or(core::ptr::null_mut(), |next| next.raw().cast());
        }
    }
}

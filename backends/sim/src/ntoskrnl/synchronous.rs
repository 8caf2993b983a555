//! Requests that a driver waits for: one that it hands down, or one of its own.

use dirql_ddi::{
    BOOLEAN, FALSE, IO_STATUS_BLOCK, IoCopyCurrentIrpStackLocationToNext, IoGetNextIrpStackLocation,
    IoSetCompletionRoutine, IofCallDriver, LARGE_INTEGER, NTSTATUS, PDEVICE_OBJECT, PIRP, PRKEVENT, PVOID,
    STATUS_MORE_PROCESSING_REQUIRED, TRUE, ULONG,
};

use super::device_object::is_device_object;
use super::request::{Origin, make, require_out};
use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail};

/// What IoForwardIrpSynchronously waits by.
unsafe extern "C-unwind" fn forwarded(_: PDEVICE_OBJECT, _: PIRP, context: PVOID) -> NTSTATUS {
    kernel::set_event(EventId(context.addr() as u16));
    STATUS_MORE_PROCESSING_REQUIRED
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoForwardIrpSynchronously(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> BOOLEAN {
    if inert() {
        return FALSE;
    }
    require_out(Irp, "IoForwardIrpSynchronously");
    // SAFETY: the request is the caller's; here and below.
    if unsafe { (*Irp).CurrentLocation } <= 1 {
        return FALSE;
    }
    let done = kernel::create_event();
    // SAFETY: as above, and there is a location left.
    unsafe { IoCopyCurrentIrpStackLocationToNext(Irp) };
    let context = core::ptr::without_provenance_mut(done.0.into());
    // SAFETY: as above; the routine takes the number of an event.
    unsafe { IoSetCompletionRoutine(Irp, Some(forwarded), context, TRUE, TRUE, TRUE) };
    // SAFETY: as above.
    unsafe { IofCallDriver(DeviceObject, Irp) };
    kernel::wait_event(done);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoBuildSynchronousFsdRequest(
    MajorFunction: ULONG,
    DeviceObject: PDEVICE_OBJECT,
    Buffer: PVOID,
    _Length: ULONG,
    _StartingOffset: *mut LARGE_INTEGER,
    Event: PRKEVENT,
    IoStatusBlock: *mut IO_STATUS_BLOCK,
) -> PIRP {
    kernel::require_passive("IrqlIo", "IoBuildSynchronousFsdRequest");
    if !is_device_object(DeviceObject) || !Buffer.is_null() {
        fail("InvalidHandle", "IoBuildSynchronousFsdRequest for no device object, or with a buffer".into());
    }
    if kernel::is_denied() {
        return core::ptr::null_mut();
    }
    let irp = make(DeviceObject, Origin::Driver(Event, IoStatusBlock));
    // SAFETY: the request is ours, and has a location for each driver of the stack; here and below.
    let next = unsafe { IoGetNextIrpStackLocation(irp) };
    // SAFETY: as above.
    unsafe { (*next).MajorFunction = MajorFunction as u8 };
    irp
}

const _: () = {
    let _ = [IoForwardIrpSynchronously, dirql_ddi::IoForwardIrpSynchronously];
    let _ = [IoBuildSynchronousFsdRequest, dirql_ddi::IoBuildSynchronousFsdRequest];
};

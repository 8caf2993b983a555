//! The device's configuration space: the bus driver reads it on request.

use core::mem::MaybeUninit;
use core::ptr::null_mut;

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_ddi::*;

/// Reads the configuration space of a device from `offset` on.
///
/// # Safety
/// `lower` is the device's stack below the caller's device object, and started.
///
/// # Errors
/// [`ErrorKind::OutOfResources`] if there is no request for it; [`ErrorKind::Device`] if the lower drivers refuse.
pub unsafe fn read_config(
    _cx: &mut Cx<'_, Passive>,
    lower: PDEVICE_OBJECT,
    offset: u32,
    to: &mut [u8],
) -> Result<(), Error> {
    // SAFETY: the caller guarantees the device; `_cx` proves PASSIVE_LEVEL.
    match unsafe { read(lower, offset, to) } {
        status if NT_SUCCESS(status) => Ok(()),
        STATUS_INSUFFICIENT_RESOURCES => Err(ErrorKind::OutOfResources.into()),
        _ => Err(ErrorKind::Device.into()),
    }
}

/// # Safety
/// As for [`read_config`], at PASSIVE_LEVEL.
unsafe fn read(lower: PDEVICE_OBJECT, offset: u32, to: &mut [u8]) -> NTSTATUS {
    let mut event = MaybeUninit::<KEVENT>::uninit();
    let event = event.as_mut_ptr();
    let no_status = IO_STATUS_BLOCK_VARIANT { Status: STATUS_NOT_SUPPORTED };
    let mut block = IO_STATUS_BLOCK { __bindgen_anon_1: no_status, Information: 0 };
    // SAFETY: the event is ours.
    unsafe { KeInitializeEvent(event, NotificationEvent, FALSE) };
    let (major, block_at) = (IRP_MJ_PNP.into(), &raw mut block);
    // SAFETY: the device object is the next one of the stack; event and status outlive the request, which is waited
    // for; the caller is at PASSIVE_LEVEL.
    let irp =
        unsafe { IoBuildSynchronousFsdRequest(major, lower, null_mut(), 0, null_mut(), event, block_at) };
    if irp.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the request is ours until it is sent.
    unsafe { fill(irp, offset, to) };
    // SAFETY: as above.
    if unsafe { IofCallDriver(lower, irp) } == STATUS_PENDING {
        // SAFETY: the event is initialized; no timeout.
        unsafe { KeWaitForSingleObject(event.cast(), Executive, KernelMode, FALSE, null_mut()) };
    }
    // SAFETY: the I/O manager wrote it before it set the event.
    let block = unsafe { block_at.read() };
    // SAFETY: this member is the one that it writes.
    unsafe { block.__bindgen_anon_1.Status }
}

/// # Safety
/// The request was made just now; the buffer outlives it.
unsafe fn fill(irp: PIRP, offset: u32, to: &mut [u8]) {
    // SAFETY: the caller's promise; here and below.
    let block = unsafe { &mut (*irp).IoStatus };
    block.__bindgen_anon_1.Status = STATUS_NOT_SUPPORTED;
    // SAFETY: as above.
    let location = unsafe { IoGetNextIrpStackLocation(irp) };
    // SAFETY: as above.
    let location = unsafe { &mut *location };
    location.MinorFunction = IRP_MN_READ_CONFIG;
    // SAFETY: all zeros is a value of each of its members.
    let zeros: IO_STACK_LOCATION_READ_WRITE_CONFIG = unsafe { core::mem::zeroed() };
    location.Parameters.ReadWriteConfig = IO_STACK_LOCATION_READ_WRITE_CONFIG {
        WhichSpace: PCI_WHICHSPACE_CONFIG,
        Buffer: to.as_mut_ptr().cast(),
        Offset: offset,
        Length: to.len() as ULONG,
        ..zeros
    };
}

//! IRP_MJ_CREATE, IRP_MJ_CLEANUP and IRP_MJ_CLOSE. Any number of handles may be open; a frame goes to one of them.

use dirql::{Cx, Dispatch};
use dirql_backends::at_dispatch;
use dirql_ddi::*;

use crate::request::Request;

/// # Safety
/// The I/O manager calls this for a device object of the driver's, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn DispatchCreate(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok((request, _)) => request.complete(STATUS_SUCCESS, 0),
        Err(status) => status,
    }
}

/// The last handle is closed: what waits for its file object is cancelled.
///
/// # Safety
/// As for [`DispatchCreate`].
pub(crate) unsafe extern "C-unwind" fn DispatchCleanup(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    let (request, extension) = match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok(begun) => begun,
        Err(status) => return status,
    };
    let file = request.location().FileObject;
    let clean_up = |cx: &mut Cx<'_, Dispatch>| {
        extension.reads.clean_up(cx, file);
        extension.writes.clean_up(cx, file);
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(clean_up) };
    request.complete(STATUS_SUCCESS, 0)
}

/// A handle can be closed when the device is gone, so this asks nobody.
///
/// # Safety
/// As for [`DispatchCreate`].
pub(crate) unsafe extern "C-unwind" fn DispatchClose(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: as above.
    unsafe { DispatchCreate(DeviceObject, Irp) }
}

//! IRP_MJ_READ: one frame for each read, cut to what fits (STATUS_BUFFER_OVERFLOW).

use dirql::{Cx, Dispatch};
use dirql_backends::at_dispatch;
use dirql_ddi::*;

use crate::request::Request;

/// # Safety
/// The I/O manager calls this for a device object of the driver's, at or below DISPATCH_LEVEL.
pub(crate) unsafe extern "C-unwind" fn DispatchRead(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    let (request, extension) = match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok(begun) => begun,
        Err(status) => return status,
    };
    // SAFETY: the request is a read.
    if unsafe { request.location().Parameters.Read.Length } == 0 {
        return request.complete(STATUS_INVALID_PARAMETER, 0);
    }
    // The request may be completed before this is done with the device.
    if let Err(status) = extension.acquire(Irp) {
        return request.complete(status, 0);
    }
    let push = |cx: &mut Cx<'_, Dispatch>| {
        let status = extension.reads.push(cx, request);
        extension.with_started(cx, |cx, started| started.driver().above().serve(cx));
        status
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    let status = unsafe { at_dispatch(push) };
    extension.release(Irp);
    status
}

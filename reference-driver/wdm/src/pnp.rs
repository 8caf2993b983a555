//! IRP_MJ_PNP, and IRP_MJ_SYSTEM_CONTROL, which is for others.

use dirql::{Cx, Passive};
use dirql_ddi::*;

use crate::extension::Extension;
use crate::request::Request;
use crate::{add_device, start};

/// # Safety
/// The PnP manager calls this for a device object of the driver's, at PASSIVE_LEVEL, one request at a time.
pub(crate) unsafe extern "C-unwind" fn DispatchPnp(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    let (request, extension) = match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok(begun) => begun,
        Err(status) => return status,
    };
    let act = |cx: &mut Cx<'_, Passive>| {
        // SAFETY: the PnP manager does one thing at a time.
        unsafe { dispatch(cx, extension, request) }
    };
    // SAFETY: PnP requests come at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(act) }
}

/// # Safety
/// The PnP manager does one thing at a time.
unsafe fn dispatch(cx: &mut Cx<'_, Passive>, extension: &Extension, request: Request) -> NTSTATUS {
    match request.location().MinorFunction {
        IRP_MN_START_DEVICE => {
            let status = start::start(cx, extension, request);
            request.complete(status, 0)
        }
        IRP_MN_QUERY_STOP_DEVICE => {
            extension.writes.accept(cx, true);
            agree(extension, request)
        }
        IRP_MN_STOP_DEVICE => {
            // SAFETY: the caller's promise; here and below.
            if let Some(started) = unsafe { extension.take_started(cx) } {
                started.end(cx);
            }
            agree(extension, request)
        }
        IRP_MN_CANCEL_STOP_DEVICE => {
            let status = request.forward(extension);
            start::resume(cx, extension);
            request.complete(status, 0)
        }
        IRP_MN_QUERY_REMOVE_DEVICE | IRP_MN_CANCEL_REMOVE_DEVICE => agree(extension, request),
        IRP_MN_SURPRISE_REMOVAL => {
            refuse(cx, extension, STATUS_DEVICE_REMOVED);
            // SAFETY: as above.
            if let Some(started) = unsafe { extension.take_started(cx) } {
                started.end_gone(cx);
            }
            // SAFETY: as above.
            unsafe { extension.enable_interface(cx, false) };
            agree(extension, request)
        }
        // SAFETY: as above.
        IRP_MN_REMOVE_DEVICE => unsafe { remove(cx, extension, request) },
        _ => request.pass_down(extension),
    }
}

/// Passes a request down as a success, which the lower drivers can still make a failure.
fn agree(extension: &Extension, request: Request) -> NTSTATUS {
    request.set_status(STATUS_SUCCESS, 0);
    request.pass_down(extension)
}

fn refuse(cx: &mut Cx<'_, Passive>, extension: &Extension, status: NTSTATUS) {
    extension.reads.refuse(cx, status);
    extension.writes.refuse(cx, status);
}

/// # Safety
/// As for [`dispatch`]; the extension is gone afterwards.
unsafe fn remove(cx: &mut Cx<'_, Passive>, extension: &Extension, request: Request) -> NTSTATUS {
    refuse(cx, extension, STATUS_DELETE_PENDING);
    // SAFETY: the caller's promise; here and below.
    if let Some(started) = unsafe { extension.take_started(cx) } {
        started.end(cx);
    }
    // SAFETY: as above.
    unsafe { extension.enable_interface(cx, false) };
    // SAFETY: as above.
    unsafe { extension.free_interface(cx) };
    extension.release_and_wait(cx, request.raw());
    let (object, lower) = (extension.object, extension.lower);
    let status = hand_down(request, lower);
    // SAFETY: the lower drivers are done with the request.
    unsafe { add_device::remove(object, lower) };
    status
}

fn hand_down(request: Request, lower: PDEVICE_OBJECT) -> NTSTATUS {
    request.set_status(STATUS_SUCCESS, 0);
    // SAFETY: the request is the driver's, and the next driver's after this; here and below.
    unsafe { IoSkipCurrentIrpStackLocation(request.raw()) };
    // SAFETY: as above.
    unsafe { IofCallDriver(lower, request.raw()) }
}

/// # Safety
/// The I/O manager calls this for a device object of the driver's.
pub(crate) unsafe extern "C-unwind" fn DispatchSystemControl(
    DeviceObject: PDEVICE_OBJECT,
    Irp: PIRP,
) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok((request, extension)) => request.pass_down(extension),
        Err(status) => status,
    }
}

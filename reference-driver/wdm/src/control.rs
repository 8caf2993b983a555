//! IRP_MJ_DEVICE_CONTROL: the link's state, counters, and the filter ([`nic_shell::control`]).

use dirql::{Cx, Dispatch};
use dirql_backends::at_dispatch;
use dirql_ddi::*;
use nic_shell::control::*;

use crate::extension::Extension;
use crate::request::Request;

/// # Safety
/// The I/O manager calls this for a device object of the driver's, at or below DISPATCH_LEVEL.
pub(crate) unsafe extern "C-unwind" fn DispatchDeviceControl(
    DeviceObject: PDEVICE_OBJECT,
    Irp: PIRP,
) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    let (request, extension) = match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok(begun) => begun,
        Err(status) => return status,
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(|cx| control(cx, extension, request)) }
}

fn control(cx: &mut Cx<'_, Dispatch>, extension: &Extension, request: Request) -> NTSTATUS {
    // SAFETY: the request is a control request.
    match unsafe { request.location().Parameters.DeviceIoControl }.IoControlCode {
        IOCTL_NIC_GET_LINK_STATE => answer(request, link_state(cx, extension)),
        IOCTL_NIC_GET_STATISTICS => answer(request, counters(cx, extension)),
        IOCTL_NIC_SET_FILTER => set_filter(cx, extension, request),
        _ => request.complete(STATUS_INVALID_DEVICE_REQUEST, 0),
    }
}

fn link_state(cx: &mut Cx<'_, Dispatch>, extension: &Extension) -> Option<[u8; size_of::<LinkState>()]> {
    let link = extension.with_started(cx, |_, started| started.driver().nic.link());
    link.map(|link| LinkState::from(link).to_bytes())
}

fn counters(cx: &mut Cx<'_, Dispatch>, extension: &Extension) -> Option<[u8; size_of::<Counters>()]> {
    extension.with_started(cx, |cx, started| {
        let nic = &started.driver().nic;
        let (counted, unread) = (nic.statistics(cx), nic.upper().unread(cx));
        Counters::new(&counted, unread).to_bytes()
    })
}

/// Chooses what is received. A device that is started anew forgets it.
fn set_filter(cx: &mut Cx<'_, Dispatch>, extension: &Extension, request: Request) -> NTSTATUS {
    let mut input = [0; 4];
    let Some(filter) = copy_input(request, &mut input).then(|| filter_from_bytes(&input)).flatten() else {
        return request.complete(STATUS_BUFFER_TOO_SMALL, 0);
    };
    let set = extension.with_started(cx, |cx, started| started.driver().nic.set_filter(cx, filter));
    request.complete(if set.is_some() { STATUS_SUCCESS } else { STATUS_DEVICE_NOT_READY }, 0)
}

/// Copies as much input as `to` has room for, if there is so much.
fn copy_input(request: Request, to: &mut [u8]) -> bool {
    // SAFETY: the request is a control request.
    let len = unsafe { request.location().Parameters.DeviceIoControl }.InputBufferLength as usize;
    if len < to.len() {
        return false;
    }
    // SAFETY: with METHOD_BUFFERED this is the I/O manager's buffer, at least as long as the input.
    unsafe { core::ptr::copy_nonoverlapping(request.system_buffer().cast(), to.as_mut_ptr(), to.len()) };
    true
}

/// Completes the request with an answer; `None`: there is no started device to ask.
fn answer<const N: usize>(request: Request, bytes: Option<[u8; N]>) -> NTSTATUS {
    let Some(bytes) = bytes else { return request.complete(STATUS_DEVICE_NOT_READY, 0) };
    // SAFETY: the request is a control request.
    let room = unsafe { request.location().Parameters.DeviceIoControl }.OutputBufferLength;
    if (room as usize) < N {
        return request.complete(STATUS_BUFFER_TOO_SMALL, 0);
    }
    // SAFETY: with METHOD_BUFFERED this is the I/O manager's buffer, at least as long as the output, and nobody else
    // uses it while the driver has the request.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), request.system_buffer().cast(), N) };
    request.complete(STATUS_SUCCESS, N)
}

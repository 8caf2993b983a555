//! The buffers of requests, as drivers retrieve them.

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFREQUEST, WdfRequestTypeRead, WdfRequestTypeWrite};
use dirql_ddi::{
    NTSTATUS, PVOID, SIZE_T, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS,
};

use super::request::{Request, owned};
use super::require_dispatch;

/// Lends the system buffer for a use for which it has `len` bytes.
unsafe fn buffer(
    (request, len): (&Request, usize),
    len_min: SIZE_T,
    out: *mut PVOID,
    len_out: *mut SIZE_T,
) -> NTSTATUS {
    if len == 0 || len < len_min {
        return STATUS_BUFFER_TOO_SMALL;
    }
    // SAFETY: the caller guarantees a place for the address.
    unsafe { out.write(request.buffer.cast()) };
    if !len_out.is_null() {
        // SAFETY: as above, if any.
        unsafe { len_out.write(len) };
    }
    STATUS_SUCCESS
}

pub(super) unsafe extern "C-unwind" fn input_buffer(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    len_min: SIZE_T,
    out: *mut PVOID,
    len_out: *mut SIZE_T,
) -> NTSTATUS {
    require_dispatch("WdfRequestRetrieveInputBuffer");
    let (_, request) = owned(request, "WdfRequestRetrieveInputBuffer");
    if request.kind == WdfRequestTypeRead {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    // SAFETY: the caller's pointers are as the function wants them.
    unsafe { buffer((&request, request.input_len), len_min, out, len_out) }
}

pub(super) unsafe extern "C-unwind" fn output_buffer(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    len_min: SIZE_T,
    out: *mut PVOID,
    len_out: *mut SIZE_T,
) -> NTSTATUS {
    require_dispatch("WdfRequestRetrieveOutputBuffer");
    let (_, request) = owned(request, "WdfRequestRetrieveOutputBuffer");
    if request.kind == WdfRequestTypeWrite {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    // SAFETY: the caller's pointers are as the function wants them.
    unsafe { buffer((&request, request.output_len), len_min, out, len_out) }
}

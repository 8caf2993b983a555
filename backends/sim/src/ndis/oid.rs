//! OID requests: one at a time, as NDIS serializes them, answered at once or completed later.

use core::cell::UnsafeCell;

use dirql_ddi::ndis::*;

use super::adapter;
use super::adapter::{State, handlers, inside};
use super::handle::device_of;
use super::power::{began_set_power_d0, completed_set_power_d3};
use super::send::at_some_level;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail};

/// The RequestId of every request here, by which it is cancelled.
const REQUEST_ID: usize = 1;

/// A request that the miniport has not completed.
pub(super) struct Outstanding {
    request: usize,
    completed: EventId,
    /// Whether the miniport has seen the last of it, and with which status.
    status: Option<NDIS_STATUS>,
}

/// Asks the miniport: MiniportOidRequest with NdisRequestQueryInformation. Returns its status, and how many bytes it
/// wrote, or with a short buffer needs. At PASSIVE_LEVEL.
pub fn query(device: DeviceId, oid: NDIS_OID, buffer: &mut [u8]) -> (NDIS_STATUS, u32) {
    let data = NDIS_OID_REQUEST_DATA {
        QUERY_INFORMATION: NDIS_OID_REQUEST_QUERY {
            Oid: oid,
            InformationBuffer: buffer.as_mut_ptr().cast(),
            InformationBufferLength: buffer.len() as u32,
            BytesWritten: 0,
            BytesNeeded: 0,
        },
    };
    let (status, request) = request(device, NdisRequestQueryInformation, data);
    // SAFETY: the member is the one that was written.
    let answer = unsafe { request.DATA.QUERY_INFORMATION };
    if answer.BytesWritten as usize > buffer.len() {
        fail("MiniportState", format!("OID {oid:#x} writes beyond its buffer"));
    }
    let is_short = matches!(status, NDIS_STATUS_BUFFER_TOO_SHORT | NDIS_STATUS_INVALID_LENGTH);
    (status, if is_short { answer.BytesNeeded } else { answer.BytesWritten })
}

/// Tells the miniport: MiniportOidRequest with NdisRequestSetInformation. Returns its status. At PASSIVE_LEVEL.
pub fn set(device: DeviceId, oid: NDIS_OID, value: &[u8]) -> NDIS_STATUS {
    let power = if oid == OID_PNP_SET_POWER { value.first().copied() } else { None };
    if power == Some(NdisDeviceStateD0 as u8) {
        began_set_power_d0(device);
    }
    let data = NDIS_OID_REQUEST_DATA {
        SET_INFORMATION: NDIS_OID_REQUEST_SET {
            Oid: oid,
            InformationBuffer: value.as_ptr().cast_mut().cast(),
            InformationBufferLength: value.len() as u32,
            BytesRead: 0,
            BytesNeeded: 0,
        },
    };
    let (status, _) = request(device, NdisRequestSetInformation, data);
    if power == Some(NdisDeviceStateD3 as u8) && status == NDIS_STATUS_SUCCESS {
        completed_set_power_d3(device);
    }
    status
}

fn request(
    device: DeviceId,
    kind: NDIS_REQUEST_TYPE,
    data: NDIS_OID_REQUEST_DATA,
) -> (NDIS_STATUS, NDIS_OID_REQUEST) {
    let request = UnsafeCell::new(NDIS_OID_REQUEST {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_OID_REQUEST,
            Revision: NDIS_OID_REQUEST_REVISION_1,
            Size: NDIS_SIZEOF_OID_REQUEST_REVISION_1,
        },
        RequestType: kind,
        PortNumber: NDIS_DEFAULT_PORT_NUMBER,
        Timeout: 0,
        RequestId: core::ptr::without_provenance_mut(REQUEST_ID),
        RequestHandle: core::ptr::null_mut(),
        DATA: data,
        NdisReserved: [0; 128],
        MiniportReserved: [0; 16],
        SourceReserved: [0; 16],
        SupportedRevision: 0,
        Reserved1: 0,
        Reserved2: 0,
    });
    let status = alone(device, || ask(device, request.get()));
    (status, request.into_inner())
}

/// Hands a request to the miniport, and waits until it is completed.
fn ask(device: DeviceId, request: PNDIS_OID_REQUEST) -> NDIS_STATUS {
    let (handlers, context) = handlers(device);
    let Some(handler) = handlers.OidRequestHandler else { return NDIS_STATUS_NOT_SUPPORTED };
    let completed = kernel::create_event();
    let outstanding = Outstanding { request: request.expose_provenance(), completed, status: None };
    adapter(device, |a| a.request = Some(outstanding));
    // SAFETY: the driver gave this handler for its adapters' contexts; the request is there until it is completed.
    let returned = unsafe { handler(context, request) };
    if returned == NDIS_STATUS_PENDING {
        kernel::wait_event(completed);
    }
    let later = adapter(device, |a| a.request.take()).and_then(|outstanding| outstanding.status);
    match later {
        Some(_) if returned != NDIS_STATUS_PENDING => fail(
            "DoubleComplete",
            format!("NdisMOidRequestComplete, and MiniportOidRequest returns {returned:#010x}"),
        ),
        Some(status) => status,
        None => returned,
    }
}

/// Cancels the request that is under way, if there is one: MiniportCancelOidRequest.
pub fn cancel_request(device: DeviceId) {
    let is_there = |state| !matches!(state, State::Halted | State::Initializing);
    inside(device, is_there, || {
        let (handlers, context) = handlers(device);
        let Some(cancel) = handlers.CancelOidRequestHandler else { return };
        if adapter(device, |a| a.request.is_some()) {
            // SAFETY: the driver gave this handler for its adapters' contexts.
            at_some_level(|_| unsafe { cancel(context, core::ptr::without_provenance_mut(REQUEST_ID)) });
        }
    });
}

/// Waits for its turn. A halted adapter is not asked.
fn alone(device: DeviceId, ask: impl FnOnce() -> NDIS_STATUS) -> NDIS_STATUS {
    take_turn(device);
    let halted = adapter(device, |a| matches!(a.state, State::Halted | State::Initializing));
    let status = if halted { NDIS_STATUS_FAILURE } else { ask() };
    end_turn(device);
    status
}

/// Waits until nobody asks the miniport for anything. Nobody does before [`end_turn`].
pub(super) fn take_turn(device: DeviceId) {
    while adapter(device, |a| core::mem::replace(&mut a.requesting, true)) {
        kernel::sleep();
    }
}

pub(super) fn end_turn(device: DeviceId) {
    adapter(device, |a| a.requesting = false);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMOidRequestComplete(
    MiniportAdapterHandle: NDIS_HANDLE,
    OidRequest: PNDIS_OID_REQUEST,
    Status: NDIS_STATUS,
) {
    const CALLER: &str = "NdisMOidRequestComplete";
    if inert() {
        return;
    }
    kernel::pause();
    super::receive::check_level(CALLER, false);
    if Status == NDIS_STATUS_PENDING {
        fail("MiniportState", format!("{CALLER} with the status NDIS_STATUS_PENDING"));
    }
    let device = device_of(MiniportAdapterHandle);
    let completed = adapter(device, |a| {
        let outstanding =
            a.request.as_mut().filter(|o| o.request == OidRequest as usize && o.status.is_none())?;
        outstanding.status = Some(Status);
        Some(outstanding.completed)
    });
    match completed {
        Some(event) => kernel::set_event(event),
        None => fail("DoubleComplete", format!("{CALLER}: the request is not the miniport's")),
    }
}

const _: () = {
    let _ = [NdisMOidRequestComplete, dirql_ddi::ndis::NdisMOidRequestComplete];
};

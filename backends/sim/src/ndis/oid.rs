//! OID requests: one at a time, as NDIS serializes them.

use dirql_ddi::ndis::*;

use super::adapter;
use super::adapter::{State, handlers};
use super::power::{began_set_power_d0, completed_set_power_d3};
use crate::bus::DeviceId;
use crate::kernel::{self, fail};

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
    let mut request = NDIS_OID_REQUEST {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_OID_REQUEST,
            Revision: NDIS_OID_REQUEST_REVISION_1,
            Size: NDIS_SIZEOF_OID_REQUEST_REVISION_1,
        },
        RequestType: kind,
        PortNumber: NDIS_DEFAULT_PORT_NUMBER,
        Timeout: 0,
        RequestId: core::ptr::null_mut(),
        RequestHandle: core::ptr::null_mut(),
        DATA: data,
        NdisReserved: [0; 128],
        MiniportReserved: [0; 16],
        SourceReserved: [0; 16],
        SupportedRevision: 0,
        Reserved1: 0,
        Reserved2: 0,
    };
    let status = alone(device, || {
        let (handlers, context) = handlers(device);
        let Some(handler) = handlers.OidRequestHandler else { return NDIS_STATUS_NOT_SUPPORTED };
        // SAFETY: the driver gave this handler for its adapters' contexts; the request outlives the call.
        unsafe { handler(context, &raw mut request) }
    });
    if status == NDIS_STATUS_PENDING {
        fail("MiniportState", "no OID is completed later: NdisMOidRequestComplete is not simulated".into());
    }
    (status, request)
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

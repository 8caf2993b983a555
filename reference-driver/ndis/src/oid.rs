//! MiniportOidRequest and MiniportCancelOidRequest.

use dirql::{Cx, Passive};
use dirql_ddi::PVOID;
use dirql_ddi::ndis::*;
use nic::FRAME_LEN_MAX;

use crate::adapter::Adapter;
use crate::attributes::{HEADER_LEN, MTU, MULTICAST_LIST_MAX};
use crate::driver::Above;
use crate::{moderation, power, statistics};

/// The OIDs that reach the driver; NDIS answers others for it.
pub(crate) static SUPPORTED: [NDIS_OID; 22] = [
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
    OID_GEN_STATISTICS,
    OID_GEN_INTERRUPT_MODERATION,
    OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE,
    OID_TCP_OFFLOAD_PARAMETERS,
    OID_OFFLOAD_ENCAPSULATION,
    OID_PNP_QUERY_POWER,
    OID_PNP_SET_POWER,
];

/// Intel's first three bytes of an address (IEEE), and a 0 for the product.
const VENDOR_ID: u32 = 0x0000_aa00;
const DESCRIPTION: &[u8] = b"Intel 82574L (dirql)\0";
const VERSION: u32 = 1;
const BUFFER_SPACE: u32 = 64 * 2048;

/// # Safety
/// NDIS calls this for a started adapter, at PASSIVE_LEVEL, one request at a time.
pub(crate) unsafe extern "C-unwind" fn MiniportOidRequest(
    MiniportAdapterContext: NDIS_HANDLE,
    OidRequest: PNDIS_OID_REQUEST,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: NDIS passes a request that is the driver's until it is completed.
    let request = unsafe { &mut *OidRequest };
    match request.RequestType {
        NdisRequestQueryInformation | NdisRequestQueryStatistics => {
            // SAFETY: the type says which member is there.
            let query = unsafe { &mut request.DATA.QUERY_INFORMATION };
            // SAFETY: MiniportOidRequest runs at PASSIVE_LEVEL.
            unsafe { Cx::<Passive>::enter(|cx| answer(cx, adapter, query)) }
        }
        // SAFETY: as above.
        NdisRequestSetInformation => unsafe { Cx::<Passive>::enter(|cx| obey(cx, adapter, request)) },
        _ => NDIS_STATUS_NOT_SUPPORTED,
    }
}

/// Only a change of power is completed later, and that goes through: NDIS has to know where the device is.
///
/// # Safety
/// NDIS calls this for a started adapter, at or below DISPATCH_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportCancelOidRequest(
    _MiniportAdapterContext: NDIS_HANDLE,
    _RequestId: PVOID,
) {
}

fn answer(cx: &mut Cx<'_, Passive>, adapter: &Adapter, query: &mut NDIS_OID_REQUEST_QUERY) -> NDIS_STATUS {
    let nic = &adapter.driver().nic;
    match query.Oid {
        OID_GEN_TRANSMIT_BUFFER_SPACE | OID_GEN_RECEIVE_BUFFER_SPACE => number(query, BUFFER_SPACE),
        OID_GEN_TRANSMIT_BLOCK_SIZE | OID_GEN_RECEIVE_BLOCK_SIZE => number(query, FRAME_LEN_MAX),
        OID_GEN_VENDOR_ID => number(query, VENDOR_ID),
        OID_GEN_VENDOR_DESCRIPTION => bytes(query, DESCRIPTION),
        OID_GEN_CURRENT_LOOKAHEAD => number(query, MTU),
        OID_GEN_MAXIMUM_TOTAL_SIZE => number(query, MTU + HEADER_LEN),
        OID_GEN_VENDOR_DRIVER_VERSION => number(query, VERSION),
        OID_GEN_XMIT_OK => counter(query, nic.statistics(cx).sent),
        OID_GEN_RCV_OK => counter(query, nic.statistics(cx).received),
        OID_GEN_STATISTICS => {
            let lost = adapter.driver().above().receives.dropped(cx);
            value(query, &statistics::info(&nic.statistics(cx), lost))
        }
        OID_GEN_INTERRUPT_MODERATION => value(query, &moderation::query(cx, nic)),
        OID_802_3_PERMANENT_ADDRESS | OID_802_3_CURRENT_ADDRESS => {
            bytes(query, &nic.mac_address(cx).unwrap_or_default())
        }
        OID_802_3_MAXIMUM_LIST_SIZE => number(query, MULTICAST_LIST_MAX),
        OID_PNP_QUERY_POWER => NDIS_STATUS_SUCCESS,
        _ => NDIS_STATUS_NOT_SUPPORTED,
    }
}

/// Answers with bytes, or says how many there would be.
fn bytes(query: &mut NDIS_OID_REQUEST_QUERY, bytes: &[u8]) -> NDIS_STATUS {
    query.BytesNeeded = bytes.len() as u32;
    if (query.InformationBufferLength as usize) < bytes.len() {
        query.BytesWritten = 0;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    query.BytesWritten = bytes.len() as u32;
    // SAFETY: NDIS passes a buffer of this length, which is long enough, and nobody else's meanwhile.
    unsafe {
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), query.InformationBuffer.cast(), bytes.len());
    }
    NDIS_STATUS_SUCCESS
}

fn number(query: &mut NDIS_OID_REQUEST_QUERY, number: u32) -> NDIS_STATUS {
    bytes(query, &number.to_ne_bytes())
}

/// Answers with 64 bits, or with the lower 32 if there is no room for more ("Querying 64-bit Statistics OIDs").
fn counter(query: &mut NDIS_OID_REQUEST_QUERY, count: u64) -> NDIS_STATUS {
    if query.InformationBufferLength >= 8 {
        return bytes(query, &count.to_ne_bytes());
    }
    let status = number(query, count as u32);
    query.BytesNeeded = 8;
    if status == NDIS_STATUS_SUCCESS { status } else { NDIS_STATUS_INVALID_LENGTH }
}

/// Answers with a structure of NDIS's.
fn value<T: Copy>(query: &mut NDIS_OID_REQUEST_QUERY, value: &T) -> NDIS_STATUS {
    // SAFETY: the structures of NDIS that come here have no padding.
    let text = unsafe { core::slice::from_raw_parts((&raw const *value).cast::<u8>(), size_of::<T>()) };
    bytes(query, text)
}

fn obey(cx: &mut Cx<'_, Passive>, adapter: &Adapter, request: &mut NDIS_OID_REQUEST) -> NDIS_STATUS {
    // SAFETY: the request's type says that this member is there.
    let set = unsafe { &mut request.DATA.SET_INFORMATION };
    let nic = &adapter.driver().nic;
    let Above { multicast, offloads, .. } = nic.upper();
    let obeyed = match set.Oid {
        OID_GEN_CURRENT_PACKET_FILTER => {
            take_number(set).and_then(|bits| multicast.set_filter(cx, nic, bits))
        }
        OID_GEN_CURRENT_LOOKAHEAD => take_number(set).map(|_| NDIS_STATUS_SUCCESS),
        OID_GEN_INTERRUPT_MODERATION => moderation::set(cx, nic, set),
        OID_TCP_OFFLOAD_PARAMETERS => offloads.set_parameters(nic.upper().adapter(), set),
        OID_OFFLOAD_ENCAPSULATION => offloads.set_encapsulation(set),
        OID_802_3_MULTICAST_LIST => multicast.set_groups(cx, nic, set),
        OID_PNP_SET_POWER => take_number(set).map(|state| power::begin(adapter, request, state as i32)),
        _ => Err(NDIS_STATUS_NOT_SUPPORTED),
    };
    obeyed.unwrap_or_else(|refused| refused)
}

/// Reads a number.
fn take_number(set: &mut NDIS_OID_REQUEST_SET) -> Result<u32, NDIS_STATUS> {
    set.BytesNeeded = 4;
    if set.InformationBufferLength < 4 {
        return Err(NDIS_STATUS_INVALID_LENGTH);
    }
    set.BytesRead = 4;
    // SAFETY: NDIS passes a buffer of at least four bytes.
    Ok(unsafe { set.InformationBuffer.cast::<u32>().read_unaligned() })
}

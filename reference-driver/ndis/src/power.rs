//! OID_PNP_SET_POWER. Its request is completed later: a device takes its time to stop and to start.

use dirql::{Cx, Passive};
use dirql_ddi::PVOID;
use dirql_ddi::ndis::*;

use crate::adapter::Adapter;

/// What is noted in a request's MiniportReserved.
struct Transition {
    adapter: *const Adapter,
    state: NDIS_DEVICE_POWER_STATE,
}

/// As many bytes as MiniportReserved has.
const _: () = assert!(size_of::<Transition>() <= 16);

/// Leaves a request to a work item, which completes it. NDIS sends no other before that.
pub(crate) fn begin(
    adapter: &Adapter,
    request: &mut NDIS_OID_REQUEST,
    state: NDIS_DEVICE_POWER_STATE,
) -> NDIS_STATUS {
    let place = (&raw mut request.MiniportReserved).cast::<Transition>();
    // SAFETY: the request is the driver's, and with it these members, which are long enough.
    unsafe { place.write_unaligned(Transition { adapter, state }) };
    // SAFETY: the request is there until it is completed, and the item is queued once for each.
    unsafe { adapter.power.queue(Some(set_at_passive), (&raw mut *request).cast()) };
    NDIS_STATUS_PENDING
}

/// # Safety
/// NDIS calls this for the work item of [`begin`], at PASSIVE_LEVEL.
unsafe extern "C-unwind" fn set_at_passive(WorkItemContext: PVOID, _NdisIoWorkItemHandle: NDIS_HANDLE) {
    let request: PNDIS_OID_REQUEST = WorkItemContext.cast();
    // SAFETY: the context is the request, which is the driver's; here and below.
    let place = unsafe { &raw const (*request).MiniportReserved };
    // SAFETY: `begin` wrote it.
    let Transition { adapter, state } = unsafe { place.cast::<Transition>().read_unaligned() };
    // SAFETY: the adapter is there while a request of it is outstanding.
    let adapter = unsafe { &*adapter };
    // SAFETY: work items run at PASSIVE_LEVEL.
    let status = unsafe { Cx::<Passive>::enter(|cx| set(cx, adapter, state)) };
    let handle = adapter.driver().nic.upper().adapter();
    // SAFETY: MiniportOidRequest returned NDIS_STATUS_PENDING, or is about to. The adapter may be gone after this.
    unsafe { NdisMOidRequestComplete(handle, request, status) };
}

/// Goes to a power state. Without a pause before it, sends are refused from here until the device is back.
fn set(cx: &mut Cx<'_, Passive>, adapter: &Adapter, state: NDIS_DEVICE_POWER_STATE) -> NDIS_STATUS {
    if state == NdisDeviceStateD0 {
        return wake(cx, adapter);
    }
    let sends = &adapter.driver().above().sends;
    if sends.refusal(cx).is_none() {
        sends.refuse(cx, NDIS_STATUS_LOW_POWER_STATE);
    }
    // The device is quiet after this (R90).
    adapter.stop(cx);
    sends.drain(cx);
    NDIS_STATUS_SUCCESS
}

/// A paused adapter is brought up by its restart, not here.
fn wake(cx: &mut Cx<'_, Passive>, adapter: &Adapter) -> NDIS_STATUS {
    let sends = &adapter.driver().above().sends;
    if sends.refusal(cx) == Some(NDIS_STATUS_LOW_POWER_STATE) {
        if adapter.start(cx).is_err() {
            return NDIS_STATUS_FAILURE;
        }
        sends.accept_after(cx, NDIS_STATUS_LOW_POWER_STATE);
    }
    NDIS_STATUS_SUCCESS
}

//! MiniportCheckForHangEx and MiniportResetEx.

use dirql::{Cx, Dispatch, Passive};
use dirql_backends::at_dispatch;
use dirql_ddi::ndis::*;
use dirql_ddi::{BOOLEAN, FALSE, PVOID};

use crate::adapter::Adapter;

/// NDIS resets the adapter if this says so, as it does if a send or an OID request takes too long.
///
/// # Safety
/// NDIS calls this for a started adapter, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportCheckForHangEx(
    MiniportAdapterContext: NDIS_HANDLE,
) -> BOOLEAN {
    // SAFETY: NDIS passes the adapter.
    let nic = unsafe { &Adapter::of(MiniportAdapterContext).driver().nic };
    // SAFETY: MiniportCheckForHangEx runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| nic.is_transmit_hung(cx)) }.into()
}

/// Refuses sends; the rest is done at PASSIVE_LEVEL, since a reset takes its time. The filters are kept, so there is
/// nothing for NDIS to tell anew.
///
/// # Safety
/// NDIS calls this for a started adapter, at or below DISPATCH_LEVEL, not again before the reset is completed.
pub(crate) unsafe extern "C-unwind" fn MiniportResetEx(
    MiniportAdapterContext: NDIS_HANDLE,
    AddressingReset: *mut BOOLEAN,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes a place to write to.
    unsafe { AddressingReset.write(FALSE) };
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(|cx| adapter.driver().above().sends.begin_reset(cx)) };
    // SAFETY: the adapter is there until the reset is completed, and the item is queued once for each.
    unsafe { adapter.reset.queue(Some(reset_at_passive), MiniportAdapterContext) };
    NDIS_STATUS_PENDING
}

/// # Safety
/// NDIS calls this for the work item of [`MiniportResetEx`], at PASSIVE_LEVEL.
unsafe extern "C-unwind" fn reset_at_passive(WorkItemContext: PVOID, _NdisIoWorkItemHandle: NDIS_HANDLE) {
    // SAFETY: the context is the adapter.
    let adapter = unsafe { Adapter::of(WorkItemContext) };
    // SAFETY: work items run at PASSIVE_LEVEL.
    let status = unsafe { Cx::<Passive>::enter(|cx| reset(cx, adapter)) };
    let handle = adapter.driver().nic.upper().adapter();
    let complete = |_: &mut Cx<'_, Dispatch>| {
        // SAFETY: MiniportResetEx returned NDIS_STATUS_PENDING, or is about to; at DISPATCH_LEVEL.
        unsafe { NdisMResetComplete(handle, status, FALSE) };
    };
    // SAFETY: work items run at PASSIVE_LEVEL.
    unsafe { at_dispatch(complete) };
}

fn reset(cx: &mut Cx<'_, Passive>, adapter: &Adapter) -> NDIS_STATUS {
    let driver = adapter.driver();
    adapter.stop(cx);
    // Before the start: a device that lies may never send what would get into the ring after it.
    driver.above().sends.drain(cx);
    match adapter.start(cx) {
        Ok(()) => {
            driver.above().sends.accept_after(cx, NDIS_STATUS_RESET_IN_PROGRESS);
            NDIS_STATUS_SUCCESS
        }
        Err(_) => NDIS_STATUS_FAILURE,
    }
}

//! MiniportHaltEx, MiniportShutdownEx, and the news that the device is gone.

use dirql::{Cx, Passive};
use dirql_ddi::ndis::*;

use crate::adapter::Adapter;

/// # Safety
/// NDIS calls this for a paused adapter that nobody uses any more, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportHaltEx(
    MiniportAdapterContext: NDIS_HANDLE,
    HaltAction: NDIS_HALT_ACTION,
) {
    let is_gone = HaltAction == NdisHaltDeviceSurpriseRemoved;
    // SAFETY: MiniportHaltEx is the last to use the adapter.
    let adapter = unsafe { Adapter::take(MiniportAdapterContext) };
    // SAFETY: MiniportHaltEx runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| adapter.end(cx, is_gone)) };
}

/// # Safety
/// NDIS calls this for a started adapter, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportDevicePnPEventNotify(
    MiniportAdapterContext: NDIS_HANDLE,
    NetDevicePnPEvent: PNET_DEVICE_PNP_EVENT,
) {
    // SAFETY: NDIS passes an event for the length of the call.
    if unsafe { (*NetDevicePnPEvent).DevicePnPEvent } != NdisDevicePnPEventSurpriseRemoved {
        return;
    }
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: MiniportDevicePnPEventNotify runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| removed(cx, adapter)) };
}

/// Gives back what the device will never send; NDIS pauses and halts the adapter after this (R81, R91).
fn removed(cx: &mut Cx<'_, Passive>, adapter: &Adapter) {
    let driver = adapter.driver();
    driver.above().sends.refuse(cx, NDIS_STATUS_ADAPTER_REMOVED);
    driver.nic.removed(cx, adapter.registration.interrupt());
}

/// # Safety
/// NDIS calls this for a started adapter, at PASSIVE_LEVEL or, in a bug check, at HIGH_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportShutdownEx(
    MiniportAdapterContext: NDIS_HANDLE,
    ShutdownAction: NDIS_SHUTDOWN_ACTION,
) {
    if ShutdownAction != NdisShutdownPowerOff {
        // Nothing here may be called at HIGH_LEVEL, and the machine is about to stop anyway.
        return;
    }
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: with NdisShutdownPowerOff this runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| adapter.stop(cx)) };
}

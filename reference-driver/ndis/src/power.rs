//! OID_PNP_SET_POWER.

use dirql::{Cx, Passive};
use dirql_ddi::ndis::*;

use crate::adapter::Adapter;

/// Goes to a power state. Without a pause before it, sends are refused from here until the device is back.
pub(crate) fn set(
    cx: &mut Cx<'_, Passive>,
    adapter: &Adapter,
    state: NDIS_DEVICE_POWER_STATE,
) -> NDIS_STATUS {
    if state == NdisDeviceStateD0 {
        return wake(cx, adapter);
    }
    let sends = adapter.driver().sends();
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
    let sends = adapter.driver().sends();
    if sends.refusal(cx) == Some(NDIS_STATUS_LOW_POWER_STATE) {
        if adapter.start(cx).is_err() {
            return NDIS_STATUS_FAILURE;
        }
        sends.accept_after(cx, NDIS_STATUS_LOW_POWER_STATE);
    }
    NDIS_STATUS_SUCCESS
}

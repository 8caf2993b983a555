//! NdisMIndicateStatusEx.

use dirql_ddi::ndis::*;

use super::handle::device_of;
use super::receive::check_level;
use super::{adapter, offload};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::kernel::{self, fail};

/// Returns the link's state as the miniport indicated it last; `None` if it never did.
pub fn link_state(device: DeviceId) -> Option<NDIS_LINK_STATE> {
    adapter(device, |a| a.link)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMIndicateStatusEx(
    MiniportAdapterHandle: NDIS_HANDLE,
    StatusIndication: PNDIS_STATUS_INDICATION,
) {
    if inert() {
        return;
    }
    kernel::pause();
    let device = device_of(MiniportAdapterHandle);
    check_level("NdisMIndicateStatusEx", false);
    // SAFETY: the caller passes its own indication for the length of the call.
    let indication = unsafe { *StatusIndication };
    if indication.SourceHandle != MiniportAdapterHandle {
        fail("InvalidHandle", "a status is indicated without its SourceHandle".into());
    }
    let len = indication.StatusBufferSize as usize;
    if indication.StatusCode == NDIS_STATUS_LINK_STATE && len == size_of::<NDIS_LINK_STATE>() {
        // SAFETY: the status buffer is that long.
        let link = unsafe { *indication.StatusBuffer.cast::<NDIS_LINK_STATE>() };
        adapter(device, |a| a.link = Some(link));
    }
    if indication.StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG && len == size_of::<NDIS_OFFLOAD>() {
        // SAFETY: as above.
        offload::note(device, unsafe { *indication.StatusBuffer.cast::<NDIS_OFFLOAD>() });
    }
}

const _: () = {
    let _ = [NdisMIndicateStatusEx, dirql_ddi::ndis::NdisMIndicateStatusEx];
};

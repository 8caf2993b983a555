//! NdisMGetBusData.

use dirql_ddi::ndis::{NDIS_HANDLE, PCI_WHICHSPACE_CONFIG};
use dirql_ddi::{PVOID, ULONG};

use super::handle::device_of;
use crate::pci;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMGetBusData(
    NdisMiniportHandle: NDIS_HANDLE,
    WhichSpace: ULONG,
    Offset: ULONG,
    Buffer: PVOID,
    Length: ULONG,
) -> ULONG {
    let space = pci::configuration(device_of(NdisMiniportHandle));
    let from = space.get(Offset as usize..).unwrap_or_default();
    let len = if WhichSpace == PCI_WHICHSPACE_CONFIG { from.len().min(Length as usize) } else { 0 };
    // SAFETY: the caller guarantees so many bytes to write to; at most as many are left in the space.
    unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), Buffer.cast(), len) };
    len as ULONG
}

const _: () = {
    let _ = [NdisMGetBusData, dirql_ddi::ndis::NdisMGetBusData];
};

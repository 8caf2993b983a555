//! The device's configuration space.

use dirql_ddi::ULONG;
use dirql_ddi::ndis::{NDIS_HANDLE, NdisMGetBusData, PCI_WHICHSPACE_CONFIG};

/// Says whether MSI-X is enabled: NDIS tells only how many messages there are. Any IRQL.
pub(crate) fn is_msi_x(adapter: NDIS_HANDLE) -> bool {
    nic_shell::pci::is_msi_x(|offset, to| {
        let (buffer, len) = (to.as_mut_ptr().cast(), to.len() as ULONG);
        // SAFETY: the adapter's handle is valid; the buffer is ours and that long.
        unsafe { NdisMGetBusData(adapter, PCI_WHICHSPACE_CONFIG, offset, buffer, len) };
    })
}

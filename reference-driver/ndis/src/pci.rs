//! Whether messages are MSI or MSI-X: NDIS tells only how many there are, the device's capability which.

use dirql_ddi::ULONG;
use dirql_ddi::ndis::{NDIS_HANDLE, NdisMGetBusData, PCI_WHICHSPACE_CONFIG};

/// PCI Local Bus Specification 3.0, 6.1 and 6.7.
const CAPABILITIES_POINTER: ULONG = 0x34;
/// PCI Local Bus Specification 3.0, appendix H and 6.8.2.
const MSI_X: u8 = 0x11;
const MSI_X_ENABLE: u8 = 0x80;
/// More do not fit into the space.
const CAPABILITIES_MAX: usize = 48;

fn read<const N: usize>(adapter: NDIS_HANDLE, offset: ULONG) -> [u8; N] {
    let mut bytes = [0; N];
    let buffer = bytes.as_mut_ptr().cast();
    // SAFETY: the adapter's handle is valid; the buffer is ours and that long.
    unsafe { NdisMGetBusData(adapter, PCI_WHICHSPACE_CONFIG, offset, buffer, N as ULONG) };
    bytes
}

/// Says whether MSI-X is enabled. Any IRQL.
pub(crate) fn is_msi_x(adapter: NDIS_HANDLE) -> bool {
    let [mut at] = read::<1>(adapter, CAPABILITIES_POINTER);
    for _ in 0..CAPABILITIES_MAX {
        if at == 0 {
            break;
        }
        let [id, next, _, control] = read::<4>(adapter, at.into());
        if id == MSI_X {
            return control & MSI_X_ENABLE != 0;
        }
        at = next;
    }
    false
}

//! What PnP assigned.

use dirql::{Error, ErrorKind};
use dirql_ddi::*;

/// Returns where the registers are: the first memory of the list is BAR0 (82574 data sheet, 9.1.7).
///
/// # Safety
/// `list` is null, or that of IRP_MN_START_DEVICE.
pub(crate) unsafe fn registers(
    list: PCM_RESOURCE_LIST,
) -> Result<CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, Error> {
    if list.is_null() {
        return Err(ErrorKind::OutOfResources.into());
    }
    // SAFETY: PnP's list stays for the length of the request, and has one entry for a PCI device; here and below.
    let partial = unsafe { &raw const (*list).List[0].PartialResourceList };
    // SAFETY: as above.
    let count = unsafe { (*partial).Count } as usize;
    // SAFETY: as above.
    let first = unsafe { (&raw const (*partial).PartialDescriptors).cast() };
    // SAFETY: the list says that it has so many descriptors.
    let descriptors: &[CM_PARTIAL_RESOURCE_DESCRIPTOR] = unsafe { core::slice::from_raw_parts(first, count) };
    for descriptor in descriptors {
        if descriptor.Type == CmResourceTypeMemory {
            // SAFETY: the type says which member is there.
            return Ok(unsafe { descriptor.u.Memory });
        }
    }
    Err(ErrorKind::OutOfResources.into())
}

//! What PnP assigned.

use dirql::{Error, ErrorKind};
use dirql_ddi::ndis::PNDIS_MINIPORT_INIT_PARAMETERS;
use dirql_ddi::{
    CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, CmResourceTypeMemory,
};

/// Returns where the registers are: the first memory of the list is BAR0 (82574 data sheet, 9.1.7).
///
/// # Safety
/// `parameters` are those that MiniportInitializeEx was given.
pub(crate) unsafe fn registers(
    parameters: PNDIS_MINIPORT_INIT_PARAMETERS,
) -> Result<CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, Error> {
    // SAFETY: the caller guarantees the parameters.
    let list = unsafe { (*parameters).AllocatedResources };
    if list.is_null() {
        return Err(ErrorKind::OutOfResources.into());
    }
    // SAFETY: PnP's list stays for the length of the call; here and below.
    let count = unsafe { (*list).Count } as usize;
    // SAFETY: as above.
    let first = unsafe { (&raw const (*list).PartialDescriptors).cast() };
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

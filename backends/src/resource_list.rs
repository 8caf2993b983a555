//! What the PnP manager assigned, as WDM and NDIS are told.

use dirql_ddi::*;

/// Returns the first memory resource of a list.
///
/// # Safety
/// `list` is null, or a list of the PnP manager's that stays for the length of the call.
pub unsafe fn first_memory(
    list: *const CM_PARTIAL_RESOURCE_LIST,
) -> Option<CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY> {
    // SAFETY: the caller guarantees the list; here and below.
    let count = unsafe { list.as_ref() }?.Count as usize;
    // SAFETY: as above.
    let first = unsafe { (&raw const (*list).PartialDescriptors).cast() };
    // SAFETY: the list says that it has so many descriptors.
    let descriptors: &[CM_PARTIAL_RESOURCE_DESCRIPTOR] = unsafe { core::slice::from_raw_parts(first, count) };
    let memory = descriptors.iter().find(|descriptor| descriptor.Type == CmResourceTypeMemory)?;
    // SAFETY: the type says which member is there.
    Some(unsafe { memory.u.Memory })
}

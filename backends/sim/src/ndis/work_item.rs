//! Work items: each runs as a thread of its own.

use dirql_ddi::PVOID;
use dirql_ddi::ndis::*;

use super::handle::device_of;
use crate::context::inert;
use crate::kernel::{self, fail};

const TAG: u32 = u32::from_le_bytes(*b"NDwi");

fn check(item: NDIS_HANDLE) {
    if kernel::pool_block_len(item.cast()) != size_of::<u64>() {
        fail("InvalidHandle", format!("{item:?} is no work item"));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateIoWorkItem(NdisObjectHandle: NDIS_HANDLE) -> NDIS_HANDLE {
    device_of(NdisObjectHandle);
    kernel::allocate_pool(size_of::<u64>(), TAG).cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeIoWorkItem(NdisIoWorkItemHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    check(NdisIoWorkItemHandle);
    // SAFETY: the caller frees an item of its own.
    unsafe { kernel::free_pool(NdisIoWorkItemHandle.cast()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisQueueIoWorkItem(
    NdisIoWorkItemHandle: NDIS_HANDLE,
    Routine: NDIS_IO_WORKITEM_ROUTINE,
    WorkItemContext: PVOID,
) {
    if inert() {
        return;
    }
    check(NdisIoWorkItemHandle);
    let Some(routine) = Routine else { return };
    // SAFETY: the driver gave this routine for this context, and keeps both until it has run.
    let job = move || unsafe { routine(WorkItemContext, NdisIoWorkItemHandle) };
    let cpus = crate::context::with(|core| core.cpu_count) as u32;
    kernel::spawn(kernel::choose(cpus) as usize, "work item", Box::new(job));
    kernel::pause();
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisAllocateIoWorkItem, ndis::NdisAllocateIoWorkItem];
    let _ = [NdisFreeIoWorkItem, ndis::NdisFreeIoWorkItem];
    let _ = [NdisQueueIoWorkItem, ndis::NdisQueueIoWorkItem];
};

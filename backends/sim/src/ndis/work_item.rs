//! NDIS's work items: a block of pool, and a work item of the machine that calls what was queued last.

use dirql_ddi::ndis::*;
use dirql_ddi::{PVOID, TRUE};

use super::handle::device_of;
use super::ndis;
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::routine::Routine;
use crate::work::WorkId;

const TAG: u32 = u32::from_le_bytes(*b"NDwi");

/// What NdisQueueIoWorkItem was given.
#[derive(Clone, Copy)]
struct Call {
    routine: NDIS_IO_WORKITEM_ROUTINE,
    context: PVOID,
}

pub(super) struct Item {
    address: usize,
    work: WorkId,
    /// Taken when the routine is called: from then on the item can be queued again, or freed.
    queued: Option<Call>,
}

/// Lets `act` use a work item, or ends the run if it is none.
fn item<R>(handle: NDIS_HANDLE, act: impl FnOnce(&mut Item) -> R) -> R {
    let found = ndis(|ndis| ndis.work_items.iter_mut().find(|item| item.address == handle as usize).map(act));
    found.unwrap_or_else(|| fail("InvalidHandle", format!("{handle:?} is no work item")))
}

/// Calls what was queued. The item itself is not looked at again: its routine may free it.
unsafe fn call_worker(routine: &Routine) -> u8 {
    let handle: NDIS_HANDLE = core::ptr::with_exposed_provenance_mut(routine.arguments()[0]);
    let queued = item(handle, |item| item.queued.take());
    if let Some(Call { routine: Some(worker), context }) = queued {
        // SAFETY: the driver gave this routine for this context, and keeps both until it has run.
        unsafe { worker(context, handle) };
    }
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateIoWorkItem(NdisObjectHandle: NDIS_HANDLE) -> NDIS_HANDLE {
    device_of(NdisObjectHandle);
    let place = kernel::allocate_pool(size_of::<u64>(), TAG);
    if place.is_null() {
        return place.cast();
    }
    let address = place.expose_provenance();
    // SAFETY: `call_worker` finds the item by its address; an item that is queued cannot be freed.
    let routine =
        unsafe { Routine::new(call_worker, core::ptr::null(), core::ptr::null_mut(), [address, 0, 0]) };
    let work = kernel::create_work_item(routine);
    ndis(|ndis| ndis.work_items.push(Item { address, work, queued: None }));
    place.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeIoWorkItem(NdisIoWorkItemHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    if item(NdisIoWorkItemHandle, |item| item.queued.is_some()) {
        fail("WorkItem", "a work item is freed while it is queued".into());
    }
    ndis(|ndis| ndis.work_items.retain(|item| item.address != NdisIoWorkItemHandle as usize));
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
    let call = Call { routine: Routine, context: WorkItemContext };
    let (before, work) = item(NdisIoWorkItemHandle, |item| (item.queued.replace(call), item.work));
    if before.is_some() {
        fail("WorkItem", "a work item is queued while it is queued".into());
    }
    kernel::queue_work_item(work);
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisAllocateIoWorkItem, ndis::NdisAllocateIoWorkItem];
    let _ = [NdisFreeIoWorkItem, ndis::NdisFreeIoWorkItem];
    let _ = [NdisQueueIoWorkItem, ndis::NdisQueueIoWorkItem];
};

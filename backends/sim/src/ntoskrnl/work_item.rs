//! IO_WORKITEM: a block of pool, and a work item of the machine that calls what was queued last.

use dirql_ddi::{
    DelayedWorkQueue, PDEVICE_OBJECT, PIO_WORKITEM, PIO_WORKITEM_ROUTINE, PVOID, TRUE, WORK_QUEUE_TYPE,
};

use super::device_object::device_behind;
use super::nt;
use crate::context::inert;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};
use crate::routine::Routine;
use crate::work::WorkId;

const TAG: u32 = u32::from_le_bytes(*b"NtWi");

/// What IoQueueWorkItem was given.
#[derive(Clone, Copy)]
struct Call {
    routine: PIO_WORKITEM_ROUTINE,
    context: PVOID,
}

struct Item {
    address: usize,
    device_object: PDEVICE_OBJECT,
    work: WorkId,
    /// Taken when the routine is called: from then on the item can be queued again, or freed.
    queued: Option<Call>,
}

/// The work items of one run.
#[derive(Default)]
pub(super) struct WorkItems(Vec<Item>);

impl WorkItems {
    fn at(&mut self, address: usize) -> Option<&mut Item> {
        self.0.iter_mut().find(|item| item.address == address)
    }
}

/// Lets `act` use a work item, or ends the run if it is none.
fn item<R>(item: PIO_WORKITEM, act: impl FnOnce(&mut Item) -> R) -> R {
    let found = nt(|nt| nt.work_items.at(item as usize).map(act));
    found.unwrap_or_else(|| fail("InvalidHandle", format!("{item:?} is no work item")))
}

/// Calls what was queued. The item itself is not looked at again: its routine may free it.
unsafe fn call_worker(routine: &Routine) -> u8 {
    let queued = nt(|nt| {
        let item = nt.work_items.at(routine.arguments()[0])?;
        Some((item.queued.take()?, item.device_object))
    });
    if let Some((Call { routine: Some(worker), context }, device_object)) = queued {
        // SAFETY: the driver gave this routine for this context, and keeps both until it has run.
        unsafe { worker(device_object, context) };
    }
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoAllocateWorkItem(DeviceObject: PDEVICE_OBJECT) -> PIO_WORKITEM {
    device_behind(DeviceObject);
    let place: PIO_WORKITEM = kernel::allocate_pool(size_of::<usize>(), TAG).cast();
    if place.is_null() {
        return place;
    }
    let address = place as usize;
    // SAFETY: `call_worker` finds the item by its address, and lives with its being gone.
    let routine =
        unsafe { Routine::new(call_worker, core::ptr::null(), core::ptr::null_mut(), [address, 0, 0]) };
    let work = kernel::create_work_item(routine);
    nt(|nt| nt.work_items.0.push(Item { address, device_object: DeviceObject, work, queued: None }));
    place
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoFreeWorkItem(IoWorkItem: PIO_WORKITEM) {
    if inert() {
        return;
    }
    if item(IoWorkItem, |item| item.queued.is_some()) {
        fail("WorkItem", "a work item is freed while it is queued".into());
    }
    nt(|nt| nt.work_items.0.retain(|item| item.address != IoWorkItem as usize));
    // SAFETY: the caller frees an item of its own.
    unsafe { kernel::free_pool(IoWorkItem.cast()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoQueueWorkItem(
    IoWorkItem: PIO_WORKITEM,
    WorkerRoutine: PIO_WORKITEM_ROUTINE,
    QueueType: WORK_QUEUE_TYPE,
    Context: PVOID,
) {
    if inert() {
        return;
    }
    if kernel::irql() > DISPATCH {
        fail("WorkItem", format!("a work item is queued at IRQL {}", kernel::irql()));
    }
    if WorkerRoutine.is_none() || QueueType != DelayedWorkQueue {
        fail("InvalidHandle", format!("a work item without a routine, or for queue {QueueType}"));
    }
    let call = Call { routine: WorkerRoutine, context: Context };
    let (before, work) = item(IoWorkItem, |item| (item.queued.replace(call), item.work));
    if before.is_some() {
        fail("WorkItem", "a work item is queued while it is queued".into());
    }
    kernel::queue_work_item(work);
}

const _: () = {
    let _ = [IoAllocateWorkItem, dirql_ddi::IoAllocateWorkItem];
    let _ = [IoFreeWorkItem, dirql_ddi::IoFreeWorkItem];
    let _ = [IoQueueWorkItem, dirql_ddi::IoQueueWorkItem];
};

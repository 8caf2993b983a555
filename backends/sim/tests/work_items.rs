//! Work items of the I/O manager: what they promise, and what must not be done with them.

mod common;

use std::cell::Cell;
use std::ptr::{from_ref, null_mut};

use common::{BUTTON, Options, at, count, fires, linger, silent};
use dirql_ddi::{
    DelayedWorkQueue, IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem, PDEVICE_OBJECT, PIO_WORKITEM,
    PVOID,
};
use dirql_sim::kernel;
use dirql_sim::ntoskrnl::device_object;

/// A work item that counts its runs, and frees itself in the last one.
struct Work {
    item: PIO_WORKITEM,
    runs: Cell<u32>,
    level: Cell<u8>,
    runs_wanted: u32,
}

impl Work {
    fn new(runs_wanted: u32) -> Self {
        // SAFETY: this is the button's device object.
        let item = unsafe { IoAllocateWorkItem(device_object(BUTTON)) };
        assert!(!item.is_null());
        Self { item, runs: Cell::new(0), level: Cell::new(0), runs_wanted }
    }

    fn queue(&self) {
        let context = from_ref(self).cast_mut().cast();
        // SAFETY: the routine takes this context, and each test waits for it.
        unsafe { IoQueueWorkItem(self.item, Some(run), DelayedWorkQueue, context) };
    }

    fn free(&self) {
        // SAFETY: allocated in `new`; freeing it while it is queued is what a test is about.
        unsafe { IoFreeWorkItem(self.item) };
    }
}

unsafe extern "C-unwind" fn run(device: PDEVICE_OBJECT, context: PVOID) {
    // SAFETY: `queue` gave this, and it outlives the run.
    let work = unsafe { &*context.cast::<Work>() };
    assert_eq!(device, device_object(BUTTON));
    count(&work.runs);
    work.level.set(work.level.get().max(kernel::irql()));
    match work.runs.get() == work.runs_wanted {
        true => work.free(),
        false => work.queue(),
    }
    linger(2);
}

#[test]
fn workitem_silent_for_one_that_queues_and_frees_itself() {
    let (seen, counters) = silent(&Options::default(), || {
        let work = Work::new(3);
        at(2, || work.queue());
        kernel::quiesce();
        (work.runs.get(), work.level.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(3, 0)]);
    assert!(counters.work_items_overlapping > 0, "{counters:?}");
}

/// The only processor is kept, so the item stays queued.
fn one_processor() -> Options {
    Options { cpus: 1, ..Options::default() }
}

#[test]
fn workitem_fires_when_it_is_queued_twice() {
    fires("WorkItem", &one_processor(), || {
        let work = Work::new(1);
        at(2, || (0..2).for_each(|_| work.queue()));
    });
}

#[test]
fn workitem_fires_when_it_is_freed_while_queued() {
    fires("WorkItem", &one_processor(), || {
        let work = Work::new(1);
        at(2, || {
            work.queue();
            work.free();
        });
    });
}

#[test]
fn workitem_fires_above_dispatch_level() {
    fires("WorkItem", &one_processor(), || {
        let work = Work::new(1);
        at(3, || work.queue());
    });
}

#[test]
fn invalidhandle_fires_for_what_is_no_work_item() {
    // SAFETY: that it is none is what the rule is about.
    fires("InvalidHandle", &Options::default(), || unsafe { IoFreeWorkItem(null_mut()) });
}

#[test]
fn poolleak_fires_for_a_work_item_that_nobody_frees() {
    fires("PoolLeak", &Options::default(), || {
        Work::new(1);
    });
}

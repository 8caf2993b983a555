//! A work item that is queued once at most, may overlap with itself, and can be waited for.
//!
//! `IoQueueWorkItem` promises none of these: queueing an item twice corrupts the system's queue, and nothing waits for
//! one. What it promises is that the driver stays loaded until the routine has returned.

use core::ptr::NonNull;

use dirql::sync::{AtomicU32, Ordering};
use dirql::{Cx, Error, ErrorKind, Passive, Platform};
use dirql_ddi::*;

use super::Wdm;

const QUEUED: u32 = 1 << 31;
const POLL_US: u32 = 50;

/// An IO_WORKITEM, and in one word whether it is queued and how many threads run it.
pub(super) struct WorkItem {
    item: NonNull<IO_WORKITEM>,
    state: AtomicU32,
}

// SAFETY: a work item may be queued from any thread and processor.
unsafe impl Send for WorkItem {}
// SAFETY: as for Send; `state` keeps two from queueing it at once.
unsafe impl Sync for WorkItem {}

impl WorkItem {
    /// # Safety
    /// `device_object` is one of the caller's driver, and outlives the result. The caller is at PASSIVE_LEVEL.
    pub(super) unsafe fn allocate(device_object: PDEVICE_OBJECT) -> Result<Self, Error> {
        // SAFETY: the caller guarantees the device object and the level.
        let item = unsafe { IoAllocateWorkItem(device_object) };
        let item = NonNull::new(item.cast()).ok_or(ErrorKind::OutOfResources)?;
        Ok(Self { item, state: AtomicU32::new(0) })
    }

    /// Queues the item, unless it is queued already (R27). At or below DISPATCH_LEVEL.
    ///
    /// # Safety
    /// `routine` takes `context`, which lives until [`drain`](Self::drain) has returned, and begins with [`begin`](Self::begin) and
    /// ends with [`end`](Self::end).
    pub(super) unsafe fn queue(&self, routine: PIO_WORKITEM_ROUTINE, context: PVOID) {
        if self.state.fetch_or(QUEUED, Ordering::SeqCst) & QUEUED == 0 {
            // SAFETY: it was not queued; the caller guarantees the routine.
            unsafe { IoQueueWorkItem(self.item.as_ptr(), routine, DelayedWorkQueue, context) };
        }
    }

    /// Marks the beginning of the routine: the item can be queued again (R77).
    ///
    /// # Safety
    /// The caller is the routine, which does this first.
    pub(super) unsafe fn begin(&self) {
        // From queued to running in one step: nobody sees the item idle between them.
        self.state.fetch_sub(QUEUED - 1, Ordering::SeqCst);
    }

    /// Marks the end of the routine. Item and context may be gone before this returns, hence a pointer.
    ///
    /// # Safety
    /// The caller is the routine, which does this last; `this` is its item.
    pub(super) unsafe fn end(this: *const Self) {
        // SAFETY: the item is there as long as `state` says that it runs.
        let state = unsafe { &(*this).state };
        state.fetch_sub(1, Ordering::SeqCst);
    }

    /// Waits until the item is neither queued nor running, looking again from time to time.
    pub(super) fn drain(&self, cx: &mut Cx<'_, Passive>) {
        while self.state.load(Ordering::SeqCst) != 0 {
            Wdm::delay(cx, POLL_US);
        }
    }
}

impl Drop for WorkItem {
    fn drop(&mut self) {
        // SAFETY: `allocate` got it, and the owner drained it.
        unsafe { IoFreeWorkItem(self.item.as_ptr()) };
    }
}

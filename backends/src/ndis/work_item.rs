//! What a miniport leaves to a thread at PASSIVE_LEVEL.

use dirql::{Error, ErrorKind};
use dirql_ddi::ndis::*;

/// Owns a work item (`NdisAllocateIoWorkItem`), which must not be queued when it is dropped.
#[derive(Debug)]
pub struct WorkItem(NDIS_HANDLE);

// SAFETY: the handle may be used on any thread and processor.
unsafe impl Send for WorkItem {}
// SAFETY: as for Send.
unsafe impl Sync for WorkItem {}

impl WorkItem {
    /// Allocates an item. At or below DISPATCH_LEVEL.
    ///
    /// # Safety
    /// `adapter` is a MiniportAdapterHandle that does not halt before the item is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub unsafe fn new(adapter: NDIS_HANDLE) -> Result<Self, Error> {
        // SAFETY: the caller guarantees the adapter.
        let item = unsafe { NdisAllocateIoWorkItem(adapter) };
        if item.is_null() { Err(ErrorKind::OutOfResources.into()) } else { Ok(Self(item)) }
    }

    /// Has `routine` called with `context` at PASSIVE_LEVEL.
    ///
    /// # Safety
    /// The routine expects this context, which lives until it has run; the item is not queued.
    pub unsafe fn queue(&self, routine: NDIS_IO_WORKITEM_ROUTINE, context: NDIS_HANDLE) {
        // SAFETY: the item is ours; the caller guarantees the rest.
        unsafe { NdisQueueIoWorkItem(self.0, routine, context) };
    }
}

impl Drop for WorkItem {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, and not queued.
        unsafe { NdisFreeIoWorkItem(self.0) };
    }
}

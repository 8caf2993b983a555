//! What NDIS gives and takes back, each with an owner that does.

use core::ptr::NonNull;

use dirql::{Error, ErrorKind};
use dirql_ddi::ndis::*;

const TAG: u32 = u32::from_le_bytes(*b"Q574");

/// Returns nonpaged memory of `len` bytes, not zeroed.
pub(crate) fn allocate(adapter: NDIS_HANDLE, len: usize) -> Result<NonNull<u8>, Error> {
    let len = UINT::try_from(len).map_err(|_| ErrorKind::OutOfResources)?;
    // SAFETY: the adapter's handle is valid; callers are at or below DISPATCH_LEVEL.
    let memory = unsafe { NdisAllocateMemoryWithTagPriority(adapter, len, TAG, NormalPoolPriority) };
    NonNull::new(memory.cast()).ok_or(ErrorKind::OutOfResources.into())
}

/// Owns nonpaged memory for a `T`, not the `T`.
pub(crate) struct Block<T>(NonNull<T>);

impl<T> Block<T> {
    pub(crate) fn new(adapter: NDIS_HANDLE) -> Result<Self, Error> {
        const { assert!(align_of::<T>() <= 16, "pool is aligned to 16 bytes") };
        Ok(Self(allocate(adapter, size_of::<T>())?.cast()))
    }

    /// Returns the place, which the block still owns.
    pub(crate) fn place(&self) -> NonNull<T> {
        self.0
    }

    /// Puts a value into the memory, and leaves both to the caller.
    pub(crate) fn fill(self, value: T) {
        // SAFETY: the memory is long and aligned enough (`new`), and ours.
        unsafe { self.0.write(value) };
        core::mem::forget(self);
    }

    /// Takes the memory back.
    ///
    /// # Safety
    /// `place` is that of a block that was filled, and its value was moved out.
    pub(crate) unsafe fn from_raw(place: NonNull<T>) -> Self {
        Self(place)
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this length.
        unsafe { NdisFreeMemory(self.0.as_ptr().cast(), size_of::<T>() as UINT, 0) };
    }
}

/// Owns the right to bus-master DMA (NdisMRegisterScatterGatherDma). To be dropped at PASSIVE_LEVEL.
pub(crate) struct DmaChannel(NDIS_HANDLE);

// SAFETY: the handle may be used on any thread and processor.
unsafe impl Send for DmaChannel {}
// SAFETY: as for Send.
unsafe impl Sync for DmaChannel {}

impl DmaChannel {
    /// Registers the adapter for DMA, in MiniportInitializeEx. `process` gets the lists of the frames.
    pub(crate) fn new(
        adapter: NDIS_HANDLE,
        process: MINIPORT_PROCESS_SG_LIST_HANDLER,
    ) -> Result<Self, Error> {
        let mut description = NDIS_SG_DMA_DESCRIPTION {
            Header: NDIS_OBJECT_HEADER {
                Type: NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION,
                Revision: NDIS_SG_DMA_DESCRIPTION_REVISION_1,
                Size: NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1,
            },
            Flags: NDIS_SG_DMA_64_BIT_ADDRESS,
            MaximumPhysicalMapping: nic::FRAME_LEN_MAX,
            ProcessSGListHandler: process,
            SharedMemAllocateCompleteHandler: None,
            ScatterGatherListSize: 0,
        };
        let mut handle = core::ptr::null_mut();
        // SAFETY: the adapter's handle is valid, in MiniportInitializeEx; the rest is ours.
        match unsafe { NdisMRegisterScatterGatherDma(adapter, &raw mut description, &raw mut handle) } {
            NDIS_STATUS_SUCCESS => Ok(Self(handle)),
            _ => Err(ErrorKind::OutOfResources.into()),
        }
    }

    pub(crate) fn handle(&self) -> NDIS_HANDLE {
        self.0
    }
}

impl Drop for DmaChannel {
    fn drop(&mut self) {
        // SAFETY: registered in `new`; no list of it is left when its owner goes.
        unsafe { NdisMDeregisterScatterGatherDma(self.0) };
    }
}

/// Owns a work item, which must not be queued when it is dropped.
pub(crate) struct WorkItem(NDIS_HANDLE);

// SAFETY: the handle may be used on any thread and processor.
unsafe impl Send for WorkItem {}
// SAFETY: as for Send.
unsafe impl Sync for WorkItem {}

impl WorkItem {
    pub(crate) fn new(adapter: NDIS_HANDLE) -> Result<Self, Error> {
        // SAFETY: the adapter's handle is valid.
        let item = unsafe { NdisAllocateIoWorkItem(adapter) };
        if item.is_null() { Err(ErrorKind::OutOfResources.into()) } else { Ok(Self(item)) }
    }

    /// Has `routine` called with `context` at PASSIVE_LEVEL.
    ///
    /// # Safety
    /// The routine expects this context, which lives until it has run; the item is not queued.
    pub(crate) unsafe fn queue(&self, routine: NDIS_IO_WORKITEM_ROUTINE, context: NDIS_HANDLE) {
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

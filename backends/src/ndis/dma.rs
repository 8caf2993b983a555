//! A miniport's right to bus-master DMA.

use dirql::{Error, ErrorKind};
use dirql_ddi::ULONG;
use dirql_ddi::ndis::*;

/// Owns the right to bus-master DMA (`NdisMRegisterScatterGatherDma`). To be dropped at PASSIVE_LEVEL, when no
/// scatter/gather list of it is left.
#[derive(Debug)]
pub struct DmaChannel(NDIS_HANDLE);

// SAFETY: the handle may be used on any thread and processor.
unsafe impl Send for DmaChannel {}
// SAFETY: as for Send.
unsafe impl Sync for DmaChannel {}

impl DmaChannel {
    /// Registers the adapter for DMA with 64-bit addresses, in MiniportInitializeEx. `process` gets the lists of the
    /// frames, which are up to `frame_len_max` bytes long.
    ///
    /// # Safety
    /// `adapter` is the MiniportAdapterHandle that MiniportInitializeEx was given, its attributes are set, and it does
    /// not halt before the result is dropped. `process` is what NDIS takes it for.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub unsafe fn new(
        adapter: NDIS_HANDLE,
        frame_len_max: ULONG,
        process: MINIPORT_PROCESS_SG_LIST_HANDLER,
    ) -> Result<Self, Error> {
        let mut description = NDIS_SG_DMA_DESCRIPTION {
            Header: NDIS_OBJECT_HEADER {
                Type: NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION,
                Revision: NDIS_SG_DMA_DESCRIPTION_REVISION_1,
                Size: NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1,
            },
            Flags: NDIS_SG_DMA_64_BIT_ADDRESS,
            MaximumPhysicalMapping: frame_len_max,
            ProcessSGListHandler: process,
            SharedMemAllocateCompleteHandler: None,
            ScatterGatherListSize: 0,
        };
        let mut handle = core::ptr::null_mut();
        // SAFETY: the caller guarantees adapter and routine; the rest is ours.
        match unsafe { NdisMRegisterScatterGatherDma(adapter, &raw mut description, &raw mut handle) } {
            NDIS_STATUS_SUCCESS => Ok(Self(handle)),
            _ => Err(ErrorKind::OutOfResources.into()),
        }
    }

    /// Returns the NdisMiniportDmaHandle.
    pub fn handle(&self) -> NDIS_HANDLE {
        self.0
    }
}

impl Drop for DmaChannel {
    fn drop(&mut self) {
        // SAFETY: registered in `new`; no list of it is left when its owner goes.
        unsafe { NdisMDeregisterScatterGatherDma(self.0) };
    }
}

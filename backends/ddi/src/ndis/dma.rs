//! Scatter/gather lists of frames to send.

use super::*;
use crate::*;

/// DISPATCH_LEVEL. It can run before or after NdisMAllocateNetBufferSGList has returned, on any processor.
pub type MINIPORT_PROCESS_SG_LIST_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        pDO: PDEVICE_OBJECT,
        Reserved: PVOID,
        pSGL: PSCATTER_GATHER_LIST,
        Context: PVOID,
    ),
>;
pub type MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        VirtualAddress: PVOID,
        PhysicalAddress: PNDIS_PHYSICAL_ADDRESS,
        Length: ULONG,
        Context: PVOID,
    ),
>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct NDIS_SG_DMA_DESCRIPTION {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: ULONG,
    pub MaximumPhysicalMapping: ULONG,
    pub ProcessSGListHandler: MINIPORT_PROCESS_SG_LIST_HANDLER,
    pub SharedMemAllocateCompleteHandler: MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER,
    pub ScatterGatherListSize: ULONG,
}

pub type PNDIS_SG_DMA_DESCRIPTION = *mut NDIS_SG_DMA_DESCRIPTION;

pub const NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION: UCHAR = 0x83;
pub const NDIS_SG_DMA_DESCRIPTION_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1: USHORT = 0x24;
pub const NDIS_SG_DMA_64_BIT_ADDRESS: ULONG = 1;
pub const NDIS_SG_LIST_WRITE_TO_DEVICE: ULONG = 1;

ndis! {
    /// From MiniportInitializeEx. Writes how large a list's memory should be.
    pub fn NdisMRegisterScatterGatherDma(
        MiniportAdapterHandle: NDIS_HANDLE,
        DmaDescription: PNDIS_SG_DMA_DESCRIPTION,
        NdisMiniportDmaHandle: PNDIS_HANDLE,
    ) -> NDIS_STATUS;
    pub fn NdisMDeregisterScatterGatherDma(NdisMiniportDmaHandle: NDIS_HANDLE);
    /// DISPATCH_LEVEL. The list covers the frame from its current MDL's start; the data begin CurrentMdlOffset
    /// bytes into it. Without a buffer NDIS allocates the list.
    pub fn NdisMAllocateNetBufferSGList(
        NdisMiniportDmaHandle: NDIS_HANDLE,
        NetBuffer: PNET_BUFFER,
        Context: PVOID,
        Flags: ULONG,
        ScatterGatherListBuffer: PVOID,
        ScatterGatherListBufferSize: ULONG,
    ) -> NDIS_STATUS;
    /// DISPATCH_LEVEL.
    pub fn NdisMFreeNetBufferSGList(
        NdisMiniportDmaHandle: NDIS_HANDLE,
        pSGL: PSCATTER_GATHER_LIST,
        NetBuffer: PNET_BUFFER,
    );
}

// ndis.h for NDIS 6.20 and later, on x64.
layout! {
    NDIS_SG_DMA_DESCRIPTION: 0x28, align 8 {
        Header: 0x00,
        Flags: 0x04,
        MaximumPhysicalMapping: 0x08,
        ProcessSGListHandler: 0x10,
        SharedMemAllocateCompleteHandler: 0x18,
        ScatterGatherListSize: 0x20,
    }
}

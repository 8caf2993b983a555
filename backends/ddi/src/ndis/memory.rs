//! Pool, mapping of device memory, and memory shared with the device.

use super::*;
use crate::*;

pub type EX_POOL_PRIORITY = i32;
pub const LowPoolPriority: EX_POOL_PRIORITY = 0;
pub const NormalPoolPriority: EX_POOL_PRIORITY = 16;
pub const HighPoolPriority: EX_POOL_PRIORITY = 32;

ndis! {
    /// Nonpaged memory, not zeroed; null if there is none. At or below DISPATCH_LEVEL.
    pub fn NdisAllocateMemoryWithTagPriority(
        NdisHandle: NDIS_HANDLE,
        Length: UINT,
        Tag: ULONG,
        Priority: EX_POOL_PRIORITY,
    ) -> PVOID;
    /// `MemoryFlags` is 0 for ordinary pool.
    pub fn NdisFreeMemory(VirtualAddress: PVOID, Length: UINT, MemoryFlags: UINT);
    /// From MiniportInitializeEx only. Writes null if it fails.
    pub fn NdisMMapIoSpace(
        VirtualAddress: *mut PVOID,
        MiniportAdapterHandle: NDIS_HANDLE,
        PhysicalAddress: NDIS_PHYSICAL_ADDRESS,
        Length: UINT,
    ) -> NDIS_STATUS;
    pub fn NdisMUnmapIoSpace(MiniportAdapterHandle: NDIS_HANDLE, VirtualAddress: PVOID, Length: UINT);
    /// From MiniportInitializeEx only, after NdisMRegisterScatterGatherDma. Writes a null address if it
    /// fails.
    pub fn NdisMAllocateSharedMemory(
        MiniportAdapterHandle: NDIS_HANDLE,
        Length: ULONG,
        Cached: BOOLEAN,
        VirtualAddress: *mut PVOID,
        PhysicalAddress: PNDIS_PHYSICAL_ADDRESS,
    );
    /// At or below DISPATCH_LEVEL.
    pub fn NdisMFreeSharedMemory(
        MiniportAdapterHandle: NDIS_HANDLE,
        Length: ULONG,
        Cached: BOOLEAN,
        VirtualAddress: PVOID,
        PhysicalAddress: NDIS_PHYSICAL_ADDRESS,
    );
}

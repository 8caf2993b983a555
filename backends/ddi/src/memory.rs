//! Pool, and mapping of device memory.

use crate::*;

pub type POOL_FLAGS = ULONG64;
pub const POOL_FLAG_NON_PAGED: POOL_FLAGS = 0x40;

pub const PAGE_READWRITE: ULONG = 0x04;
pub const PAGE_NOCACHE: ULONG = 0x200;

ntoskrnl! {
    /// Zeroes the memory unless told otherwise; null if there is none.
    pub fn ExAllocatePool2(Flags: POOL_FLAGS, NumberOfBytes: SIZE_T, Tag: ULONG) -> PVOID;
    pub fn ExFreePoolWithTag(P: PVOID, Tag: ULONG);
    pub fn MmMapIoSpaceEx(PhysicalAddress: PHYSICAL_ADDRESS, NumberOfBytes: SIZE_T, Protect: ULONG) -> PVOID;
    pub fn MmUnmapIoSpace(BaseAddress: PVOID, NumberOfBytes: SIZE_T);
}

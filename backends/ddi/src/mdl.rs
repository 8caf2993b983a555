//! Memory descriptor lists.

use crate::*;

/// Describes a piece of memory; a chain of them describes what lies in pieces.
#[repr(C)]
pub struct MDL {
    pub Next: PMDL,
    pub Size: SHORT,
    pub MdlFlags: SHORT,
    pub Process: PVOID,
    pub MappedSystemVa: PVOID,
    pub StartVa: PVOID,
    pub ByteCount: ULONG,
    pub ByteOffset: ULONG,
}

pub type PMDL = *mut MDL;

pub const MDL_MAPPED_TO_SYSTEM_VA: SHORT = 1;
pub const MDL_PAGES_LOCKED: SHORT = 2;
pub const MDL_SOURCE_IS_NONPAGED_POOL: SHORT = 4;

pub const MmCached: i32 = 1;
pub const NormalPagePriority: ULONG = 16;
pub const MdlMappingNoExecute: ULONG = 0x4000_0000;

ntoskrnl! {
    /// Null if it cannot be mapped. At or below DISPATCH_LEVEL, for KernelMode.
    pub fn MmMapLockedPagesSpecifyCache(
        MemoryDescriptorList: PMDL,
        AccessMode: KPROCESSOR_MODE,
        CacheType: i32,
        RequestedAddress: PVOID,
        BugCheckOnFailure: ULONG,
        Priority: ULONG,
    ) -> PVOID;
}

/// Returns where the memory is for the driver; null if it cannot be mapped (inline in `wdm.h`). At or below
/// DISPATCH_LEVEL.
///
/// # Safety
/// `Mdl` describes locked memory.
#[inline]
pub unsafe fn MmGetSystemAddressForMdlSafe(Mdl: PMDL, Priority: ULONG) -> PVOID {
    // SAFETY: the caller guarantees the MDL; here and below.
    let mdl = unsafe { &*Mdl };
    if mdl.MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL) != 0 {
        return mdl.MappedSystemVa;
    }
    // SAFETY: as above.
    unsafe { MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, core::ptr::null_mut(), 0, Priority) }
}

// wdm.h.
layout! {
    MDL: 0x30, align 8 {
        Next: 0x00,
        Size: 0x08,
        MdlFlags: 0x0a,
        Process: 0x10,
        MappedSystemVa: 0x18,
        StartVa: 0x20,
        ByteCount: 0x28,
        ByteOffset: 0x2c,
    }
}

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

pub const MDL_SOURCE_IS_NONPAGED_POOL: SHORT = 4;

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

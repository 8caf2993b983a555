//! Processors by number and by set.

use crate::*;

/// A processor: its group, and its number in the group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct PROCESSOR_NUMBER {
    pub Group: USHORT,
    pub Number: UCHAR,
    pub Reserved: UCHAR,
}

pub type PPROCESSOR_NUMBER = *mut PROCESSOR_NUMBER;

/// Processors of one group, a bit each.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GROUP_AFFINITY {
    pub Mask: KAFFINITY,
    pub Group: USHORT,
    pub Reserved: [USHORT; 3],
}

pub type PGROUP_AFFINITY = *mut GROUP_AFFINITY;

ntoskrnl! {
    /// Returns the processor's number in the whole system; writes group and number unless told not to (null).
    pub fn KeGetCurrentProcessorNumberEx(ProcNumber: PPROCESSOR_NUMBER) -> ULONG;
}

// wdm.h.
layout! {
    PROCESSOR_NUMBER: 0x04, align 2 { Group: 0x00, Number: 0x02, Reserved: 0x03 }
    GROUP_AFFINITY: 0x10, align 8 { Mask: 0x00, Group: 0x08, Reserved: 0x0a }
}

//! Processors by number and by set.

use core::mem::offset_of;

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

const _: () = {
    assert!(size_of::<PROCESSOR_NUMBER>() == 4 && align_of::<PROCESSOR_NUMBER>() == 2);
    assert!(offset_of!(PROCESSOR_NUMBER, Number) == 2);
    assert!(size_of::<GROUP_AFFINITY>() == 0x10 && align_of::<GROUP_AFFINITY>() == 8);
    assert!(offset_of!(GROUP_AFFINITY, Group) == 8);
};

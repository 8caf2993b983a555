//! Remove locks: what keeps a device's removal waiting for those who still use it.

use crate::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_REMOVE_LOCK_COMMON_BLOCK {
    pub Removed: BOOLEAN,
    pub Reserved: [BOOLEAN; 3],
    pub IoCount: LONG,
    pub RemoveEvent: KEVENT,
}

/// As in free builds; checked builds have a second block.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_REMOVE_LOCK {
    pub Common: IO_REMOVE_LOCK_COMMON_BLOCK,
}

pub type PIO_REMOVE_LOCK = *mut IO_REMOVE_LOCK;

ntoskrnl! {
    /// `RemlockSize` is the caller's sizeof, here and below. At PASSIVE_LEVEL.
    pub fn IoInitializeRemoveLockEx(
        Lock: PIO_REMOVE_LOCK,
        AllocateTag: ULONG,
        MaxLockedMinutes: ULONG,
        HighWatermark: ULONG,
        RemlockSize: ULONG,
    );
    /// STATUS_DELETE_PENDING once the removal waits. At or below DISPATCH_LEVEL.
    pub fn IoAcquireRemoveLockEx(
        RemoveLock: PIO_REMOVE_LOCK,
        Tag: PVOID,
        File: *const u8,
        Line: ULONG,
        RemlockSize: ULONG,
    ) -> NTSTATUS;
    /// At or below DISPATCH_LEVEL.
    pub fn IoReleaseRemoveLockEx(RemoveLock: PIO_REMOVE_LOCK, Tag: PVOID, RemlockSize: ULONG);
    /// Gives back the caller's own, lets nobody in any more, and waits for the others. At PASSIVE_LEVEL.
    pub fn IoReleaseRemoveLockAndWaitEx(RemoveLock: PIO_REMOVE_LOCK, Tag: PVOID, RemlockSize: ULONG);
}

// wdm.h.
layout! {
    IO_REMOVE_LOCK_COMMON_BLOCK: 0x20, align 8 { Removed: 0x00, Reserved: 0x01, IoCount: 0x04, RemoveEvent: 0x08 }
    IO_REMOVE_LOCK: 0x20, align 8 { Common: 0x00 }
}

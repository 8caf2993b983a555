//! Remove locks, in the memory that drivers have for them. The event's header holds the number of the machine's event.

use dirql_ddi::{
    IO_REMOVE_LOCK, IO_REMOVE_LOCK_COMMON_BLOCK, NTSTATUS, PIO_REMOVE_LOCK, PVOID, STATUS_DELETE_PENDING,
    STATUS_SUCCESS, TRUE, ULONG,
};

use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail};

/// # Safety
/// `lock` points to an initialized remove lock, which nobody else refers to for as long as the result is used.
unsafe fn common<'l>(lock: PIO_REMOVE_LOCK, size: ULONG) -> &'l mut IO_REMOVE_LOCK_COMMON_BLOCK {
    if size as usize != size_of::<IO_REMOVE_LOCK>() {
        fail("RemoveLock", format!("a remove lock is said to be {size} bytes long"));
    }
    // SAFETY: the caller's promise.
    unsafe { &mut (*lock).Common }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoInitializeRemoveLockEx(
    Lock: PIO_REMOVE_LOCK,
    _AllocateTag: ULONG,
    _MaxLockedMinutes: ULONG,
    _HighWatermark: ULONG,
    RemlockSize: ULONG,
) {
    let event = kernel::create_event();
    // SAFETY: the caller guarantees memory for a remove lock.
    let common = unsafe { common(Lock, RemlockSize) };
    (common.Removed, common.IoCount) = (0, 1);
    common.RemoveEvent.Header.Lock = event.0.into();
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoAcquireRemoveLockEx(
    RemoveLock: PIO_REMOVE_LOCK,
    _Tag: PVOID,
    _File: *const u8,
    _Line: ULONG,
    RemlockSize: ULONG,
) -> NTSTATUS {
    kernel::pause();
    // SAFETY: the caller guarantees an initialized remove lock.
    let common = unsafe { common(RemoveLock, RemlockSize) };
    if common.Removed != 0 {
        return STATUS_DELETE_PENDING;
    }
    common.IoCount += 1;
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoReleaseRemoveLockEx(
    RemoveLock: PIO_REMOVE_LOCK,
    _Tag: PVOID,
    RemlockSize: ULONG,
) {
    if inert() {
        return;
    }
    kernel::pause();
    // SAFETY: the caller guarantees a remove lock that it acquired.
    let common = unsafe { common(RemoveLock, RemlockSize) };
    release(common, 1);
    if common.IoCount == 0 && common.Removed != 0 {
        kernel::set_event(EventId(common.RemoveEvent.Header.Lock as u16));
    }
}

/// The lock itself holds one until the removal.
fn release(common: &mut IO_REMOVE_LOCK_COMMON_BLOCK, count: i32) {
    common.IoCount -= count;
    let held_by_itself = i32::from(common.Removed == 0);
    if common.IoCount < held_by_itself {
        fail("RemoveLock", "a remove lock is released that is not held".into());
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoReleaseRemoveLockAndWaitEx(
    RemoveLock: PIO_REMOVE_LOCK,
    _Tag: PVOID,
    RemlockSize: ULONG,
) {
    if inert() {
        return;
    }
    kernel::require_passive("IrqlIo", "IoReleaseRemoveLockAndWaitEx");
    kernel::pause();
    // SAFETY: the caller guarantees a remove lock that it acquired.
    let common = unsafe { common(RemoveLock, RemlockSize) };
    if core::mem::replace(&mut common.Removed, TRUE) != 0 {
        fail("RemoveLock", "a remove lock is waited for twice".into());
    }
    release(common, 2);
    if common.IoCount > 0 {
        kernel::wait_event(EventId(common.RemoveEvent.Header.Lock as u16));
    }
}

const _: () = {
    let _ = [IoInitializeRemoveLockEx, dirql_ddi::IoInitializeRemoveLockEx];
    let _ = [IoAcquireRemoveLockEx, dirql_ddi::IoAcquireRemoveLockEx];
    let _ = [IoReleaseRemoveLockEx, dirql_ddi::IoReleaseRemoveLockEx];
    let _ = [IoReleaseRemoveLockAndWaitEx, dirql_ddi::IoReleaseRemoveLockAndWaitEx];
};

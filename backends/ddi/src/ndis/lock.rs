//! Spin locks.
//!
//! In `ndis.h` these are macros and inline functions over the kernel's spin locks, so they are written here.
//! (NDIS.SYS exports routines of these names too, for drivers that were built long ago.)

use crate::*;

/// A kernel spin lock and the IRQL of whoever holds it.
#[repr(C)]
#[derive(Debug, Default)]
pub struct NDIS_SPIN_LOCK {
    pub SpinLock: KSPIN_LOCK,
    pub OldIrql: KIRQL,
}

pub type PNDIS_SPIN_LOCK = *mut NDIS_SPIN_LOCK;

/// Returns the kernel's part, which comes first.
fn word(lock: PNDIS_SPIN_LOCK) -> PKSPIN_LOCK {
    lock.cast()
}

/// Initializes a lock. Any IRQL.
///
/// # Safety
/// `SpinLock` points to nonpaged memory for a lock that nobody uses.
#[inline]
pub unsafe fn NdisAllocateSpinLock(SpinLock: PNDIS_SPIN_LOCK) {
    // SAFETY: the caller guarantees the lock's memory.
    unsafe { KeInitializeSpinLock(word(SpinLock)) };
}

/// Ends the use of a lock, which holds nothing to give back. Any IRQL.
///
/// # Safety
/// `SpinLock` points to an initialized lock that nobody holds.
#[inline]
pub unsafe fn NdisFreeSpinLock(_SpinLock: PNDIS_SPIN_LOCK) {}

/// Takes a lock and raises to DISPATCH_LEVEL. At or below DISPATCH_LEVEL.
///
/// # Safety
/// `SpinLock` points to an initialized lock that the caller does not hold.
#[inline]
pub unsafe fn NdisAcquireSpinLock(SpinLock: PNDIS_SPIN_LOCK) {
    // SAFETY: the caller guarantees the lock.
    let old = unsafe { KeAcquireSpinLockRaiseToDpc(word(SpinLock)) };
    // SAFETY: as above; the lock is held, so nobody else accesses the member.
    unsafe { (*SpinLock).OldIrql = old };
}

/// Gives a lock back and restores the IRQL.
///
/// # Safety
/// `SpinLock` points to a lock that the caller took by [`NdisAcquireSpinLock`].
#[inline]
pub unsafe fn NdisReleaseSpinLock(SpinLock: PNDIS_SPIN_LOCK) {
    // SAFETY: the caller holds the lock, so nobody else accesses the member.
    let old = unsafe { (*SpinLock).OldIrql };
    // SAFETY: the caller holds the lock, and `old` is what its acquire returned.
    unsafe { KeReleaseSpinLock(word(SpinLock), old) };
}

// ndis.h.
layout! {
    NDIS_SPIN_LOCK: 0x10, align 8 { SpinLock: 0x00, OldIrql: 0x08 }
}

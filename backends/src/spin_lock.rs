//! KSPIN_LOCK, for WDM and KMDF.

use core::cell::UnsafeCell;

use dirql::RawLock;
use dirql_ddi::{KIRQL, KSPIN_LOCK, KeAcquireSpinLockRaiseToDpc, KeInitializeSpinLock, KeReleaseSpinLock};

/// A KSPIN_LOCK.
///
/// It is initialized before it is moved to its place; a KSPIN_LOCK is one word that does not refer to itself.
#[derive(Debug)]
pub struct SpinLock(UnsafeCell<KSPIN_LOCK>);

// SAFETY: only the kernel's spin lock routines access the word.
unsafe impl Send for SpinLock {}
// SAFETY: as for Send.
unsafe impl Sync for SpinLock {}

impl Default for SpinLock {
    fn default() -> Self {
        let mut lock = 0;
        // SAFETY: the word is ours.
        unsafe { KeInitializeSpinLock(&raw mut lock) };
        Self(UnsafeCell::new(lock))
    }
}

// SAFETY: KeAcquireSpinLockRaiseToDpc and KeReleaseSpinLock are what the trait asks for.
unsafe impl RawLock for SpinLock {
    type Saved = KIRQL;

    fn acquire(&self) -> KIRQL {
        // SAFETY: the lock is initialized; callers are at or below DISPATCH_LEVEL (RawLock).
        unsafe { KeAcquireSpinLockRaiseToDpc(self.0.get()) }
    }

    unsafe fn release(&self, old: KIRQL) {
        // SAFETY: the caller holds the lock and `old` is its own.
        unsafe { KeReleaseSpinLock(self.0.get(), old) };
    }
}

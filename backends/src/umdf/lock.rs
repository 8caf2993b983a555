//! The lock of a host process.

use core::cell::UnsafeCell;

use dirql::RawLock;
use dirql_ddi::{AcquireSRWLockExclusive, ReleaseSRWLockExclusive, SRWLOCK, SRWLOCK_INIT};

/// An SRWLOCK, taken exclusively: whoever wants it blocks. It is not recursive.
///
/// A WDFWAITLOCK is the same with a handle, whose memory can run out where a lock cannot say so.
#[derive(Debug)]
pub struct SlimLock(UnsafeCell<SRWLOCK>);

// SAFETY: only the system's lock routines access the word.
unsafe impl Send for SlimLock {}
// SAFETY: as for Send.
unsafe impl Sync for SlimLock {}

impl Default for SlimLock {
    fn default() -> Self {
        Self(UnsafeCell::new(SRWLOCK_INIT))
    }
}

// SAFETY: exclusive acquisition and its release are what the trait asks for.
unsafe impl RawLock for SlimLock {
    type Saved = ();

    fn acquire(&self) {
        // SAFETY: the lock is initialized, and lives where it is while it is borrowed.
        unsafe { AcquireSRWLockExclusive(self.0.get()) };
    }

    unsafe fn release(&self, (): ()) {
        // SAFETY: the caller holds the lock.
        unsafe { ReleaseSRWLockExclusive(self.0.get()) };
    }
}

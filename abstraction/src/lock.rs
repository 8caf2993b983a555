//! The lock for everything that no ISR touches: rings, filters, counters.

use core::cell::UnsafeCell;

use crate::{Cx, Level};

/// A framework's lock at DISPATCH_LEVEL, without the data.
///
/// | NDIS | KMDF | UMDF | WDM |
/// |---|---|---|---|
/// | `NdisAcquireSpinLock` | `KeAcquireSpinLock` | `AcquireSRWLockExclusive` | `KeAcquireSpinLock` |
///
/// WDF has `WdfSpinLockAcquire` and `WdfWaitLockAcquire`, which are the same with a handle. Creating that handle can
/// fail, and [`Default`] cannot; a KMDF driver may call `KeAcquireSpinLock` like any other, and a host process has
/// SRW locks. In user mode nothing is raised: a holder may be preempted, and whoever wants the lock blocks.
///
/// # Safety
/// Implementing this trait is what is unsafe.
///
/// # Implementation safety
/// Between the return of [`acquire`](Self::acquire) and the call of [`release`](Self::release) no other
/// `acquire` of the same lock returns, on any processor. What was written before a `release` is seen after the
/// next `acquire`.
pub unsafe trait RawLock: Default + Send + Sync {
    /// What `release` needs to restore: the caller's IRQL.
    type Saved;

    /// Takes the lock and raises to DISPATCH_LEVEL. The caller is at or below DISPATCH_LEVEL (R12).
    fn acquire(&self) -> Self::Saved;

    /// Gives the lock back and restores the level.
    ///
    /// # Safety
    /// The caller holds the lock, and `saved` is what its `acquire` returned.
    unsafe fn release(&self, saved: Self::Saved);
}

/// Data under a [`RawLock`].
///
/// A section gets no token, so it can neither take a second lock nor enter a synchronized section: there is no
/// lock order to get wrong. An ISR has no token either, so it cannot take this lock (R12).
#[derive(Debug, Default)]
pub struct Lock<R, T> {
    raw: R,
    value: UnsafeCell<T>,
}

// SAFETY: `with` is the only way to the value through `&Lock`, and `RawLock` guarantees that two sections never
// overlap; the value moves between processors, hence T: Send.
unsafe impl<R: RawLock, T: Send> Sync for Lock<R, T> {}

impl<R: RawLock, T> Lock<R, T> {
    /// Puts `value` under a new lock.
    pub fn new(value: T) -> Self {
        Self { raw: R::default(), value: UnsafeCell::new(value) }
    }

    /// Runs `section` at DISPATCH_LEVEL, holding the lock.
    ///
    /// If the section unwinds, which can happen only in a simulation, the lock is given back.
    pub fn with<L: Level, U>(&self, _cx: &mut Cx<'_, L>, section: impl FnOnce(&mut T) -> U) -> U {
        let _held = Held { raw: &self.raw, saved: Some(self.raw.acquire()) };
        // SAFETY: `_held` keeps the lock until this function returns or unwinds (RawLock), and the reference
        // cannot leave the section, whose result is independent of its lifetime.
        section(unsafe { &mut *self.value.get() })
    }

    /// Returns the value without locking, since nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

struct Held<'l, R: RawLock> {
    raw: &'l R,
    saved: Option<R::Saved>,
}

impl<R: RawLock> Drop for Held<'_, R> {
    fn drop(&mut self) {
        if let Some(saved) = self.saved.take() {
            // SAFETY: `with` acquired this lock and got `saved` from it; `take` makes this the only release.
            unsafe { self.raw.release(saved) }
        }
    }
}

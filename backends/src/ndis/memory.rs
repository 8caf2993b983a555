//! Nonpaged memory of a miniport's.

use core::ptr::NonNull;

use dirql::{Error, ErrorKind};
use dirql_ddi::ndis::*;

use super::TAG;

/// Owns nonpaged memory for a `T` (`NdisAllocateMemoryWithTagPriority`), not the `T`.
#[derive(Debug)]
pub struct Block<T>(NonNull<T>);

impl<T> Block<T> {
    /// Allocates memory, not zeroed. At or below DISPATCH_LEVEL.
    ///
    /// # Safety
    /// `adapter` is a MiniportAdapterHandle that has not halted, and does not before the memory is given back.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub unsafe fn new(adapter: NDIS_HANDLE) -> Result<Self, Error> {
        const { assert!(align_of::<T>() <= 16, "pool is aligned to 16 bytes") };
        let len = UINT::try_from(size_of::<T>()).map_err(|_| ErrorKind::OutOfResources)?;
        // SAFETY: the caller guarantees the adapter and the level.
        let memory = unsafe { NdisAllocateMemoryWithTagPriority(adapter, len, TAG, NormalPoolPriority) };
        NonNull::new(memory.cast()).map(Self).ok_or(ErrorKind::OutOfResources.into())
    }

    /// Returns the place, which the block still owns.
    pub fn place(&self) -> NonNull<T> {
        self.0
    }

    /// Puts a value into the memory, and leaves both to the caller.
    pub fn fill(self, value: T) {
        // SAFETY: the memory is long and aligned enough (`new`), and ours.
        unsafe { self.0.write(value) };
        core::mem::forget(self);
    }

    /// Takes the memory back.
    ///
    /// # Safety
    /// `place` is that of a block that was filled, and its value was moved out.
    pub unsafe fn from_raw(place: NonNull<T>) -> Self {
        Self(place)
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this length.
        unsafe { NdisFreeMemory(self.0.as_ptr().cast(), size_of::<T>() as UINT, 0) };
    }
}

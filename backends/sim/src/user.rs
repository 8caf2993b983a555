//! What a UMDF driver's host process calls of Win32.

use core::sync::atomic::AtomicUsize;

use dirql_ddi::{PSRWLOCK, ULONG};

use crate::kernel::{self, LockId};

/// # Safety
/// `lock` points to an initialized SRWLOCK.
unsafe fn lock_at(lock: PSRWLOCK) -> LockId {
    // SAFETY: the caller guarantees the word, which only the functions of this file access.
    let word = unsafe { AtomicUsize::from_ptr(lock.cast()) };
    // SAFETY: likewise.
    unsafe { LockId::wait_of_word(word) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_AcquireSRWLockExclusive(SRWLock: PSRWLOCK) {
    // SAFETY: the caller guarantees an initialized lock.
    kernel::acquire_wait_lock(unsafe { lock_at(SRWLock) });
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_ReleaseSRWLockExclusive(SRWLock: PSRWLOCK) {
    // SAFETY: the caller guarantees an initialized lock.
    kernel::release_wait_lock(unsafe { lock_at(SRWLock) });
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_Sleep(_milliseconds: ULONG) {
    kernel::sleep();
}

const _: () = {
    let _ = [dirql_AcquireSRWLockExclusive, dirql_ddi::AcquireSRWLockExclusive];
    let _ = [dirql_ReleaseSRWLockExclusive, dirql_ddi::ReleaseSRWLockExclusive];
    let _ = [dirql_Sleep, dirql_ddi::Sleep];
};

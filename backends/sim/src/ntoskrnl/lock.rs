//! Levels and spin locks. A KSPIN_LOCK's word holds the number of the machine's lock, once it has one.

use core::sync::atomic::AtomicUsize;

use dirql_ddi::{KIRQL, PKSPIN_LOCK};

use crate::kernel::{self, LockId};

/// Returns the lock that a KSPIN_LOCK stands for.
///
/// # Safety
/// `lock` points to an initialized KSPIN_LOCK.
pub(super) unsafe fn lock_at(lock: PKSPIN_LOCK) -> LockId {
    // SAFETY: the caller guarantees a live, aligned word that only spin lock routines access; here and below.
    let word = unsafe { AtomicUsize::from_ptr(lock) };
    // SAFETY: as above.
    unsafe { LockId::of_word(word) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeGetCurrentIrql() -> KIRQL {
    kernel::irql()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KfRaiseIrql(NewIrql: KIRQL) -> KIRQL {
    kernel::raise_irql(NewIrql)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeLowerIrql(NewIrql: KIRQL) {
    kernel::lower_irql(NewIrql);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeInitializeSpinLock(SpinLock: PKSPIN_LOCK) {
    // SAFETY: the caller guarantees memory for a KSPIN_LOCK.
    unsafe { SpinLock.write(0) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeAcquireSpinLockRaiseToDpc(SpinLock: PKSPIN_LOCK) -> KIRQL {
    // SAFETY: the caller guarantees an initialized spin lock.
    kernel::acquire_spin_lock(unsafe { lock_at(SpinLock) })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeReleaseSpinLock(SpinLock: PKSPIN_LOCK, NewIrql: KIRQL) {
    // SAFETY: the caller guarantees an initialized spin lock.
    kernel::release_spin_lock(unsafe { lock_at(SpinLock) }, NewIrql);
}

const _: () = {
    let _ = [KeGetCurrentIrql, dirql_ddi::KeGetCurrentIrql];
    let _ = [KfRaiseIrql, dirql_ddi::KfRaiseIrql];
    let _ = [KeLowerIrql, dirql_ddi::KeLowerIrql];
    let _ = [KeInitializeSpinLock, dirql_ddi::KeInitializeSpinLock];
    let _ = [KeAcquireSpinLockRaiseToDpc, dirql_ddi::KeAcquireSpinLockRaiseToDpc];
    let _ = [KeReleaseSpinLock, dirql_ddi::KeReleaseSpinLock];
};

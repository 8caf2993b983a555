//! Levels and spin locks.

use crate::*;

pub const PASSIVE_LEVEL: KIRQL = 0;
pub const APC_LEVEL: KIRQL = 1;
pub const DISPATCH_LEVEL: KIRQL = 2;

pub type KSPIN_LOCK = ULONG_PTR;
pub type PKSPIN_LOCK = *mut KSPIN_LOCK;

ntoskrnl! {
    pub fn KeGetCurrentIrql() -> KIRQL;
    pub fn KfRaiseIrql(NewIrql: KIRQL) -> KIRQL;
    // On ARM64 `wdm.h` has a macro of this name, and the kernel exports KfLowerIrql.
    #[cfg_attr(all(windows, target_arch = "aarch64", not(feature = "sim")), link_name = "KfLowerIrql")]
    pub fn KeLowerIrql(NewIrql: KIRQL);
    pub fn KeInitializeSpinLock(SpinLock: PKSPIN_LOCK);
    pub fn KeAcquireSpinLockRaiseToDpc(SpinLock: PKSPIN_LOCK) -> KIRQL;
    pub fn KeReleaseSpinLock(SpinLock: PKSPIN_LOCK, NewIrql: KIRQL);
}

//! Cancelling requests: the system's lock for that, and who takes a cancel routine first.

use dirql_ddi::{BOOLEAN, FALSE, KIRQL, PDRIVER_CANCEL, PIRP, TRUE};

use super::nt;
use super::request::{end_cancelling, location_of};
use crate::context::inert;
use crate::kernel::{self, LockId, fail};

fn lock() -> LockId {
    match nt(|nt| nt.cancel_lock) {
        Some(lock) => lock,
        None => {
            let lock = LockId::executive();
            nt(|nt| nt.cancel_lock = Some(lock));
            lock
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoAcquireCancelSpinLock(Irql: *mut KIRQL) {
    let old = kernel::acquire_spin_lock(lock());
    // SAFETY: the caller guarantees a KIRQL to write to.
    unsafe { Irql.write(old) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoReleaseCancelSpinLock(Irql: KIRQL) {
    kernel::release_spin_lock(lock(), Irql);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoSetCancelRoutine(Irp: PIRP, CancelRoutine: PDRIVER_CANCEL) -> PDRIVER_CANCEL {
    kernel::pause();
    // SAFETY: the caller has the request; nobody else moves between two points.
    unsafe { core::mem::replace(&mut (*Irp).CancelRoutine, CancelRoutine) }
}

/// Cancels a request that is out. Its memory stays until this returns, as the I/O manager sees to; the request may end
/// at any time.
///
/// # Safety
/// Whoever is asked to cancel it knows the request.
pub(super) unsafe fn cancel(irp: PIRP) -> bool {
    let is_out = nt(|nt| nt.requests.out(irp).map(|request| request.cancelling += 1)).is_some();
    if !is_out {
        return false;
    }
    // SAFETY: the request was out, and its memory stays.
    let called = unsafe { IoCancelIrp(irp) };
    end_cancelling(irp);
    called != FALSE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoCancelIrp(Irp: PIRP) -> BOOLEAN {
    if inert() {
        return FALSE;
    }
    let mut old = 0;
    // SAFETY: the level is ours to write.
    unsafe { IoAcquireCancelSpinLock(&raw mut old) };
    // SAFETY: the caller guarantees the request's memory; here and below.
    unsafe { (*Irp).Cancel = TRUE };
    // SAFETY: as above.
    let Some(routine) = (unsafe { IoSetCancelRoutine(Irp, None) }) else {
        kernel::release_spin_lock(lock(), old);
        return FALSE;
    };
    // SAFETY: as above.
    unsafe { (*Irp).CancelIrql = old };
    // SAFETY: as above: whoever has the request set the routine for the device of its current location.
    let device = unsafe { location_of(Irp) }.DeviceObject;
    // SAFETY: as above.
    unsafe { routine(device, Irp) };
    let irql = kernel::irql();
    if irql != old && !inert() {
        fail("CancelSpinLock", format!("a cancel routine returns at IRQL {irql}, not at CancelIrql {old}"));
    }
    TRUE
}

const _: () = {
    let _ = [IoAcquireCancelSpinLock, dirql_ddi::IoAcquireCancelSpinLock];
    let _ = [IoReleaseCancelSpinLock, dirql_ddi::IoReleaseCancelSpinLock];
    let _ = [IoSetCancelRoutine, dirql_ddi::IoSetCancelRoutine];
    let _ = [IoCancelIrp, dirql_ddi::IoCancelIrp];
};

//! WDFSPINLOCK and WDFWAITLOCK.

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, WDFSPINLOCK, WDFWAITLOCK};
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS, STATUS_TIMEOUT};

use super::object::{self, Kind, ObjectId};
use super::{objects, require_dispatch};
use crate::kernel::{self, LockId, fail};

/// A spin lock object.
#[derive(Clone, Copy)]
pub(super) struct SpinLock {
    pub(super) lock: LockId,
    /// An interrupt was created with it: only the framework takes it from then on.
    interrupt: bool,
    /// The holder's level before.
    old_irql: u8,
}

/// Makes a spin lock an interrupt's, and returns the machine's lock.
pub(super) fn use_for_interrupt(handle: WDFSPINLOCK) -> LockId {
    let id = ObjectId::of(handle);
    objects(|o| match o.get_mut(id) {
        Some(Kind::SpinLock(lock)) => {
            lock.interrupt = true;
            Some(lock.lock)
        }
        _ => None,
    })
    .unwrap_or_else(|| not_a_lock())
}

fn not_a_lock() -> ! {
    fail("InvalidHandle", "the handle is no WDFSPINLOCK (0x10D/0x5)".into())
}

/// Returns the spin lock that a driver may take: not one that belongs to an interrupt.
fn spin_lock(handle: WDFSPINLOCK) -> SpinLock {
    let id = ObjectId::of(handle);
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::SpinLock(lock)) if !lock.interrupt => lock,
        Some(Kind::SpinLock(_)) => fail(
            "WdfInterruptSpinLock",
            "an interrupt's WDFSPINLOCK is taken: refused, not held (FxV)".into(),
        ),
        _ => not_a_lock(),
    }
}

pub(super) unsafe extern "C-unwind" fn spin_lock_create(
    _: PWDF_DRIVER_GLOBALS,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFSPINLOCK,
) -> NTSTATUS {
    require_dispatch("WdfSpinLockCreate");
    let kind = Kind::SpinLock(SpinLock { lock: LockId::executive(), interrupt: false, old_irql: 0 });
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(kind, None, attributes) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

pub(super) unsafe extern "C-unwind" fn spin_lock_acquire(_: PWDF_DRIVER_GLOBALS, handle: WDFSPINLOCK) {
    let old = kernel::acquire_spin_lock(spin_lock(handle).lock);
    set_old_irql(handle, old);
}

pub(super) unsafe extern "C-unwind" fn spin_lock_release(_: PWDF_DRIVER_GLOBALS, handle: WDFSPINLOCK) {
    let lock = spin_lock(handle);
    kernel::release_spin_lock(lock.lock, lock.old_irql);
}

fn set_old_irql(handle: WDFSPINLOCK, old: u8) {
    let id = ObjectId::of(handle);
    objects(|o| {
        if let Some(Kind::SpinLock(lock)) = o.get_mut(id) {
            lock.old_irql = old;
        }
    });
}

/// A wait lock object.
#[derive(Clone, Copy)]
pub(super) struct WaitLock(LockId);

fn wait_lock(handle: WDFWAITLOCK) -> LockId {
    let id = ObjectId::of(handle);
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::WaitLock(WaitLock(lock))) => lock,
        _ => fail("InvalidHandle", "the handle is no WDFWAITLOCK (0x10D/0x5)".into()),
    }
}

/// Makes a wait lock an interrupt's, and returns the machine's lock.
pub(super) fn use_wait_lock(handle: WDFWAITLOCK) -> LockId {
    let lock = wait_lock(handle);
    kernel::use_for_interrupt(lock);
    lock
}

pub(super) unsafe extern "C-unwind" fn wait_lock_create(
    _: PWDF_DRIVER_GLOBALS,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFWAITLOCK,
) -> NTSTATUS {
    require_dispatch("WdfWaitLockCreate");
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::WaitLock(WaitLock(LockId::wait())), None, attributes) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Without a timeout it waits for ever, with one of 0 not at all. Any other may run out, or not: a choice.
pub(super) unsafe extern "C-unwind" fn wait_lock_acquire(
    _: PWDF_DRIVER_GLOBALS,
    handle: WDFWAITLOCK,
    timeout: *mut i64,
) -> NTSTATUS {
    let lock = wait_lock(handle);
    // SAFETY: the caller passes a timeout or none.
    let timeout = unsafe { timeout.as_ref() }.copied();
    let runs_out = timeout.is_some_and(|timeout| timeout == 0 || kernel::choose(2) == 1);
    if !runs_out {
        kernel::acquire_wait_lock(lock);
    } else if !kernel::try_wait_lock(lock) {
        return STATUS_TIMEOUT;
    }
    STATUS_SUCCESS
}

pub(super) unsafe extern "C-unwind" fn wait_lock_release(_: PWDF_DRIVER_GLOBALS, handle: WDFWAITLOCK) {
    kernel::release_wait_lock(wait_lock(handle));
}

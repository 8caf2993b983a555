//! Spin locks and wait locks.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{fail, irql};
use crate::context::{self, inert, point, stop_if_failed, with};
use crate::core::object;
use crate::explore::How;
use crate::irql::{DISPATCH, PASSIVE};
use crate::lock::LockKind;
use crate::run::RunId;

/// Names a spin lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockId(pub(crate) u16);

impl LockId {
    /// Returns the lock that a word of memory stands for, or makes it stand for a new one if it is zero. It then
    /// belongs to this run, and ends any other that uses it.
    ///
    /// # Safety
    /// Nothing but this function writes the word once it was zero: whoever can forge a lock can release another's.
    pub unsafe fn of_word(word: &AtomicUsize) -> Self {
        Self::find(word, LockKind::Executive)
    }

    /// As [`of_word`](Self::of_word), for a wait lock.
    ///
    /// # Safety
    /// As for [`of_word`](Self::of_word).
    pub(crate) unsafe fn wait_of_word(word: &AtomicUsize) -> Self {
        Self::find(word, LockKind::Wait)
    }

    fn find(word: &AtomicUsize, kind: LockKind) -> Self {
        let value = match word.load(Relaxed) {
            0 => Self::claim(word, kind),
            value => value,
        };
        let found = with(|core| {
            let ours = value & !LOCK_MASK == run_bits(core.locks.run());
            let lock = u16::try_from((value & LOCK_MASK).wrapping_sub(1)).ok()?;
            (ours && core.locks.exists(lock)).then_some(lock)
        });
        match found {
            Some(lock) => Self(lock),
            // The value would name the run, and with it how many this process has seen.
            None => fail("SpinLock", "a lock's memory is another run's, or was overwritten".into()),
        }
    }

    /// Makes a lock for a word, unless a machine on another OS thread is faster.
    fn claim(word: &AtomicUsize, kind: LockKind) -> usize {
        let value = with(|core| {
            let lock = core.create_lock(kind);
            run_bits(core.locks.run()) | (usize::from(lock) + 1)
        });
        word.compare_exchange(0, value, Relaxed, Relaxed).map_or_else(|other| other, |_| value)
    }

    /// Makes a lock for DISPATCH_LEVEL.
    pub fn executive() -> Self {
        Self(with(|core| core.create_lock(LockKind::Executive)))
    }

    /// Makes a lock for interrupts.
    pub fn for_interrupts() -> Self {
        Self(with(|core| core.create_lock(LockKind::Interrupt)))
    }

    /// Makes a wait lock for passive interrupts.
    pub(crate) fn for_passive_interrupts() -> Self {
        Self(with(|core| core.create_lock(LockKind::PassiveInterrupt)))
    }

    /// Makes a wait lock.
    pub fn wait() -> Self {
        Self(with(|core| core.create_lock(LockKind::Wait)))
    }
}

/// In the word of a lock: its number plus one, below the number of its run.
const LOCK_BITS: u32 = 17;
const LOCK_MASK: usize = (1 << LOCK_BITS) - 1;

const fn run_bits(run: RunId) -> usize {
    run.number() << LOCK_BITS
}

/// Takes a spin lock at DISPATCH_LEVEL and returns the old IRQL (R12).
pub fn acquire_spin_lock(lock: LockId) -> u8 {
    if inert() {
        return PASSIVE;
    }
    context::wait_for(lock.0);
    let (old, taken) = with(|core| {
        core.check_executive_irql(lock.0);
        let old = core.raise(DISPATCH);
        let taken = !core.stopped && core.try_acquire(lock.0);
        (old, taken && !core.stopped)
    });
    if !taken {
        context::spin(lock.0);
        stop_if_failed();
    }
    old
}

/// Says whether the running code holds a lock.
pub fn holds_lock() -> bool {
    with(|core| core.threads[core.running].held != 0)
}

/// Gives a spin lock back and lowers the IRQL to `old`.
pub fn release_spin_lock(lock: LockId, old: u8) {
    if inert() {
        return;
    }
    let irql = irql();
    if irql != DISPATCH {
        fail("IrqlKeReleaseSpinLock", format!("a spin lock is released at IRQL {irql} (DV 0xC4/0x20015)"));
    }
    context::release_and_lower(lock.0, old);
}

/// Takes a wait lock. At PASSIVE_LEVEL; blocks while another thread holds it (R13).
pub fn acquire_wait_lock(lock: LockId) {
    if !inert() {
        context::point_for(lock.0);
        context::acquire(lock.0);
    }
}

/// Takes a wait lock if it is free, and says whether it did.
pub fn try_wait_lock(lock: LockId) -> bool {
    if inert() {
        return false;
    }
    point();
    let taken = with(|core| {
        core.touch(object::LOCK | u32::from(lock.0), How::Read);
        core.locks.owner(lock.0).is_none() && core.try_acquire(lock.0)
    });
    stop_if_failed();
    taken
}

/// Gives a wait lock back.
pub fn release_wait_lock(lock: LockId) {
    if !inert() {
        context::release(lock.0);
    }
}

/// Makes a driver's lock an interrupt's.
pub(crate) fn use_for_interrupt(lock: LockId) {
    with(|core| core.use_for_interrupt(lock.0));
}

/// Says whether the running thread holds a lock.
pub fn holds(lock: LockId) -> bool {
    with(|core| core.locks.owner(lock.0) == Some(core.running))
}

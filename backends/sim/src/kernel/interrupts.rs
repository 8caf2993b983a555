//! Interrupts: vectors, connections, sections.

use super::{LockId, require_passive};
use crate::bus::DeviceId;
use crate::context::{self, inert, point, stop_if_failed, wait, with};
use crate::device::InterruptMode;
use crate::interrupt::{ConnectError, InterruptId, VectorId};
use crate::irql::PASSIVE;
use crate::routine::Routine;
use crate::trace::What;

/// Returns the vector of a device's line.
pub fn line_of(device: DeviceId) -> Option<VectorId> {
    with(|core| core.interrupts.line_of(device.0 as usize))
}

/// Returns the vector of a device's message.
pub fn message_of(device: DeviceId, index: u16) -> Option<VectorId> {
    with(|core| core.interrupts.message_of(device.0 as usize, index))
}

/// Returns the IRQL at which a vector interrupts, and a bit for each processor that may take it.
pub fn vector_info(vector: VectorId) -> (u8, u8) {
    with(|core| (core.interrupts.irql_of(vector), core.interrupts.affinity_of(vector)))
}

/// Returns how a device's interrupts were configured.
pub fn interrupt_mode(device: DeviceId) -> InterruptMode {
    with(|core| core.interrupt_mode(device.0 as usize))
}

/// Grants a device its messages, or the line only, from now on. Nothing of it may be connected.
pub(crate) fn grant_messages(device: DeviceId, granted: bool) {
    with(|core| {
        core.interrupts.grant_messages(device.0 as usize, granted);
        core.devices.grant_messages(device.0 as usize, granted);
    });
}

/// Connects a routine to a vector. The ISR can run before this returns, and before [`announce`] (R18).
///
/// # Errors
/// See [`ConnectError`].
pub fn connect(
    vector: VectorId,
    routine: Routine,
    lock: Option<LockId>,
    synchronize_irql: u8,
) -> Result<InterruptId, ConnectError> {
    connect_with(vector, |_| routine, lock, synchronize_irql)
}

/// As [`connect`], for a routine that is told its own interrupt object.
pub(crate) fn connect_with(
    vector: VectorId,
    routine: impl FnOnce(InterruptId) -> Routine,
    lock: Option<LockId>,
    synchronize_irql: u8,
) -> Result<InterruptId, ConnectError> {
    require_passive("R17", "connecting an interrupt");
    point();
    let connected = with(|core| {
        let routine = routine(core.interrupts.next_id());
        core.connect(vector, routine, lock.map(|l| l.0), synchronize_irql)
    });
    point();
    connected
}

/// Connects a passive routine to a vector: a thread runs it at PASSIVE_LEVEL, holding a wait lock, which is the
/// caller's or the interrupt's own (R56). It can run before this returns, and before [`announce`].
///
/// # Errors
/// See [`ConnectError`].
pub fn connect_passive(
    vector: VectorId,
    routine: Routine,
    lock: Option<LockId>,
) -> Result<InterruptId, ConnectError> {
    connect_passive_with(vector, |_| routine, lock)
}

/// As [`connect_passive`], for a routine that is told its own interrupt object.
pub(crate) fn connect_passive_with(
    vector: VectorId,
    routine: impl FnOnce(InterruptId) -> Routine,
    lock: Option<LockId>,
) -> Result<InterruptId, ConnectError> {
    require_passive("R17", "connecting an interrupt");
    point();
    let connected = with(|core| {
        let routine = routine(core.interrupts.next_id());
        core.connect_passive(vector, routine, lock.map(|l| l.0))
    });
    point();
    connected
}

/// Says whether an interrupt is connected, or was, as a passive one.
pub(crate) fn is_passive(id: InterruptId) -> bool {
    with(|core| core.interrupts.get(id).is_some_and(|interrupt| interrupt.is_passive()))
}

/// States that the caller of [`connect`] knows the interrupt now.
pub fn announce(id: InterruptId) {
    with(|core| core.announce(id));
}

/// Disconnects an interrupt; its ISR does not run after that (R20). Queued DPCs are untouched (R21).
pub fn disconnect(id: InterruptId) {
    require_passive("R17", "disconnecting an interrupt");
    point();
    if !inert() && !with(|core| core.disconnect(id)) {
        stop_if_failed();
        wait();
    }
}

/// Lets an interrupt's ISR be called again, or keeps it from being called (R92). Messages that come meanwhile find
/// nobody (R52); a line that is asserted fires when its ISR may be called again.
pub fn set_interrupt_active(id: InterruptId, active: bool) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_active(id, active));
}

/// Runs `routine` at the interrupt's SynchronizeIrql, holding its lock, and returns its value (R7, R8).
pub fn synchronize(id: InterruptId, routine: &Routine) -> u8 {
    if inert() {
        return 0;
    }
    point_for_lock_of(id);
    let old = enter_interrupt_lock(id);
    with(|core| core.log(What::SectionEntered { interrupt: id.0 as u8 }));
    // SAFETY: this runs the routine, which whoever made it promised to be sound.
    let value = unsafe { routine.value() };
    with(|core| core.log(What::SectionLeft { interrupt: id.0 as u8 }));
    leave_interrupt_lock(id, old);
    value
}

/// Raises to the interrupt's SynchronizeIrql and takes its lock. Returns the old IRQL.
pub fn acquire_interrupt_lock(id: InterruptId) -> u8 {
    point_for_lock_of(id);
    enter_interrupt_lock(id)
}

/// Gives an interrupt's lock back and lowers the IRQL to `old`.
///
/// # Safety
/// The caller took the lock, and uses no more what it guards. (Ids can be forged, so this cannot be left to them.)
pub unsafe fn release_interrupt_lock(id: InterruptId, old: u8) {
    leave_interrupt_lock(id, old);
}

/// A preemption point before the interrupt's lock is taken, if there is such an interrupt.
fn point_for_lock_of(id: InterruptId) {
    match with(|core| core.interrupts.get(id).map(|interrupt| interrupt.lock)) {
        Some(lock) => context::point_for(lock),
        None => point(),
    }
}

fn enter_interrupt_lock(id: InterruptId) -> u8 {
    if inert() {
        return PASSIVE;
    }
    let (lock, level) = with(|core| core.check_synchronize(id));
    stop_if_failed();
    let old = with(|core| core.raise(level));
    context::acquire(lock);
    old
}

fn leave_interrupt_lock(id: InterruptId, old: u8) {
    if inert() {
        return;
    }
    let lock = with(|core| core.check_section_end(id));
    stop_if_failed();
    context::release_and_lower(lock, old);
}

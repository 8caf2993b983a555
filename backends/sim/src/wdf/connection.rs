//! Connecting and disconnecting interrupt objects, and what the machine then calls.

use core::ptr::{from_ref, null, null_mut};

use dirql_ddi::wdf::{
    PFN_WDF_INTERRUPT_ENABLE, WDF_POWER_DEVICE_STATE, WdfPowerDeviceD3Final, WdfTrue, WdfUseDefault,
};
use dirql_ddi::{BOOLEAN, FALSE, NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, TRUE};

use super::deferred;
use super::device;
use super::host;
use super::interrupt::{self, Interrupt, Level};
use super::object::ObjectId;
use super::wake::{self, Wake};
use crate::kernel::{self, LockId};
use crate::routine::{Call, Routine};

/// Connects what is not connected yet, makes what is inactive active, and enables. Nothing happens to an object without a resource, or one that WdfInterruptDisable disabled
/// (R70).
pub(super) fn connect(id: ObjectId) -> Result<(), NTSTATUS> {
    let interrupt = interrupt::get(id);
    let Some(vector) = interrupt.vector.filter(|_| !interrupt.is_off) else { return Ok(()) };
    let connected = match (interrupt.kernel, interrupt.level) {
        // It was armed to wake the device, and nobody disabled it.
        (Some(_), _) if interrupt.enabled => return Ok(()),
        (Some(connected), _) => {
            kernel::set_interrupt_active(connected, true);
            Ok(connected)
        }
        (None, Level::Dirql) => {
            let level = interrupt.synchronize_irql;
            kernel::connect(vector, routine(isr_at_dirql, id), Some(interrupt.lock), level)
        }
        (None, Level::Passive) => kernel::connect_passive(vector, routine(isr_once_known, id), None),
        (None, Level::Host) => host::connect(id, vector),
    };
    let connected = connected.map_err(|_| STATUS_INVALID_PARAMETER)?;
    interrupt::change(id, |interrupt| interrupt.kernel = Some(connected));
    kernel::announce(connected);
    call_in_lock(id, interrupt.config.EvtInterruptEnable)?;
    interrupt::change(id, |interrupt| interrupt.enabled = true);
    Ok(())
}

/// What becomes of an interrupt on the way to Dx (R69).
enum InDx {
    Disconnected,
    /// IoReportInterruptInactive.
    Inactive,
    Connected,
}

fn in_dx(interrupt: &Interrupt, target: WDF_POWER_DEVICE_STATE) -> InDx {
    let stays = target != WdfPowerDeviceD3Final && interrupt.level != Level::Host;
    if stays && device::get(interrupt.device).not_pageable {
        InDx::Connected
    } else if stays && reports_inactive(interrupt) {
        InDx::Inactive
    } else {
        InDx::Disconnected
    }
}

/// By default on ARM64 only.
fn reports_inactive(interrupt: &Interrupt) -> bool {
    match interrupt.config.ReportInactiveOnPowerDown {
        WdfUseDefault => kernel::is_arm64(),
        wanted => wanted == WdfTrue,
    }
}

/// Disables, waits for deferred routines, and leaves the interrupt as its configuration wants it in Dx.
pub(super) fn leave_d0(id: ObjectId, target: WDF_POWER_DEVICE_STATE) {
    let interrupt = interrupt::get(id);
    let Some(connected) = interrupt.kernel.filter(|_| interrupt.wake == Wake::Off) else { return };
    let inactive = match in_dx(&interrupt, target) {
        InDx::Disconnected => return disconnect(id),
        InDx::Inactive => true,
        InDx::Connected => false,
    };
    disable(id, &interrupt);
    deferred::run_down(&interrupt);
    if inactive {
        kernel::set_interrupt_active(connected, false);
    }
    kernel::count(|counters| {
        counters.interrupts_inactive_in_dx += u64::from(inactive);
        counters.interrupts_kept_in_dx += u64::from(!inactive);
    });
}

fn disable(id: ObjectId, interrupt: &Interrupt) {
    if interrupt.enabled {
        // A failure is remembered by the framework and changes nothing.
        let _remembered = call_in_lock(id, interrupt.config.EvtInterruptDisable);
        interrupt::change(id, |interrupt| interrupt.enabled = false);
    }
}

/// Disables, waits for deferred routines, and disconnects (R64); in UMDF the ISR may run until the end of that, and
/// the work item is waited for last (R84). KMDF's pointer goes first, so that late ISRs are nobody's.
pub(super) fn disconnect(id: ObjectId) {
    let interrupt = interrupt::get(id);
    let Some(connected) = interrupt.kernel else { return };
    disable(id, &interrupt);
    if interrupt.level == Level::Host {
        host::disconnect(id, connected);
        deferred::run_down(&interrupt);
        interrupt::change(id, |interrupt| interrupt.kernel = None);
    } else {
        deferred::run_down(&interrupt);
        interrupt::change(id, |interrupt| interrupt.kernel = None);
        kernel::disconnect(connected);
    }
}

/// Makes a routine of the framework's own, which finds the driver's callback by the object.
pub(super) fn routine(call: Call, id: ObjectId) -> Routine {
    // SAFETY: those that are made so want the object's number and nothing else.
    unsafe { Routine::new(call, null(), null_mut(), [id.number() as usize, 0, 0]) }
}

/// Makes a routine that calls `function` for an object under its interrupt's lock.
///
/// # Safety
/// `call` takes `function` for what it is, and `context` is valid as long as the routine runs.
pub(super) unsafe fn section(call: Call, id: ObjectId, function: *const (), context: *mut ()) -> Routine {
    // SAFETY: the caller's promise.
    unsafe { Routine::new(call, function, context, [id.number() as usize, 0, 0]) }
}

/// Calls EvtInterruptEnable or EvtInterruptDisable, which have one type, holding the interrupt's lock.
fn call_in_lock(id: ObjectId, event: PFN_WDF_INTERRUPT_ENABLE) -> Result<(), NTSTATUS> {
    let Some(event) = event else { return Ok(()) };
    let mut status = STATUS_SUCCESS;
    let context = (&raw mut status).cast();
    // SAFETY: `call_event` takes this function and this variable, which outlives the call.
    let call = unsafe { section(call_event, id, event as *const (), context) };
    in_lock(&interrupt::get(id), &call);
    if status < 0 { Err(status) } else { Ok(()) }
}

/// Runs a routine holding the interrupt's lock; in passive KMDF it has two (R73).
pub(super) fn in_lock(interrupt: &Interrupt, section: &Routine) -> BOOLEAN {
    match (interrupt.level, interrupt.kernel) {
        (Level::Dirql, Some(connected)) => kernel::synchronize(connected, section),
        (Level::Passive, Some(connected)) => {
            kernel::synchronize(connected, &in_wait_lock(interrupt.lock, section))
        }
        // SAFETY: this runs the routine, which whoever made it promised to be sound.
        (Level::Host, _) => unsafe { in_wait_lock(interrupt.lock, section).value() },
        (Level::Dirql | Level::Passive, None) => {
            kernel::fail("SyncNotConnected", "an interrupt that is not connected is synchronized with".into())
        }
    }
}

/// Makes a routine that runs another one holding a wait lock.
fn in_wait_lock(lock: LockId, section: &Routine) -> Routine {
    let context = from_ref(section).cast_mut().cast();
    // SAFETY: `run_in_wait_lock` wants the lock and a routine, which the caller keeps until this one has run.
    unsafe { Routine::new(run_in_wait_lock, null(), context, [lock.0.into(), 0, 0]) }
}

unsafe fn run_in_wait_lock(routine: &Routine) -> u8 {
    let lock = LockId(routine.arguments()[0] as u16);
    kernel::acquire_wait_lock(lock);
    // SAFETY: `in_wait_lock` put a routine here, which outlives the call.
    let section = unsafe { &*routine.context().cast::<Routine>() };
    // SAFETY: as for the caller.
    let value = unsafe { section.value() };
    kernel::release_wait_lock(lock);
    value
}

unsafe fn call_event(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    // SAFETY: `call_in_lock` made `function` from this type.
    let event: PFN_WDF_INTERRUPT_ENABLE = unsafe { core::mem::transmute(routine.function()) };
    let device = interrupt::get(id).device;
    // SAFETY: the driver gave this callback for its interrupt.
    let status = event.map_or(STATUS_SUCCESS, |event| unsafe { event(id.handle(), device.handle()) });
    // SAFETY: `call_in_lock` waits for this call with the variable.
    unsafe { routine.context().cast::<NTSTATUS>().write(status) };
    TRUE
}

/// Calls EvtInterruptIsr.
fn call_isr(id: ObjectId, interrupt: &Interrupt) -> BOOLEAN {
    let Some(isr) = interrupt.config.EvtInterruptIsr else { return FALSE };
    kernel::count_isr(device::get(interrupt.device).id);
    // SAFETY: the driver gave this callback for its interrupt.
    unsafe { isr(id.handle(), interrupt.index) }
}

/// KMDF's own service routine (`_InterruptThunk`), which knows no interrupt before its pointer is set (R66).
unsafe fn isr_at_dirql(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let interrupt = interrupt::get(id);
    if interrupt.kernel.is_some() { call_isr(id, &interrupt) } else { FALSE }
}

/// As [`isr_at_dirql`], of a passive interrupt.
unsafe fn isr_once_known(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    if interrupt::get(id).kernel.is_none() {
        return FALSE;
    }
    // SAFETY: as for this routine.
    wake::serve(id, || unsafe { isr_in_wait_lock(routine) })
}

/// Calls EvtInterruptIsr holding the wait lock.
pub(super) unsafe fn isr_in_wait_lock(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let interrupt = interrupt::get(id);
    kernel::acquire_wait_lock(interrupt.lock);
    let claimed = call_isr(id, &interrupt);
    kernel::release_wait_lock(interrupt.lock);
    claimed
}

//! What a driver does with its interrupt objects: synchronize, lock, enable, disable.

use dirql_ddi::wdf::{PFN_WDF_INTERRUPT_SYNCHRONIZE, PWDF_DRIVER_GLOBALS, WDFCONTEXT, WDFINTERRUPT};
use dirql_ddi::{BOOLEAN, FALSE};

use super::connection::{self, in_lock, section};
use super::device::{self, State};
use super::dispatch::is_in_request_handler;
use super::interrupt::{self, Interrupt, Level};
use super::object::ObjectId;
use crate::irql::{DISPATCH, PASSIVE};
use crate::kernel::{self, fail, require_passive};
use crate::routine::Routine;

/// Calls an EvtInterruptSynchronize with its interrupt and its context.
unsafe fn call_section(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    // SAFETY: `interrupt_synchronize` made `function` from this type.
    let section: PFN_WDF_INTERRUPT_SYNCHRONIZE = unsafe { core::mem::transmute(routine.function()) };
    // SAFETY: the driver gave this callback for this context.
    section.map_or(FALSE, |section| unsafe { section(id.handle(), routine.context().cast()) })
}

/// A DIRQL interrupt that is not connected has no kernel object: the framework passes null to
/// KeSynchronizeExecution. In UMDF nothing has to be connected (R87).
pub(super) unsafe extern "C-unwind" fn interrupt_synchronize(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
    callback: PFN_WDF_INTERRUPT_SYNCHRONIZE,
    context: WDFCONTEXT,
) -> BOOLEAN {
    let id = ObjectId::of(interrupt);
    let interrupt = interrupt::get(id);
    require_fitting_thread(&interrupt, "WdfInterruptSynchronize");
    if !may_synchronize(&interrupt) {
        return FALSE;
    }
    let Some(callback) = callback else {
        fail("InvalidHandle", "WdfInterruptSynchronize without a callback (0x10D/0x4)".into())
    };
    // SAFETY: `call_section` takes this function; the caller's context is valid for the length of the call.
    let call = unsafe { section(call_section, id, callback as *const (), context.cast()) };
    in_lock(&interrupt, &call)
}

/// R9: at or below DISPATCH_LEVEL. Of a passive interrupt the verifier says no above PASSIVE_LEVEL (R72), and nobody
/// says anything if the lock is held already (R73).
fn may_synchronize(interrupt: &Interrupt) -> bool {
    let irql = kernel::irql();
    match interrupt.level {
        Level::Dirql if irql > DISPATCH => {
            fail("R9", format!("WdfInterruptSynchronize is called at IRQL {irql}, above DISPATCH_LEVEL"));
        }
        Level::Passive if irql == PASSIVE && kernel::holds(interrupt.lock) => {
            fail(
                "R73",
                "WdfInterruptSynchronize by the holder of the interrupt's wait lock: deadlock".into(),
            );
        }
        Level::Passive => irql == PASSIVE,
        Level::Dirql | Level::Host => true,
    }
}

pub(super) unsafe extern "C-unwind" fn interrupt_acquire_lock(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) {
    let id = ObjectId::of(interrupt);
    let interrupt = interrupt::get(id);
    require_fitting_thread(&interrupt, "WdfInterruptAcquireLock");
    match (interrupt.level, interrupt.kernel) {
        (Level::Dirql, Some(connected)) => {
            let old = kernel::acquire_interrupt_lock(connected);
            interrupt::change(id, |interrupt| interrupt.old_irql = old);
        }
        (Level::Dirql, None) => fail(
            "R71",
            "WdfInterruptAcquireLock of an interrupt that is not connected: it returns without the lock (FxV)".into(),
        ),
        _ => kernel::acquire_wait_lock(interrupt.lock),
    }
}

pub(super) unsafe extern "C-unwind" fn interrupt_release_lock(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) {
    let interrupt = interrupt::get(ObjectId::of(interrupt));
    match (interrupt.level, interrupt.kernel) {
        (Level::Dirql, Some(connected)) => {
            // SAFETY: the caller holds the lock, and uses no more what it guards.
            unsafe { kernel::release_interrupt_lock(connected, interrupt.old_irql) };
        }
        (Level::Dirql, None) => {}
        _ => kernel::release_wait_lock(interrupt.lock),
    }
}

/// Fails for a DIRQL interrupt (R74).
pub(super) unsafe extern "C-unwind" fn interrupt_try_lock(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) -> BOOLEAN {
    require_passive("WdfIrql", "WdfInterruptTryToAcquireLock");
    let interrupt = interrupt::get(ObjectId::of(interrupt));
    BOOLEAN::from(interrupt.level != Level::Dirql && kernel::try_wait_lock(interrupt.lock))
}

/// Connects an interrupt again that WdfInterruptDisable disconnected.
pub(super) unsafe extern "C-unwind" fn interrupt_enable(_: PWDF_DRIVER_GLOBALS, interrupt: WDFINTERRUPT) {
    require_passive("WdfIrql", "WdfInterruptEnable");
    let id = ObjectId::of(interrupt);
    let interrupt = interrupt::get(id);
    require_fitting_thread(&interrupt, "WdfInterruptEnable");
    match (interrupt.kernel, interrupt.level) {
        (Some(_), Level::Host) => {
            fail("R88", "WdfInterruptEnable of a connected interrupt: the driver is stopped".into());
        }
        (Some(_), _) => {
            fail("R70", "WdfInterruptEnable of a connected interrupt, which is connected twice then".into());
        }
        (None, _) => {}
    }
    interrupt::change(id, |interrupt| interrupt.is_off = false);
    if device::get(interrupt.device).state == State::D0 {
        // A failure is only traced.
        let _traced = connection::connect(id);
    }
}

/// Disconnects an interrupt until WdfInterruptEnable, over changes of power (R70).
pub(super) unsafe extern "C-unwind" fn interrupt_disable(_: PWDF_DRIVER_GLOBALS, interrupt: WDFINTERRUPT) {
    require_passive("WdfIrql", "WdfInterruptDisable");
    let id = ObjectId::of(interrupt);
    let interrupt = interrupt::get(id);
    require_no_wait_for_oneself(&interrupt);
    require_fitting_thread(&interrupt, "WdfInterruptDisable");
    interrupt::change(id, |interrupt| interrupt.is_off = true);
    connection::disconnect(id);
}

/// A passive interrupt's lock is waited for by threads that are known not to hold what its holder waits for: not by a
/// request handler's (R79), nor by a work item that holds the callback lock (R75).
fn require_fitting_thread(interrupt: &Interrupt, what: &str) {
    let is_serialized =
        interrupt.config.AutomaticSerialization != FALSE && interrupt.config.EvtInterruptWorkItem.is_some();
    if interrupt.level != Level::Dirql && is_in_request_handler() {
        fail("R79", format!("{what} of a passive interrupt from a request handler: an arbitrary thread"));
    }
    if is_serialized && interrupt.deferred.is_running_here() {
        fail("R75", format!("{what} from an EvtInterruptWorkItem with AutomaticSerialization"));
    }
}

/// Disabling waits for the work item, and in UMDF for the ISR too.
fn require_no_wait_for_oneself(interrupt: &Interrupt) {
    let in_host = interrupt.level == Level::Host;
    if in_host && (kernel::holds(interrupt.lock) || interrupt.deferred.is_running_here()) {
        fail("R89", "WdfInterruptDisable from the interrupt's own ISR or work item: self-deadlock".into());
    }
    if interrupt.deferred.is_running_here() {
        fail("R78", "WdfInterruptDisable from the interrupt's own work item: self-deadlock".into());
    }
}

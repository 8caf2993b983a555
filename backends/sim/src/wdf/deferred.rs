//! What an ISR leaves for later: a DPC, or a work item.

use dirql_ddi::wdf::{PFN_WDF_INTERRUPT_DPC, PWDF_DRIVER_GLOBALS, WDF_INTERRUPT_CONFIG, WDFINTERRUPT};
use dirql_ddi::{BOOLEAN, FALSE, TRUE};

use super::connection::routine;
use super::constraints::serialized;
use super::interrupt::{self, Interrupt, Level};
use super::object::ObjectId;
use crate::dpc::DpcId;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};
use crate::routine::Routine;
use crate::work::WorkId;

/// The deferred routines of an interrupt object.
#[derive(Clone, Copy, Default)]
pub(super) struct Deferred {
    /// Runs EvtInterruptDpc; or queues the work item, from DIRQL (R76).
    dpc: Option<DpcId>,
    /// Runs EvtInterruptWorkItem; in UMDF EvtInterruptDpc too (R86).
    work: Option<WorkId>,
}

/// Makes what the configuration asks for.
pub(super) fn create(id: ObjectId, level: Level, config: &WDF_INTERRUPT_CONFIG) -> Deferred {
    let (dpc, work) = (config.EvtInterruptDpc.is_some(), config.EvtInterruptWorkItem.is_some());
    let in_host = level == Level::Host;
    let work = (work || dpc && in_host).then(|| kernel::create_work_item(routine(call_deferred, id)));
    let call = if work.is_some() { queue_work } else { call_deferred };
    let dpc = ((dpc || work.is_some()) && !in_host).then(|| kernel::create_dpc(routine(call, id)));
    Deferred { dpc, work }
}

impl Deferred {
    /// Waits for the work item.
    pub(super) fn flush_work(&self) {
        if let Some(work) = self.work {
            kernel::flush_work_item(work);
        }
    }

    /// Says whether the caller is the work item.
    pub(super) fn is_running_here(&self) -> bool {
        self.work.is_some_and(kernel::is_in_work_item)
    }
}

/// Waits for DPCs and the work item, as the framework does before it lets an interrupt object go.
pub(super) fn run_down(interrupt: &Interrupt) {
    if interrupt.level != Level::Host {
        kernel::flush_dpcs();
    }
    interrupt.deferred.flush_work();
}

/// Returns the one deferred routine that an interrupt may have.
fn callback(interrupt: &Interrupt) -> PFN_WDF_INTERRUPT_DPC {
    interrupt.config.EvtInterruptDpc.or(interrupt.config.EvtInterruptWorkItem)
}

unsafe fn call_deferred(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let interrupt = interrupt::get(id);
    if let Some(event) = callback(&interrupt) {
        // SAFETY: the driver gave this callback for its interrupt.
        serialized(interrupt.callback_lock, || unsafe { event(id.handle(), interrupt.device.handle()) });
    }
    TRUE
}

/// The framework's own DPC, which brings a work item from DIRQL to where it can be queued.
unsafe fn queue_work(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    BOOLEAN::from(interrupt::get(id).deferred.work.is_some_and(kernel::queue_work_item))
}

pub(super) unsafe extern "C-unwind" fn interrupt_queue_dpc(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) -> BOOLEAN {
    let interrupt = interrupt::get(ObjectId::of(interrupt));
    if interrupt.config.EvtInterruptDpc.is_none() {
        fail("InvalidHandle", "WdfInterruptQueueDpcForIsr without EvtInterruptDpc".into());
    }
    match interrupt.deferred {
        Deferred { dpc: Some(dpc), .. } => BOOLEAN::from(kernel::insert_dpc(dpc, [0; 2])),
        Deferred { work: Some(work), .. } => BOOLEAN::from(kernel::queue_work_item(work)),
        _ => FALSE,
    }
}

/// From DIRQL the result is the DPC's, and whether the work item was queued already is lost (R76).
pub(super) unsafe extern "C-unwind" fn interrupt_queue_work_item(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) -> BOOLEAN {
    let interrupt = interrupt::get(ObjectId::of(interrupt));
    let Some(work) = interrupt.deferred.work.filter(|_| interrupt.config.EvtInterruptWorkItem.is_some())
    else {
        fail("InvalidHandle", "WdfInterruptQueueWorkItemForIsr without EvtInterruptWorkItem".into())
    };
    let queued = match interrupt.deferred.dpc {
        Some(dpc) if kernel::irql() > DISPATCH => kernel::insert_dpc(dpc, [0; 2]),
        _ => kernel::queue_work_item(work),
    };
    BOOLEAN::from(queued)
}

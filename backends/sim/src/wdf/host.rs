//! UMDF's interrupts between the kernel and the host process.
//!
//! A line's ISR in the kernel, the reflector's, is passive and waits for the host: one thread stands for both, and
//! the line stays masked meanwhile (R85). A message's ISR in the kernel queues a DPC, which sets an event; a thread
//! of the host that waits for the event runs EvtInterruptIsr, and waits again only after that. However often the
//! event is set meanwhile, one further run follows (R83).

use dirql_ddi::{BOOLEAN, TRUE};

use super::connection::{isr_in_wait_lock, routine};
use super::interrupt::{self, Interrupt};
use super::object::ObjectId;
use crate::dpc::DpcId;
use crate::interrupt::{ConnectError, InterruptId, VectorId};
use crate::kernel;
use crate::routine::Routine;
use crate::work::WorkId;

/// The host's thread for one message.
#[derive(Clone, Copy, Default)]
pub(super) struct Host {
    dpc: Option<DpcId>,
    thread: Option<WorkId>,
    /// The thread waits for the event.
    waits: bool,
    /// The event is set.
    is_set: bool,
}

/// Waits for the event, and only then lets the reflector connect: the ISR can run before this returns.
pub(super) fn connect(id: ObjectId, vector: VectorId) -> Result<InterruptId, ConnectError> {
    let interrupt = interrupt::get(id);
    if interrupt.is_line() {
        return kernel::connect_passive(vector, routine(isr_in_wait_lock, id), None);
    }
    let host = Host {
        dpc: Some(interrupt.host.dpc.unwrap_or_else(|| kernel::create_dpc(routine(set_event, id)))),
        thread: Some(interrupt.host.thread.unwrap_or_else(|| kernel::create_work_item(routine(run_isr, id)))),
        waits: true,
        is_set: false,
    };
    interrupt::change(id, |interrupt| interrupt.host = host);
    let (irql, _) = kernel::vector_info(vector);
    kernel::connect(vector, routine(reflect, id), None, irql)
}

/// Disconnects the reflector, then waits for the host's thread (R84).
pub(super) fn disconnect(id: ObjectId, connected: InterruptId) {
    kernel::flush_dpcs();
    kernel::disconnect(connected);
    kernel::flush_dpcs();
    let mut thread = None;
    interrupt::change(id, |Interrupt { host, .. }| {
        (host.waits, host.is_set) = (false, false);
        thread = host.thread;
    });
    if let Some(thread) = thread {
        kernel::flush_work_item(thread);
    }
}

/// The reflector's ISR of a message, at DIRQL.
unsafe fn reflect(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    if let Some(dpc) = interrupt::get(id).host.dpc {
        kernel::insert_dpc(dpc, [0; 2]);
    }
    TRUE
}

/// The reflector's DPC.
unsafe fn set_event(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let mut thread = None;
    interrupt::change(id, |Interrupt { host, .. }| {
        thread = host.thread.filter(|_| host.waits);
        (host.waits, host.is_set) = (false, !host.waits);
    });
    BOOLEAN::from(thread.is_some_and(kernel::queue_work_item))
}

/// The host's thread: EvtInterruptIsr, whose value nobody asks for, and then to wait again.
unsafe fn run_isr(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    // SAFETY: this routine's arguments are those of the other.
    let _ignored = unsafe { isr_in_wait_lock(routine) };
    let mut again = None;
    interrupt::change(id, |Interrupt { host, .. }| {
        again = host.thread.filter(|_| host.is_set);
        (host.waits, host.is_set) = (!host.is_set, false);
    });
    BOOLEAN::from(again.is_some_and(kernel::queue_work_item))
}

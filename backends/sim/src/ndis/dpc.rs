//! DPCs: one slot for each interrupt or message on each processor (R42, R43).

use core::ffi::c_void;

use dirql_ddi::ndis::{
    MINIPORT_INTERRUPT_DPC_HANDLER, MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER, NDIS_CONNECT_MESSAGE_BASED,
    NDIS_HANDLE, NDIS_INDICATE_ALL_NBLS, NDIS_INTERRUPT_TYPE,
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS as Characteristics, NDIS_RECEIVE_THROTTLE_PARAMETERS,
};
use dirql_ddi::{FALSE, KAFFINITY, PGROUP_AFFINITY, PVOID, TRUE, ULONG};

use super::handle::registration_of;
use super::registration;
use super::synchronize::place;
use crate::context::{inert, with};
use crate::dpc::DpcId;
use crate::kernel::{self, fail};
use crate::moves::CPUS_MAX;
use crate::ntoskrnl::MESSAGES_MAX;
use crate::routine::{Call, Routine};

/// A registration, and the place of a message among its slots: 0 for a line.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) number: usize,
    pub(super) n: usize,
}

impl Place {
    /// Packs both into the argument that queueing a DPC leaves alone.
    fn pack(self) -> usize {
        self.number * MESSAGES_MAX + self.n
    }

    fn of(routine: &Routine) -> Self {
        let packed = routine.arguments()[0];
        Self { number: packed / MESSAGES_MAX, n: packed % MESSAGES_MAX }
    }
}

/// Makes the slots of a line, or of a message.
pub(super) fn create_slots(
    handlers: &Characteristics,
    kind: NDIS_INTERRUPT_TYPE,
    context: NDIS_HANDLE,
    place: Place,
) -> [DpcId; CPUS_MAX] {
    let (call, function): (Call, _) = match kind {
        NDIS_CONNECT_MESSAGE_BASED => {
            (call_message, handlers.MessageInterruptDpcHandler.map(|f| f as *const ()))
        }
        _ => (call_line, handlers.InterruptDpcHandler.map(|f| f as *const ())),
    };
    let function = function.unwrap_or(core::ptr::null());
    core::array::from_fn(|cpu| {
        let arguments = [place.pack(), 0, 0];
        // SAFETY: the driver gave the handlers for this context, and keeps it until it deregisters, which waits for
        // DPCs (R22).
        let slot = kernel::create_dpc(unsafe { Routine::new(call, function, context.cast(), arguments) });
        kernel::set_dpc_target(slot, cpu as u8);
        slot
    })
}

/// Chooses how many receives NDIS lets each DPC of a registration indicate: a policy of NDIS's own.
pub(super) fn choose_limit() -> ULONG {
    [NDIS_INDICATE_ALL_NBLS, 1, 8][kernel::choose(3) as usize]
}

/// Queues a DPC on each of the processors in `targets`. Returns those on which it was not queued yet (R42);
/// its context is dropped on the others, as a DPC's arguments are (R27).
pub(super) fn queue(place: Place, targets: usize, context: PVOID) -> usize {
    let slots = registration(place.number, |r| r.slots[place.n]);
    let cpus = (0..with(|core| core.cpu_count)).filter(|cpu| targets >> cpu & 1 != 0);
    let arguments = [context.expose_provenance(), 0];
    cpus.filter(|&cpu| kernel::insert_dpc(slots[cpu], arguments)).fold(0, |queued, cpu| queued | 1 << cpu)
}

/// Calls a MINIPORT_INTERRUPT_DPC.
unsafe fn call_line(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a MINIPORT_INTERRUPT_DPC_HANDLER by `create_slots`.
    let handler: MINIPORT_INTERRUPT_DPC_HANDLER = unsafe { core::mem::transmute(routine.function()) };
    let Some(handler) = handler else { return FALSE };
    throttled(routine, |context, throttle| {
        // SAFETY: the driver gave this handler for this context; the parameters are ours.
        unsafe { handler(routine.context().cast(), context, throttle, core::ptr::null_mut()) };
    })
}

/// Calls a MINIPORT_MESSAGE_INTERRUPT_DPC.
unsafe fn call_message(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER by `create_slots`.
    let handler: MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER = unsafe { core::mem::transmute(routine.function()) };
    let Some(handler) = handler else { return FALSE };
    let message = Place::of(routine).n as ULONG;
    throttled(routine, |context, throttle| {
        // SAFETY: as in `call_line`.
        unsafe { handler(routine.context().cast(), message, context, throttle, core::ptr::null_mut()) };
    })
}

/// Calls a handler with the MiniportDpcContext of whoever queued the DPC (R44), and does what it asks for in
/// the throttle parameters (R45).
fn throttled(routine: &Routine, call: impl FnOnce(PVOID, PVOID)) -> u8 {
    let place = Place::of(routine);
    let limit = registration(place.number, |r| r.limit);
    let mut throttle = NDIS_RECEIVE_THROTTLE_PARAMETERS { MaxNblsToIndicate: limit, MoreNblsPending: 0 };
    let context = core::ptr::with_exposed_provenance_mut(routine.arguments()[1]);
    call(context, (&raw mut throttle).cast::<c_void>());
    if throttle.MoreNblsPending & 1 != 0 {
        if limit == NDIS_INDICATE_ALL_NBLS {
            fail("R45", "a DPC that may indicate all receives sets MoreNblsPending".into());
        }
        queue(place, 1 << kernel::cpu(), core::ptr::null_mut());
    }
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMQueueDpc(
    NdisInterruptHandle: NDIS_HANDLE,
    MessageId: ULONG,
    TargetProcessors: ULONG,
    MiniportDpcContext: PVOID,
) -> ULONG {
    queue_by_handle(
        "NdisMQueueDpc",
        NdisInterruptHandle,
        MessageId,
        TargetProcessors as usize,
        MiniportDpcContext,
    ) as ULONG
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMQueueDpcEx(
    NdisInterruptHandle: NDIS_HANDLE,
    MessageId: ULONG,
    TargetProcessors: PGROUP_AFFINITY,
    MiniportDpcContext: PVOID,
) -> KAFFINITY {
    // SAFETY: the caller passes its own set for the length of the call.
    let targets = unsafe { *TargetProcessors };
    let mask = if targets.Group == 0 { targets.Mask } else { 0 };
    queue_by_handle("NdisMQueueDpcEx", NdisInterruptHandle, MessageId, mask, MiniportDpcContext)
}

fn queue_by_handle(
    caller: &str,
    handle: NDIS_HANDLE,
    message: ULONG,
    targets: usize,
    context: PVOID,
) -> usize {
    if inert() {
        return 0;
    }
    let number = registration_of(handle, caller);
    queue(place(number, message, caller), targets, context)
}

const _: () = {
    let _ = [NdisMQueueDpc, dirql_ddi::ndis::NdisMQueueDpc];
    let _ = [NdisMQueueDpcEx, dirql_ddi::ndis::NdisMQueueDpcEx];
};

//! The ISR: what NDIS connects, and what it does with the handler's answer.

use dirql_ddi::ndis::{
    MINIPORT_ISR_HANDLER, MINIPORT_MESSAGE_INTERRUPT_HANDLER, NDIS_CONNECT_MESSAGE_BASED, NDIS_INTERRUPT_TYPE,
};
use dirql_ddi::{BOOLEAN, FALSE, TRUE, ULONG};

use super::dpc::{self, Place};
use super::registration;
use crate::kernel::{self, fail};
use crate::routine::{Call, Routine};

/// What the out-parameters hold before the handler writes them.
const UNWRITTEN: BOOLEAN = 0xa5;
const UNWRITTEN_MASK: ULONG = 0xa5a5_a5a5;

/// What an ISR asks for by its out-parameters.
struct Request {
    default: BOOLEAN,
    targets: ULONG,
}

/// Makes the routine to connect: of the line, or of message `n`.
pub(super) fn routine(number: usize, n: usize, kind: NDIS_INTERRUPT_TYPE) -> Routine {
    registration(number, |r| {
        let (call, function): (Call, _) = match kind {
            NDIS_CONNECT_MESSAGE_BASED => {
                (call_message, r.handlers.MessageInterruptHandler.map(|f| f as *const ()))
            }
            _ => (call_line, r.handlers.InterruptHandler.map(|f| f as *const ())),
        };
        let function = function.unwrap_or(core::ptr::null());
        // SAFETY: the driver gave the handlers for this context, and keeps it until it deregisters (R20).
        unsafe { Routine::new(call, function, r.context.cast(), [number, n, 0]) }
    })
}

/// Calls a MINIPORT_ISR, whose value says whether the interrupt was its device's.
unsafe fn call_line(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a MINIPORT_ISR_HANDLER by `routine`.
    let handler: MINIPORT_ISR_HANDLER = unsafe { core::mem::transmute(routine.function()) };
    let Some(handler) = handler else { return FALSE };
    kernel::count_isr(registration(routine.arguments()[0], |r| r.device));
    let mut request = Request::UNWRITTEN;
    // SAFETY: the driver gave this handler for this context; the out-parameters are ours.
    let claimed =
        unsafe { handler(routine.context().cast(), &raw mut request.default, &raw mut request.targets) };
    request.grant(routine);
    claimed
}

/// Calls a MINIPORT_MESSAGE_INTERRUPT. Messages are not shared: its value is taken for TRUE (Handling an MSI
/// Interrupt).
unsafe fn call_message(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a MINIPORT_MESSAGE_INTERRUPT_HANDLER by `routine`.
    let handler: MINIPORT_MESSAGE_INTERRUPT_HANDLER = unsafe { core::mem::transmute(routine.function()) };
    let Some(handler) = handler else { return FALSE };
    let message = routine.arguments()[1] as ULONG;
    let mut request = Request::UNWRITTEN;
    let (default, targets) = (&raw mut request.default, &raw mut request.targets);
    // SAFETY: as in `call_line`.
    unsafe { handler(routine.context().cast(), message, default, targets) };
    request.grant(routine);
    TRUE
}

impl Request {
    const UNWRITTEN: Self = Self { default: UNWRITTEN, targets: UNWRITTEN_MASK };

    /// Queues what was asked for, whatever the handler returned: a DPC on this processor (R40), or one on
    /// each of the targets (R41), without a MiniportDpcContext (R44).
    fn grant(self, routine: &Routine) {
        let [number, n, _] = routine.arguments();
        let targets = match self.default {
            UNWRITTEN => fail("IsrOutParameter", "an ISR leaves QueueDefaultInterruptDpc unwritten".into()),
            FALSE if self.targets == UNWRITTEN_MASK => {
                fail("IsrOutParameter", "an ISR leaves TargetProcessors unwritten".into())
            }
            FALSE => self.targets as usize,
            _ => 1 << kernel::cpu(),
        };
        dpc::queue(Place { number, n }, targets, core::ptr::null_mut());
    }
}

//! The handlers by which NDIS disables and enables interrupts "for diagnostic and troubleshooting purposes".
//! When it does is not documented, so it is not a choice of the scheduler: a test asks for it.

use dirql_ddi::ndis::{
    MINIPORT_DISABLE_INTERRUPT_HANDLER as LineHandler,
    MINIPORT_DISABLE_MESSAGE_INTERRUPT_HANDLER as MessageHandler,
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS as Characteristics,
};

use dirql_ddi::{TRUE, ULONG};

use super::{Stage, ndis};
use crate::bus::DeviceId;
use crate::kernel;
use crate::routine::{Call, Routine};

/// Calls the handlers that disable a device's interrupts, at DIRQL and holding the interrupt's lock (R46; the
/// lock is an inference). At or below DISPATCH_LEVEL.
pub fn disable_interrupts(device: DeviceId) {
    call_each(device, |c| c.DisableInterruptHandler, |c| c.DisableMessageInterruptHandler);
}

/// Calls the handlers that enable a device's interrupts, likewise.
pub fn enable_interrupts(device: DeviceId) {
    call_each(device, |c| c.EnableInterruptHandler, |c| c.EnableMessageInterruptHandler);
}

fn call_each(
    device: DeviceId,
    line: impl Fn(&Characteristics) -> LineHandler,
    message: impl Fn(&Characteristics) -> MessageHandler,
) {
    let found = ndis(|ndis| {
        let live = ndis.registrations.iter().find(|r| r.device == device && r.stage == Stage::Registered)?;
        let (call, function): (Call, _) = match live.table {
            None => (call_line, line(&live.handlers).map(|f| f as *const ())),
            Some(_) => (call_message, message(&live.handlers).map(|f| f as *const ())),
        };
        Some((live.interrupts.clone(), call, function?, live.context))
    });
    let (interrupts, call, function, context) =
        found.unwrap_or_else(|| panic!("device {device:?} has no registered interrupt"));
    for (message, id) in interrupts.into_iter().enumerate() {
        // SAFETY: the driver gave the handlers for this context, and keeps it until it deregisters.
        let routine = unsafe { Routine::new(call, function, context.cast(), [message, 0, 0]) };
        kernel::synchronize(id, &routine);
    }
}

/// Calls a MINIPORT_DISABLE_INTERRUPT or MINIPORT_ENABLE_INTERRUPT.
unsafe fn call_line(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a handler of this type by `call_each`.
    let handler: LineHandler = unsafe { core::mem::transmute(routine.function()) };
    if let Some(handler) = handler {
        // SAFETY: the driver gave this handler for this context.
        unsafe { handler(routine.context().cast()) };
    }
    TRUE
}

/// Calls a MINIPORT_DISABLE_MESSAGE_INTERRUPT or MINIPORT_ENABLE_MESSAGE_INTERRUPT.
unsafe fn call_message(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a handler of this type by `call_each`.
    let handler: MessageHandler = unsafe { core::mem::transmute(routine.function()) };
    if let Some(handler) = handler {
        // SAFETY: the driver gave this handler for this context.
        unsafe { handler(routine.context().cast(), routine.arguments()[0] as ULONG) };
    }
    TRUE
}

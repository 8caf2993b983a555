//! NdisMSynchronizeWithInterruptEx.

use dirql_ddi::ndis::{MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER, NDIS_HANDLE};
use dirql_ddi::{BOOLEAN, FALSE, PVOID, ULONG};

use super::dpc::Place;
use super::handle::registration_of;
use super::registration;
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::ntoskrnl::section;

/// Returns the place of a message among the registration's interrupt objects; for a line, the MessageId is
/// ignored (R53).
pub(super) fn place(number: usize, message: ULONG, caller: &str) -> Place {
    let (line, count) = registration(number, |r| (r.table.is_none(), r.interrupts.len()));
    let n = match message as usize {
        _ if line => 0,
        n if n < count => n,
        n => fail("WrongMessageId", format!("{caller}: message {n} of {count}")),
    };
    Place { number, n }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMSynchronizeWithInterruptEx(
    NdisInterruptHandle: NDIS_HANDLE,
    MessageId: ULONG,
    SynchronizeFunction: MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER,
    SynchronizeContext: PVOID,
) -> BOOLEAN {
    const CALLER: &str = "NdisMSynchronizeWithInterruptEx";
    if inert() {
        return FALSE;
    }
    let number = registration_of(NdisInterruptHandle, CALLER);
    let n = place(number, MessageId, CALLER).n;
    let interrupt = registration(number, |r| r.interrupts[n]);
    // SAFETY: the caller's function and context are valid for the length of the call.
    let routine = unsafe { section(SynchronizeFunction, SynchronizeContext) };
    kernel::synchronize(interrupt, &routine)
}

const _: () = {
    let _ = [NdisMSynchronizeWithInterruptEx, dirql_ddi::ndis::NdisMSynchronizeWithInterruptEx];
};

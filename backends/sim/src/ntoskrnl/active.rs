//! IoReportInterruptActive and IoReportInterruptInactive.

use dirql_ddi::PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;

use super::nt;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};

/// # Safety
/// `parameters` is as for the two DDIs.
unsafe fn report(parameters: PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, active: bool) {
    if kernel::irql() > DISPATCH {
        fail("IrqlIoReportInterrupt", format!("an ISR's state is reported at IRQL {}", kernel::irql()));
    }
    // SAFETY: the caller passes valid parameters, its own for the length of the call.
    let parameters = unsafe { &*parameters };
    // SAFETY: all members of the union are pointers.
    let context = unsafe { parameters.ConnectionContext.Generic };
    match nt(|nt| nt.connections.interrupts(context)) {
        Some(interrupts) => interrupts.into_iter().for_each(|id| kernel::set_interrupt_active(id, active)),
        None => fail("SyncNotConnected", "an ISR's state is reported that is not connected".into()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoReportInterruptActive(
    Parameters: PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS,
) {
    // SAFETY: the caller's parameters.
    unsafe { report(Parameters, true) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoReportInterruptInactive(
    Parameters: PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS,
) {
    // SAFETY: the caller's parameters.
    unsafe { report(Parameters, false) };
}

const _: () = {
    let _ = [IoReportInterruptActive, dirql_ddi::IoReportInterruptActive];
    let _ = [IoReportInterruptInactive, dirql_ddi::IoReportInterruptInactive];
};

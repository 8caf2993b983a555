//! MiniportCheckForHangEx and MiniportResetEx.

use dirql_ddi::BOOLEAN;
use dirql_ddi::ndis::*;

use super::adapter;
use super::adapter::{State, handlers, inside};
use super::handle::device_of;
use super::send::at_some_level;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};

/// Asks whether the device hangs. A miniport without a handler never does.
pub fn check_for_hang(device: DeviceId) -> bool {
    let (handlers, context) = handlers(device);
    // SAFETY: the driver gave this handler for its adapters' contexts.
    handlers.CheckForHangHandlerEx.is_some_and(|handler| unsafe { handler(context) } != 0)
}

/// Resets the adapter, and waits until that is completed. Returns the status; `None` if the adapter has no such
/// handler or does not run. At PASSIVE_LEVEL.
pub fn reset(device: DeviceId) -> Option<NDIS_STATUS> {
    inside(
        device,
        |state| state == State::Running,
        || {
            let (handlers, context) = handlers(device);
            let handler = handlers.ResetHandlerEx?;
            let completed = kernel::create_event();
            adapter(device, |a| {
                a.resetting = Some(completed);
                a.sends.begin_reset();
            });
            let mut status = NDIS_STATUS_PENDING;
            let mut addressing: BOOLEAN = 0;
            // SAFETY: the driver gave this handler for its adapters' contexts; the out-parameter is ours.
            at_some_level(|_| status = unsafe { handler(context, &raw mut addressing) });
            if status == NDIS_STATUS_PENDING {
                kernel::wait_event(completed);
                status = adapter(device, |a| a.reset_status);
            }
            let left = adapter(device, |a| {
                a.resetting = None;
                a.sends.left_from_before_reset()
            });
            if left != 0 {
                fail(
                    "MiniportState",
                    format!(
                        "the reset is over, and {left} NET_BUFFER_LISTs from before it are not completed"
                    ),
                );
            }
            Some(status)
        },
    )?
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMResetComplete(
    MiniportAdapterHandle: NDIS_HANDLE,
    Status: NDIS_STATUS,
    _AddressingReset: BOOLEAN,
) {
    if inert() {
        return;
    }
    let irql = kernel::irql();
    if irql != DISPATCH {
        fail("IrqlSendRcv", format!("NdisMResetComplete at IRQL {irql}"));
    }
    let device = device_of(MiniportAdapterHandle);
    adapter(device, |a| a.reset_status = Status);
    match adapter(device, |a| a.resetting.take()) {
        Some(event) => kernel::set_event(event),
        None => fail("MiniportState", "NdisMResetComplete without a reset that is pending".into()),
    }
}

const _: () = {
    let _ = [NdisMResetComplete, dirql_ddi::ndis::NdisMResetComplete];
};

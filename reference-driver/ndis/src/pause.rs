//! MiniportPause and MiniportRestart. A paused adapter's device is stopped.

use dirql::{Cx, ErrorKind, Passive};
use dirql_ddi::ndis::*;

use crate::adapter::Adapter;
use crate::driver::Above;

/// # Safety
/// NDIS calls this for a paused adapter, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportRestart(
    MiniportAdapterContext: NDIS_HANDLE,
    _RestartParameters: PNDIS_MINIPORT_RESTART_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: MiniportRestart runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| restart(cx, adapter)) }
}

/// Receives may be indicated from here on, sends come when this has returned.
fn restart(cx: &mut Cx<'_, Passive>, adapter: &Adapter) -> NDIS_STATUS {
    let Above { sends, receives, .. } = adapter.driver().above();
    receives.open(cx);
    match adapter.start(cx) {
        Ok(()) => {
            sends.accept_after(cx, NDIS_STATUS_PAUSED);
            NDIS_STATUS_SUCCESS
        }
        Err(error) => {
            // The start that failed left the device stopped, so that all lists come back before long.
            receives.close_and_wait(cx);
            if error.kind() == ErrorKind::OutOfResources {
                NDIS_STATUS_RESOURCES
            } else {
                NDIS_STATUS_FAILURE
            }
        }
    }
}

/// # Safety
/// NDIS calls this for a running adapter, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportPause(
    MiniportAdapterContext: NDIS_HANDLE,
    _PauseParameters: PNDIS_MINIPORT_PAUSE_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter.
    let adapter = unsafe { Adapter::of(MiniportAdapterContext) };
    // SAFETY: MiniportPause runs at PASSIVE_LEVEL.
    let is_paused = unsafe { Cx::<Passive>::enter(|cx| pause(cx, adapter)) };
    if is_paused { NDIS_STATUS_SUCCESS } else { NDIS_STATUS_PENDING }
}

/// Says whether all lists are back. If not, the last that returns completes the pause.
fn pause(cx: &mut Cx<'_, Passive>, adapter: &Adapter) -> bool {
    let driver = adapter.driver();
    driver.above().sends.refuse(cx, NDIS_STATUS_PAUSED);
    adapter.stop(cx);
    driver.above().sends.drain(cx);
    driver.above().receives.close(cx)
}

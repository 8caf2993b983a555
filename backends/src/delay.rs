//! A thread's wait, for WDM and KMDF.

use dirql::{Cx, Passive};
use dirql_ddi::{FALSE, KeDelayExecutionThread, KernelMode, LARGE_INTEGER};

/// Waits at least `us_min` microseconds.
pub(crate) fn delay(_cx: &mut Cx<'_, Passive>, us_min: u32) {
    let mut interval = LARGE_INTEGER { QuadPart: -10 * i64::from(us_min) };
    // SAFETY: `_cx` proves PASSIVE_LEVEL; the interval is ours for the length of the call. A wait that is not
    // alertable always runs to its end.
    let _always_success = unsafe { KeDelayExecutionThread(KernelMode, FALSE, &raw mut interval) };
}

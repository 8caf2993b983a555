//! The level of callbacks that have no token.

use dirql::{Cx, Dispatch};
use dirql_ddi::{DISPATCH_LEVEL, KeLowerIrql, KfRaiseIrql};

/// Runs `body` at DISPATCH_LEVEL.
///
/// # Safety
/// The caller is at or below DISPATCH_LEVEL.
pub(crate) unsafe fn at_dispatch<R>(body: impl FnOnce(&mut Cx<'_, Dispatch>) -> R) -> R {
    // SAFETY: the caller guarantees the level.
    let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL) };
    // SAFETY: raised just now.
    let result = unsafe { Cx::<Dispatch>::enter(body) };
    // SAFETY: back to where it was.
    unsafe { KeLowerIrql(old) };
    result
}

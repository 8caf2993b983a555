//! DISPATCH_LEVEL, for those who are below it or cannot tell.

use dirql::{Cx, Dispatch, Level};
use dirql_ddi::{DISPATCH_LEVEL, KeLowerIrql, KfRaiseIrql};

/// Runs `body` at DISPATCH_LEVEL.
pub fn raise<L: Level, R>(_cx: &mut Cx<'_, L>, body: impl FnOnce(&mut Cx<'_, Dispatch>) -> R) -> R {
    // SAFETY: whoever has a token is at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(body) }
}

/// Runs `body` at DISPATCH_LEVEL, for a callback that the framework calls at one level or another and gives no token.
///
/// # Safety
/// The caller is at or below DISPATCH_LEVEL.
pub unsafe fn at_dispatch<R>(body: impl FnOnce(&mut Cx<'_, Dispatch>) -> R) -> R {
    // SAFETY: the caller guarantees the level.
    let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL) };
    // SAFETY: raised just now.
    let result = unsafe { Cx::<Dispatch>::enter(body) };
    // SAFETY: back to where it was.
    unsafe { KeLowerIrql(old) };
    result
}

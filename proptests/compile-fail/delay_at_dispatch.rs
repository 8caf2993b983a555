//~ E0308
//! Nobody waits at DISPATCH_LEVEL (R13).
use dirql::*;

pub fn wait<P: Platform>(cx: &mut Cx<'_, Dispatch>, passive: &mut Cx<'_, Passive>) {
    P::delay(passive, 10);
    #[cfg(wrong)]
    P::delay(cx, 10);
    let _ = cx;
}

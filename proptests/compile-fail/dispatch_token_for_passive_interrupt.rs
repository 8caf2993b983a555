//~ E0277
//! The sections of a passive-level interrupt block, which nobody at DISPATCH_LEVEL may (R56).
use dirql::*;

pub fn from_dpc<I: InterruptSync<Shared = u32, MaxCaller = Passive>>(
    cx: &mut Cx<'_, Dispatch>,
    passive: &mut Cx<'_, Passive>,
    interrupt: &I,
) {
    #[cfg(wrong)]
    let _ = interrupt.synchronize(cx, Source::Line, |_| ());
    let _ = interrupt.synchronize(passive, Source::Line, |_| ());
    let _ = cx;
}

//~ E0500 E0501
//! A section runs above DISPATCH_LEVEL, where no spin lock may be taken (R12).
use dirql::*;

pub fn locks<I: InterruptSync<Shared = u32>, R: RawLock>(
    cx: &mut Cx<'_, Dispatch>,
    interrupt: &I,
    rings: &Lock<R, u32>,
) where
    Dispatch: AtMost<I::MaxCaller>,
{
    let _ = interrupt.synchronize(cx, Source::Line, |_| {
        #[cfg(wrong)]
        rings.with(cx, |ring| *ring += 1);
    });
    rings.with(cx, |ring| *ring += 1);
}

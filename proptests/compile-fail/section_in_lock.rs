//~ E0500 E0501
//! A lock's section gets no token, so there is no lock order to get wrong.
use dirql::*;

pub fn synchronizes<I: InterruptSync<Shared = u32>, R: RawLock>(
    cx: &mut Cx<'_, Dispatch>,
    interrupt: &I,
    rings: &Lock<R, u32>,
) where
    Dispatch: AtMost<I::MaxCaller>,
{
    rings.with(cx, |_ring| {
        #[cfg(wrong)]
        let _ = interrupt.synchronize(cx, Source::Line, |_| ());
    });
    let _ = interrupt.synchronize(cx, Source::Line, |_| ());
}

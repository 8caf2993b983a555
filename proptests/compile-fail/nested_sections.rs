//~ E0500 E0501
//! A section within a section would wait for the lock that it holds (R10).
use dirql::*;

pub fn nested<I: InterruptSync<Shared = u32>>(cx: &mut Cx<'_, Passive>, interrupt: &I)
where
    Passive: AtMost<I::MaxCaller>,
{
    let _ = interrupt.synchronize(cx, Source::Line, |_| {
        #[cfg(wrong)]
        let _ = interrupt.synchronize(cx, Source::Line, |_| ());
    });
}

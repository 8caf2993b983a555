//~ E0521
//! The state is a section's as long as it holds the lock, and no longer.
use dirql::*;

pub fn leak<I: InterruptSync<Shared = u32>>(cx: &mut Cx<'_, Passive>, interrupt: &I)
where
    Passive: AtMost<I::MaxCaller>,
{
    let mut leaked = Vec::new();
    let _ = interrupt.synchronize(cx, Source::Line, |shared| {
        #[cfg(wrong)]
        leaked.push(shared);
        #[cfg(not(wrong))]
        leaked.push(*shared);
    });
}

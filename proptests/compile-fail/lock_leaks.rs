//~ E0521
//! What lies under a lock cannot be used without it.
use dirql::*;

pub fn leak<R: RawLock>(cx: &mut Cx<'_, Passive>, rings: &Lock<R, u32>) {
    let mut leaked = Vec::new();
    rings.with(cx, |ring| {
        #[cfg(wrong)]
        leaked.push(ring);
        #[cfg(not(wrong))]
        leaked.push(*ring);
    });
}

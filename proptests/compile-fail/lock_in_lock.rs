//~ E0500 E0501
//! Two locks at once would need an order.
use dirql::*;

pub fn both<R: RawLock>(cx: &mut Cx<'_, Passive>, transmit: &Lock<R, u32>, receive: &Lock<R, u32>) {
    transmit.with(cx, |_ring| {
        #[cfg(wrong)]
        receive.with(cx, |ring| *ring += 1);
    });
    receive.with(cx, |ring| *ring += 1);
}

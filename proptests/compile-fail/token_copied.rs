//~ E0382
//! Two tokens of one callback could nest two sections.
use dirql::*;

pub fn twice(cx: Cx<'_, Passive>) {
    drop(cx);
    #[cfg(wrong)]
    drop(cx);
}

//~ E0521
//! A token outlives neither its callback nor the level that it proves.
use dirql::*;

pub fn keep() {
    let mut kept = Vec::new();
    // SAFETY: only compiled.
    unsafe {
        Cx::<Passive>::enter(|cx| {
            #[cfg(wrong)]
            kept.push(cx);
            #[cfg(not(wrong))]
            kept.push(format!("{cx:?}"));
        });
    }
}

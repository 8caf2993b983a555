//~ E0277
//! Another thread runs at a level of its own.
use dirql::*;

pub fn send(cx: &mut Cx<'_, Passive>) {
    std::thread::scope(|scope| {
        #[cfg(wrong)]
        scope.spawn(|| println!("{cx:?}"));
        #[cfg(not(wrong))]
        scope.spawn(|| ());
    });
    println!("{cx:?}");
}

//~ E0277
//! A lock moves its value between processors.
use dirql::*;

fn is_shared<T: Sync>() {}

pub fn share<R: RawLock>() {
    is_shared::<Lock<R, std::cell::Cell<u32>>>();
    #[cfg(wrong)]
    is_shared::<Lock<R, std::rc::Rc<u32>>>();
}

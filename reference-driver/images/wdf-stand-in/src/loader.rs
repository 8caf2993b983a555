//! WDFLDR.SYS.

use core::ffi::c_void;

use crate::crash;
use crate::framework::{self, BindInfo, KMDF, Text, WRONG};

/// # Safety
/// The stub of a KMDF image calls this, with what is the image's.
#[unsafe(no_mangle)]
unsafe extern "C" fn WdfVersionBind(
    _object: *mut c_void,
    path: *const Text,
    info: *mut BindInfo,
    globals: *mut *const c_void,
) -> u32 {
    // SAFETY: the caller's promise; here and below.
    let path = unsafe { &*path };
    if path.len == 0 || path.room < path.len || path.text.is_null() {
        return WRONG | 7;
    }
    // SAFETY: as above.
    unsafe { KMDF.bind(info, globals) }
}

/// # Safety
/// As for [`WdfVersionBind`].
#[unsafe(no_mangle)]
unsafe extern "C" fn WdfVersionUnbind(path: *const Text, _info: *mut BindInfo, globals: *const c_void) {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    let is_bound = framework::is_created() && !globals.is_null() && path.len != 0;
    if !is_bound || !framework::is_unloaded() {
        crash();
    }
}

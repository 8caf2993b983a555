//! The host of a UMDF image.

use core::ffi::{CStr, c_void};

use crate::framework::{self, BindInfo, Text, UMDF, WRONG};

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn LoadLibraryA(path: *const u8) -> *const c_void;
    fn FreeLibrary(library: *const c_void) -> i32;
    fn GetProcAddress(library: *const c_void, name: *const i8) -> Option<Enter>;
    fn OutputDebugStringA(text: *const i8);
}

/// FxDriverEntryUm.
type Enter = unsafe extern "C" fn(*const Interface, *const c_void, *mut c_void, *const Text) -> u32;

#[repr(C)]
struct Interface {
    size: u32,
    version_bind: unsafe extern "C" fn(*const c_void, *mut BindInfo, *mut *const c_void) -> u32,
    unknown: [usize; 4],
    flags: u32,
}

static INTERFACE: Interface = Interface { size: 0x38, version_bind, unknown: [0; 4], flags: 0 };

/// What the interface is called with.
const CONTEXT: *const c_void = (&raw const INTERFACE).cast();

unsafe extern "C" fn version_bind(
    context: *const c_void,
    info: *mut BindInfo,
    globals: *mut *const c_void,
) -> u32 {
    if context != CONTEXT {
        return WRONG | 8;
    }
    // SAFETY: both are the image's.
    unsafe { UMDF.bind(info, globals) }
}

/// Loads the image whose path rundll32 was given, enters its driver, and says how that went.
///
/// # Safety
/// rundll32 calls this, with the rest of its command line.
#[unsafe(no_mangle)]
unsafe extern "C" fn host(_window: *const c_void, _instance: *const c_void, path: *const u8, _show: i32) {
    // SAFETY: the path ends with a 0.
    let library = unsafe { LoadLibraryA(path) };
    // SAFETY: the name ends with a 0; a library that was not loaded has no such function.
    let entry = unsafe { GetProcAddress(library, c"FxDriverEntryUm".as_ptr()) };
    // SAFETY: the function is the image's entry.
    let said = entry.map_or(c"host: there is no entry", |entry| unsafe { enter(entry) });
    // SAFETY: the text ends with a 0.
    unsafe { OutputDebugStringA(said.as_ptr()) };
    // SAFETY: it was loaded above, and is not used any more.
    unsafe { FreeLibrary(library) };
}

/// # Safety
/// This is the entry of an image that is not bound.
unsafe fn enter(entry: Enter) -> &'static CStr {
    let mut object = [0_u64; 0x150 / 8];
    let text = [b'k' as u16, 0];
    let path = Text { len: 2, room: 4, text: text.as_ptr() };
    // SAFETY: these are what a host passes.
    let status = unsafe { entry(&INTERFACE, CONTEXT, object.as_mut_ptr().cast(), &path) };
    match status {
        0 if framework::is_created() => c"host: entered",
        0 => c"host: no driver was created",
        status if status & WRONG == WRONG => c"host: the image passes something wrong",
        _ => c"host: refused",
    }
}

const _: () = assert!(size_of::<Interface>() == 0x38);

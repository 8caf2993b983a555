//! What both frameworks have: a table of functions, one of which works.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::addr_of;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::crash;

/// The image passes something else than it should. Which, is in the lowest byte.
pub(crate) const WRONG: u32 = 0xE000_0000;

/// WDF_BIND_INFO.
#[repr(C)]
pub(crate) struct BindInfo {
    size: u32,
    component: *const u16,
    version: [u32; 3],
    function_count: u32,
    functions: *mut *const Function,
    module: *mut c_void,
}

/// An entry of the table, before it is given its type.
type Function = unsafe extern "C" fn();

/// A framework, as long as its longest table.
pub(crate) struct Framework {
    component: &'static [u8],
    version: [u32; 3],
    function_count: u32,
    functions: [Function; 444],
}

/// KMDF 1.15, and UMDF 2.15.
pub(crate) static KMDF: Framework = Framework::new(b"KmdfLibrary\0", [1, 15, 0], 444, 116);
pub(crate) static UMDF: Framework = Framework::new(b"UMDF\0", [2, 15, 0], 257, 57);

/// WDF_DRIVER_GLOBALS: all that is looked at is DisplaceDriverUnload, which says yes.
#[repr(C, align(8))]
struct Globals([u8; 0x38]);
static GLOBALS: Globals = {
    let mut globals = [0; 0x38];
    globals[0x30] = 1;
    Globals(globals)
};

/// The driver has been created, and its DriverUnload called.
static CREATED: AtomicBool = AtomicBool::new(false);
static UNLOADED: AtomicBool = AtomicBool::new(false);

impl Framework {
    const fn new(component: &'static [u8], version: [u32; 3], function_count: u32, create: usize) -> Self {
        // SAFETY: a function that never returns does not miss the result that its caller waits for.
        let crash = unsafe { transmute::<extern "C" fn() -> !, Function>(crash) };
        let mut functions = [crash; 444];
        // SAFETY: the entry is called with the type that it has (WdfDriverCreate).
        functions[create] = unsafe { transmute::<DriverCreate, Function>(driver_create) };
        Self { component, version, function_count, functions }
    }

    /// Binds an image, if it says what an image of this framework says.
    ///
    /// # Safety
    /// Both are the image's.
    pub(crate) unsafe fn bind(&self, info: *mut BindInfo, globals: *mut *const c_void) -> u32 {
        // SAFETY: the caller's promise.
        let info = unsafe { &*info };
        // SAFETY: a component's name ends with a 0.
        let is_component = |(n, &byte)| unsafe { info.component.wrapping_add(n).read() } == u16::from(byte);
        if info.size != 0x30 || !info.module.is_null() {
            return WRONG | 1;
        }
        if !self.component.iter().enumerate().all(is_component) {
            return WRONG | 2;
        }
        if info.version != self.version || info.function_count != self.function_count {
            return WRONG | 3;
        }
        // SAFETY: the caller's promise; here and below.
        unsafe { info.functions.write(self.functions.as_ptr()) };
        // SAFETY: as above.
        unsafe { globals.write(addr_of!(GLOBALS).cast()) };
        0
    }
}

type DriverCreate = unsafe extern "C" fn(
    *const c_void,
    *mut c_void,
    *const Text,
    *const c_void,
    *const DriverConfig,
    *mut c_void,
) -> u32;

/// UNICODE_STRING.
#[repr(C)]
pub(crate) struct Text {
    pub(crate) len: u16,
    pub(crate) room: u16,
    pub(crate) text: *const u16,
}

/// WDF_DRIVER_CONFIG.
#[repr(C)]
struct DriverConfig {
    size: u32,
    device_add: *const c_void,
    unload: *const c_void,
    flags: u32,
    tag: u32,
}

/// WdfDriverCreate, and what it does to the driver object: its DriverUnload is the framework's.
unsafe extern "C" fn driver_create(
    globals: *const c_void,
    object: *mut c_void,
    path: *const Text,
    attributes: *const c_void,
    config: *const DriverConfig,
    _driver: *mut c_void,
) -> u32 {
    // SAFETY: the driver passes its own; here and below.
    let config = unsafe { &*config };
    // SAFETY: as above.
    let path = unsafe { &*path };
    if globals != addr_of!(GLOBALS).cast() || !attributes.is_null() {
        return WRONG | 4;
    }
    if config.size != 0x20 || config.device_add.is_null() || config.flags != 0 {
        return WRONG | 5;
    }
    if path.len == 0 || path.text.is_null() {
        return WRONG | 6;
    }
    let place = object.wrapping_byte_add(0x68).cast::<unsafe extern "C" fn(*mut c_void)>();
    // SAFETY: DriverUnload is there in a driver object; the host's is as long.
    unsafe { place.write(driver_unload) };
    CREATED.store(true, Ordering::Relaxed);
    0
}

unsafe extern "C" fn driver_unload(_object: *mut c_void) {
    UNLOADED.store(true, Ordering::Relaxed);
}

/// Says whether the driver was created.
pub(crate) fn is_created() -> bool {
    CREATED.load(Ordering::Relaxed)
}

/// Says whether the framework was told of the unload.
pub(crate) fn is_unloaded() -> bool {
    UNLOADED.load(Ordering::Relaxed)
}

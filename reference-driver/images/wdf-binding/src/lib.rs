//! What the loader stubs of the KMDF and UMDF images share: what a framework is told of an image, and the statics that it
//! writes.
#![no_std]

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;

use dirql_ddi::ULONG;
use dirql_ddi::wdf::WDFFUNC;

/// A static that is written while an image is entered and left, when none of its other code runs.
#[repr(transparent)]
pub struct Written<T>(UnsafeCell<T>);

// SAFETY: it is reached by a pointer; whoever uses that says why nobody else does.
unsafe impl<T> Sync for Written<T> {}

impl<T> Written<T> {
    /// Makes a static.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Returns where the value is.
    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}

/// WDF_BIND_INFO (Windows-Driver-Frameworks: `fxldr.h`): what a framework is told of an image.
#[repr(C)]
pub struct BindInfo {
    size: ULONG,
    component: *const u16,
    major: ULONG,
    minor: ULONG,
    build: ULONG,
    function_count: ULONG,
    functions: *mut *const WDFFUNC,
    /// The loader's own.
    module: *mut c_void,
}

const _: () = assert!(size_of::<BindInfo>() == 0x30);

impl BindInfo {
    /// Returns what an image says that was built for a version of a component, with `function_count` functions. A pointer
    /// to them is written to `functions`.
    pub const fn new(
        component: &'static [u16],
        (major, minor): (ULONG, ULONG),
        function_count: ULONG,
        functions: &'static Written<*const WDFFUNC>,
    ) -> Self {
        let (size, component) = (size_of::<Self>() as ULONG, component.as_ptr());
        let functions = functions.get();
        Self { size, component, major, minor, build: 0, function_count, functions, module: null_mut() }
    }
}

/// Returns a text in UTF-16. It must be ASCII.
pub const fn utf16<const N: usize>(text: &[u8; N]) -> [u16; N] {
    let (mut wide, mut at) = ([0; N], 0);
    while at < N {
        wide[at] = text[at] as u16;
        at += 1;
    }
    wide
}

//! What a user-mode image needs besides its shell: the panic handler, and the routines that the compiler calls by itself,
//! which ntdll.dll exports too.
#![no_std]

use core::ffi::c_void;
use core::panic::PanicInfo;
use core::ptr::null;

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn RaiseFailFastException(record: *const c_void, context: *const c_void, flags: u32);
}

// What an image does not call it does not import.
#[allow(dead_code, reason = "the compiler calls them")]
#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8;
    fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32;
    fn __chkstk();
}

/// Ends the host process, which the reflector restarts a few times.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        // SAFETY: without a record it makes one for its caller; it does not return.
        unsafe { RaiseFailFastException(null(), null(), 0) };
    }
}
